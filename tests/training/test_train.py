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
from audiotag.training import phases
from audiotag.training.archive import MelArchive
from audiotag.training.balance import balanced
from audiotag.training.batches import window_batches
from audiotag.training.checkpoint import Checkpoint
from audiotag.training.export import Design, Provenance, export_model
from audiotag.training.recipe import StageRates
from audiotag.training.tracks import LabelledTracks, predicting
from audiotag.training.train import TrainConfig, Trained, member_shares, train
from tests.helpers.models import SMALL
from tests.training.stripes import HEAD_ALONE, RECIPE, SPEC, striped


def silent(line: str) -> None:
    pass


def weights(trained: Trained) -> list[np.ndarray]:
    return [np.asarray(weight) for weight in trained.network.get_weights()]


@pytest.mark.timeout(280)
@pytest.mark.filterwarnings("error:.*shuffle:UserWarning")
def test_it_learns_and_its_export_says_the_same(tmp_path: Path) -> None:
    """Both of its networks, which one run trains."""
    archive = striped()
    lines: list[str] = []
    recipe, spec = replace(RECIPE, share=0.7), replace(SPEC, shares=(0.7, 0.3))
    trained = train(archive, TrainConfig(SPEC, recipe), lines.append)
    assert [entry["val_top1"] for entry in trained.history] == [1.0, 1.0]
    assert any(line.startswith("epoch 2 of 2") for line in lines)

    tracks = LabelledTracks.of(archive.select("val"), archive.genres, SMALL.frames)
    origin = Provenance("striped", "striped.npz", "0" * 64, "", "", recipe, 1.0, trained.history)
    design = Design(spec, SMALL, archive.genres)
    export_model(trained.network, design, tracks, origin, tmp_path / "out")
    card = load_card(str(tmp_path / "out" / "striped.json"))
    assert card.genres == ("High", "Low")
    assert card.network["shares"] == [0.7, 0.3]
    assert card.figures["top1"] == 1.0
    assert card.training["recipe"]["head"]["epochs"] == 8
    answers = {}
    for engine in ("onnx", "tensorflow"):
        answers[engine] = open_engine(card, engine, 8).predict(tracks.windows)[0]
        assert (answers[engine].argmax(axis=1) == tracks.labels[tracks.track]).all()
    np.testing.assert_allclose(answers["onnx"], answers["tensorflow"], atol=5e-3)


