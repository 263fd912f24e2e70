"""Training learns what can be learnt, repeats itself, and goes on where it was killed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audiotag.errors import ArchiveError, UsageError
from audiotag.model.card import load_card
from audiotag.model.engines import open_engine
from audiotag.model.network import build_network
from audiotag.model.onnx_export import export_onnx
from audiotag.training.archives.tracks import LabelledTracks, predicting
from audiotag.training.export import Design, Provenance, SourceFile, export_model
from audiotag.training.learning import phases
from audiotag.training.learning.batches import window_batches
from audiotag.training.learning.checkpoint import Checkpoint
from audiotag.training.outputs.network_files import Calibrating
from audiotag.training.recipe import StageRates
from audiotag.training.train import TrainConfig, Trained, train
from tests.helpers.models import SMALL
from tests.training.stripes import HEAD_ALONE, RECIPE, SEVERAL_SPEC, SPEC, several, striped, stripes


def silent(line: str) -> None:
    pass


def weights(trained: Trained) -> list[np.ndarray]:
    return [np.asarray(weight) for weight in trained.network.get_weights()]


@pytest.mark.slow
@pytest.mark.timeout(280)
@pytest.mark.filterwarnings("error:.*shuffle:UserWarning")
def test_it_learns_from_several_collections_and_its_export_says_the_same(tmp_path: Path) -> None:
    corpus = several()
    lines: list[str] = []
    trained = train(corpus, TrainConfig(SEVERAL_SPEC, RECIPE), lines.append)
    assert [list(entry) for entry in trained.history] == [["loss", "stripes_top1"]] * 2
    assert trained.history[-1]["stripes_top1"] == 1.0
    assert any(line.startswith("epoch 2 of 2") for line in lines)

    origin = Provenance(
        "striped", (SourceFile("striped.npz", "0" * 64),), None, RECIPE, ("gone",), 1.0, trained.history
    )
    design = Design(SEVERAL_SPEC, SMALL, corpus.genres, corpus.vocabulary, song=trained.fitted.song)
    calibrating = Calibrating.of(corpus, SMALL.frames, 1)
    export_model(trained.network, design, trained.fitted.judged, origin, calibrating, tmp_path / "out")
    card = load_card(str(tmp_path / "out" / "striped.json"))
    assert card.genres == ("High", "Low", "Middle")
    assert card.collections == {"stripes": ("High", "Low"), "songs": ("Low", "Middle")}
    assert card.training["recipe"]["head"]["epochs"] == 8
    assert card.training["left_out"] == ["gone"]
    assert card.song.power == RECIPE.song_power
    figures = card.figures["collections"]
    judged = trained.fitted.judged
    assert {name: one["n"] for name, one in figures.items()} == {"stripes": 16, "songs": 24}
    assert all(one["top1_closed"] > 0.9 for one in figures.values())
    assert figures["stripes"]["top1"] == pytest.approx(
        (card.calibrated(judged.probabilities, 1).argmax(axis=1) == judged.labels)[:16].mean()
    )
    tracks = LabelledTracks.of(corpus.first.select("val"), corpus.genres, SMALL.frames)
    said = {engine: open_engine(card, engine, 8).predict(tracks.windows) for engine in ("onnx", "tensorflow")}
    for one, other in zip(said["onnx"], said["tensorflow"], strict=True):
        np.testing.assert_allclose(one, other, atol=5e-3)
    mean = tracks.mean(lambda _: said["onnx"].probabilities)
    np.testing.assert_allclose(mean, trained.fitted.judged.probabilities[:16], atol=5e-3)


@pytest.mark.slow
@pytest.mark.timeout(280)
def test_a_run_that_was_killed_ends_where_an_unbroken_one_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed at the second batch of its second epoch, which therefore begins anew."""
    recipe = replace(RECIPE, average=2)
    unbroken = train(stripes(), TrainConfig(SPEC, recipe, checkpoint=point(tmp_path / "whole.npz")), silent)

    class KilledError(Exception):
        pass

    whole_epoch = window_batches

    def cut_short(*given: Any) -> Iterator[Any]:
        for number, batch in enumerate(whole_epoch(*given)):
            if given[-1] == 1 and number == 1:
                raise KilledError
            yield batch

    broken = TrainConfig(SPEC, recipe, checkpoint=point(tmp_path / "broken.npz"), resume=True)
    monkeypatch.setattr(phases, "window_batches", cut_short)
    with pytest.raises(KilledError):
        train(stripes(), broken, silent)
    monkeypatch.undo()
    lines: list[str] = []
    resumed = train(stripes(), broken, lines.append)
    assert lines[0] == "resumed after epoch 1 of 2"
    assert resumed.history[0] == unbroken.history[0]
    assert resumed.history[1]["loss"] == pytest.approx(unbroken.history[1]["loss"], rel=1e-3)
    for one, other in zip(weights(resumed), weights(unbroken), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)


