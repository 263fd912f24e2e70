"""Training learns what can be learnt, repeats itself, and writes a model that scan can use."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from audiotag.errors import ArchiveError
from audiotag.model.card import load_card
from audiotag.model.engines import open_engine
from audiotag.model.network import NetworkSpec
from audiotag.training.archive import MelArchive, cut
from audiotag.training.export import Provenance, export_model
from audiotag.training.recipe import Phase, Recipe
from audiotag.training.train import train
from audiotag.training.views import standardised_vggish
from tests.models import SMALL

SPEC = NetworkSpec(SMALL.bands, SMALL.frames, 2, taps=("conv3",), hidden=16)
RECIPE = Recipe(
    taps=("conv3",),
    frozen="conv2",
    views=2,
    head=Phase(epochs=8, rate=3e-3, batch=16),
    trunk=Phase(epochs=1, rate=1e-5, batch=16),
    ema=0.5,
)


def striped(count: int = 64) -> MelArchive:
    """Two genres that anyone can tell apart: sound in the low bands, sound in the high ones."""
    random = np.random.default_rng(6)
    mel = random.integers(1, 60, (count, SMALL.bands, 60), np.uint8)
    low = np.arange(count) % 2 == 0
    mel[low, :15] = random.integers(180, 256, (low.sum(), 15, 60), np.uint8)
    mel[~low, 25:] = random.integers(180, 256, ((~low).sum(), 15, 60), np.uint8)
    vggish = random.standard_normal((count, 128)).astype(np.float16)
    vggish[3] = np.nan
    return MelArchive(
        mel,
        np.where(low, "Low", "High"),
        np.where(np.arange(count) < count * 3 // 4, "train", "val"),
        np.arange(count, dtype=np.int32),
        vggish,
    )


@pytest.mark.timeout(280)
def test_it_learns_and_its_export_says_the_same(tmp_path: Path) -> None:
    archive = striped()
    lines: list[str] = []
    trained = train(archive, SPEC, RECIPE, None, lines.append)
    assert trained.figures.top1 == 1.0
    assert trained.figures.n == 16
    assert any(line.startswith("epoch 8 of 8") for line in lines)

    origin = Provenance("striped", "striped.npz", "0" * 64, "", archive.genres)
    export_model(trained, SPEC, SMALL, RECIPE, origin, tmp_path / "out")
    card = load_card(str(tmp_path / "out" / "striped.json"))
    assert card.genres == ("High", "Low")
    assert card.figures["top1"] == 1.0
    assert card.training["recipe"]["head"]["epochs"] == 8
    val = archive.select("val")
    for engine in ("onnx", "tensorflow"):
        windows = [cut(val.mel, offset, SMALL.frames) for offset in (0, 12)]
        answers = [open_engine(card, engine, 8).predict(window)[0] for window in windows]
        np.testing.assert_allclose(np.mean(answers, axis=0), trained.probabilities, atol=5e-3)


def test_the_frozen_stages_keep_their_weights() -> None:
    trained = train(striped(), SPEC, replace(RECIPE, head=Phase(1, 1e-3, 16)), None, lambda line: None)
    untrained = replace(RECIPE, head=Phase(0, 1e-3, 16), trunk=Phase(0, 1e-3, 16))
    again = train(striped(), SPEC, untrained, None, lambda line: None)
    for layer in ("conv1_conv", "conv2_block3_3_conv"):
        ours, fresh = (np.asarray(t.network.get_layer(layer).kernel) for t in (trained, again))
        np.testing.assert_array_equal(ours, fresh)  # both from one seed
    trunk = (np.asarray(t.network.get_layer("conv3_block2_2_conv").kernel) for t in (trained, again))
    assert (next(trunk) != next(trunk)).any()


@pytest.mark.parametrize(
    ("archive", "named"),
    [
        (replace(striped(), split=np.full(64, "train")), "no split 'val'"),
        (replace(striped(), mel=np.zeros((64, 20, 60), np.uint8)), "20 mel bands"),
    ],
)
def test_an_archive_that_does_not_fit_is_refused(archive: MelArchive, named: str) -> None:
    with pytest.raises(ArchiveError, match=named):
        train(archive, SPEC, RECIPE, None, lambda line: None)


def test_a_missing_vggish_embedding_does_not_count() -> None:
    values, known = standardised_vggish(striped())
    assert known.tolist() == [0.0 if i == 3 else 1.0 for i in range(64)]
    assert (values[3] == 0).all()
    np.testing.assert_allclose(values[known > 0].std(axis=0), 1, atol=1e-3)
    assert standardised_vggish(replace(striped(), vggish=None))[1].sum() == 0