@pytest.mark.slow
@pytest.mark.timeout(280)
def test_a_run_that_was_killed_ends_where_an_unbroken_one_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed at the second batch of its second epoch, which therefore begins anew."""
    recipe = replace(RECIPE, average=2, share=0.5)
    unbroken = train(striped(), TrainConfig(SPEC, recipe, checkpoint=point(tmp_path / "whole.npz")), silent)

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
        train(striped(), broken, silent)
    monkeypatch.undo()
    lines: list[str] = []
    resumed = train(striped(), broken, lines.append)
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
        train(striped(), course, stop)
    (kept,) = tmp_path.iterdir()
    made = kept.stat().st_mtime_ns
    train(striped(), replace(course, resume=True), silent)
    assert kept.stat().st_mtime_ns == made
    assert len(list(tmp_path.iterdir())) == 2
    kept.write_bytes(b"cut short")
    train(striped(), replace(course, resume=True), silent)
    assert kept.stat().st_size > 1000
    point(tmp_path / "a.npz").remove()
    assert not list(tmp_path.iterdir())


def point(path: Path) -> Checkpoint:
    return Checkpoint(path, {"run": 1})


@pytest.mark.slow
def test_parts_with_a_rate_of_zero_keep_their_weights() -> None:
    recipe = replace(RECIPE, rates=StageRates(conv1=0, conv2=0, conv3=1), norms="keep", views=1)
    recipe = replace(recipe, trunk=replace(RECIPE.trunk, epochs=1, rate=1e-3))
    trained = train(striped(), TrainConfig(SPEC, recipe), silent)
    untrained = replace(HEAD_ALONE, head=replace(RECIPE.head, epochs=0))
    fresh = train(striped(), TrainConfig(SPEC, untrained), silent)  # both from one seed
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
    trained = train(striped(), TrainConfig(SPEC, recipe), silent)
    assert trained.network.input.shape[2] == SMALL.frames
    assert {str(weight.dtype) for weight in trained.network.weights} == {"float32"}
    archive = striped()
    tracks = LabelledTracks.of(archive.select("val"), archive.genres, SMALL.frames)
    answers = tracks.answers(predicting(trained.network)).mean()
    assert (answers.argmax(axis=1) == tracks.labels).mean() > 0.9


@pytest.mark.slow
def test_the_second_member_is_the_network_before_its_trunk_learnt() -> None:
    recipe = replace(RECIPE, trunk=replace(RECIPE.trunk, epochs=1, rate=1e-3), frames=32)
    balance = (0.5, -0.25)  # for both, when all is learnt
    both = train(striped(), TrainConfig(SPEC, replace(recipe, share=0.75, balance=balance)), silent).network
    alone = train(striped(), TrainConfig(SPEC, recipe), silent).network
    untouched = train(striped(), TrainConfig(SPEC, HEAD_ALONE), silent).network
    given = striped(8).mel[:, :, : SMALL.frames, None].astype(np.float32) / 255
    expected = [network.predict(given, verbose=0)[0] for network in (alone, untouched)]
    assert np.abs(expected[0] - expected[1]).max() > 1e-3
    mean = 0.75 * balanced(expected[0], balance) + 0.25 * balanced(expected[1], balance)
    np.testing.assert_allclose(both.predict(given, verbose=0)[0], mean, atol=1e-4)


def test_a_balance_has_a_number_for_each_genre() -> None:
    course = TrainConfig(SPEC, replace(HEAD_ALONE, balance=(0.1, 0.2, 0.3)))
    with pytest.raises(UsageError, match="balance has 3 numbers, train has 2 genres"):
        train(striped(), course, silent)


@pytest.mark.parametrize(
    ("arch", "head", "trunk", "share", "shares"),
    [
        ("resnet50", 1, 1, 0.7, (0.7, 0.3)),
        ("resnet50", 1, 1, 1.0, (1.0,)),
        ("resnet50", 0, 1, 0.75, (1.0,)),
        ("resnet50", 1, 0, 0.75, (1.0,)),
        ("convpool", 1, 1, 0.75, (1.0,)),
    ],
)
def test_there_are_two_members_where_both_have_learnt(
    arch: str, head: int, trunk: int, share: float, shares: tuple[float, ...]
) -> None:
    phases = {"head": replace(RECIPE.head, epochs=head), "trunk": replace(RECIPE.trunk, epochs=trunk)}
    assert member_shares(arch, replace(RECIPE, share=share, **phases)) == shares


@pytest.mark.parametrize(
    "wrong", [{"share": 0.5, "frames": 0}, {"share": 1.0, "frames": 32}], ids=["share", "frames"]
)
def test_a_baseline_has_neither_members_nor_narrow_windows(wrong: dict[str, Any]) -> None:
    course = TrainConfig(replace(SPEC, arch="convpool"), replace(HEAD_ALONE, **wrong))
    with pytest.raises(UsageError, match="share is 1 and frames is 0 with convpool"):
        train(striped(), course, silent)


@pytest.mark.slow
@pytest.mark.parametrize("arch", ["convpool", "convconvpool"])
def test_the_baselines_learn_from_nothing(arch: str) -> None:
    spec = replace(SPEC, arch=arch)
    recipe = replace(HEAD_ALONE, trunk=replace(RECIPE.trunk, epochs=4, rate=1e-3), rates=StageRates(head=1.0))
    trained = train(striped(), TrainConfig(spec, recipe), silent)
    assert trained.history[-1]["val_top1"] == 1.0


@pytest.mark.parametrize(
    ("archive", "named"),
    [
        (replace(striped(), split=np.full(64, "train")), "no split 'val'"),
        (replace(striped(), mel=np.zeros((64, 20, 60), np.uint8)), "20 mel bands"),
        (replace(striped(), genre=np.where(np.arange(64) > 60, "Jazz", "Low")), "no genre Jazz; it has: Low"),
    ],
)
def test_an_archive_that_does_not_fit_is_refused(archive: MelArchive, named: str) -> None:
    with pytest.raises(ArchiveError, match=named):
        train(archive, TrainConfig(SPEC, RECIPE), silent)