@pytest.mark.slow
def test_views_that_were_made_are_not_made_again(tmp_path: Path) -> None:
    course = TrainConfig(
        SPEC, replace(HEAD_ALONE, head=replace(RECIPE.head, epochs=1)), None, point(tmp_path / "a.npz")
    )

    def stop(line: str) -> None:
        if "view 1 of 2" in line:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(stripes(), course, stop)
    (kept,) = tmp_path.iterdir()
    made = kept.stat().st_mtime_ns
    train(stripes(), replace(course, resume=True), silent)
    assert kept.stat().st_mtime_ns == made
    assert len(list(tmp_path.iterdir())) == 2
    kept.write_bytes(b"cut short")
    train(stripes(), replace(course, resume=True), silent)
    assert kept.stat().st_size > 1000
    point(tmp_path / "a.npz").remove()
    assert not list(tmp_path.iterdir())


def point(path: Path) -> Checkpoint:
    return Checkpoint(path, {"run": 1})


@pytest.mark.slow
def test_parts_with_a_rate_of_zero_keep_their_weights() -> None:
    recipe = replace(RECIPE, rates=StageRates(conv1=0, conv2=0, conv3=1), norms="keep", views=1)
    recipe = replace(recipe, trunk=replace(RECIPE.trunk, epochs=1, rate=1e-3))
    trained = train(stripes(), TrainConfig(SPEC, recipe), silent)
    untrained = replace(HEAD_ALONE, head=replace(RECIPE.head, epochs=0))
    fresh = train(stripes(), TrainConfig(SPEC, untrained), silent)  # both from one seed
    for layer, learns in (
        ("conv1_conv", False),
        ("conv2_block3_3_conv", False),
        ("conv3_block2_2_conv", True),
    ):
        one, other = (np.asarray(t.network.get_layer(layer).kernel) for t in (trained, fresh))
        assert (one != other).any() == learns, layer


@pytest.mark.slow
def test_narrower_windows_in_half_precision_give_a_network_for_whole_ones() -> None:
    recipe = replace(RECIPE, frames=32, dtype="bfloat16", trunk=replace(RECIPE.trunk, epochs=1))
    trained = train(stripes(), TrainConfig(SPEC, recipe), silent)
    assert trained.network.input.shape[2] == SMALL.frames
    assert {str(weight.dtype) for weight in trained.network.weights} == {"float32"}
    archive = striped()
    tracks = LabelledTracks.of(archive.select("val"), archive.genres, SMALL.frames)
    answers = tracks.mean(predicting(trained.network))
    assert (answers.argmax(axis=1) == tracks.labels).mean() > 0.9


@pytest.mark.parametrize("wrong", [{"embedding": 8}, {"frames": 32}], ids=["embedding", "frames"])
def test_a_baseline_has_neither_an_embedding_of_its_own_nor_narrow_windows(wrong: dict[str, Any]) -> None:
    spec = replace(SPEC, arch="convpool", embedding=wrong.get("embedding", 0))
    recipe = replace(HEAD_ALONE, frames=wrong.get("frames", 0))
    with pytest.raises(UsageError, match="embedding and frames are 0 with convpool"):
        train(stripes(), TrainConfig(spec, recipe), silent)


@pytest.mark.slow
@pytest.mark.parametrize("arch", ["convpool", "convconvpool"])
def test_the_baselines_learn_from_nothing(arch: str) -> None:
    spec = replace(SPEC, arch=arch)
    recipe = replace(HEAD_ALONE, trunk=replace(RECIPE.trunk, epochs=4, rate=1e-3), rates=StageRates(head=1.0))
    trained = train(stripes(), TrainConfig(spec, recipe), silent)
    assert trained.history[-1]["stripes_top1"] == 1.0


def test_clips_of_another_front_end_are_refused() -> None:
    archive = replace(striped(), mel=np.zeros((64, 20, 60), np.uint8))
    with pytest.raises(ArchiveError, match="the archive has 20 mel bands, the network 40"):
        train(stripes(archive), TrainConfig(SPEC, RECIPE), silent)


def test_val_is_judged_by_those_of_its_clips_that_have_a_genre() -> None:
    archive = striped()
    archive = replace(archive, genre=np.where(np.arange(64) < 60, archive.genre, ""), vggish=None)
    spec = replace(SPEC, arch="convpool")
    recipe = replace(HEAD_ALONE, trunk=replace(RECIPE.trunk, epochs=1, rate=1e-3))
    trained = train(stripes(archive), TrainConfig(spec, recipe), silent)
    assert len(trained.fitted.judged.labels) == 12
    assert "stripes_top1" in trained.history[0]


@pytest.mark.slow
def test_it_begins_with_the_trunk_of_another_model(tmp_path: Path) -> None:
    """Of which a stage is missing: its norms settle, and all else is the other's."""
    other = replace(SPEC, genres=5, embedding=4)
    trained = build_network(other)
    export_onnx(trained, tmp_path / "other.onnx")
    spec = replace(SPEC, taps=("conv3", "conv4"))
    recipe = replace(HEAD_ALONE, head=replace(RECIPE.head, epochs=1), views=1)
    lines: list[str] = []
    found = train(stripes(), TrainConfig(spec, recipe, tmp_path / "other.onnx"), lines.append).network
    assert lines[0].endswith("layers begin as in other.onnx")
    for name in ("conv1_conv", "conv3_block2_2_conv"):
        kernel = np.asarray(trained.get_layer(name).kernel)
        np.testing.assert_array_equal(
            np.asarray(found.get_layer(name).kernel), kernel.astype(np.float16).astype(np.float32)
        )
    assert np.asarray(found.get_layer("conv4_block3_1_bn").moving_mean).any()
