"""A network's files: in 32 bits for all engines, and in 8 where it has stages that bear them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from audiotag.model.card import ModelCard, file_digest, load_card
from audiotag.model.engines import open_engine
from audiotag.model.network import NetworkSpec, build_network
from audiotag.training.archives.archive import MelArchive
from audiotag.training.archives.collections import Collection
from audiotag.training.learning.corpus import Corpus
from audiotag.training.outputs.network_files import Calibrating, write_network
from audiotag.training.renew import renew
from tests.helpers.models import SMALL, MadeModel
from tests.model.test_engines import windows

CLIP = SMALL.of_length(4.0)


def collection(name: str, level: int, split: str, genres: tuple[str, ...] = ("Folk", "Pop")) -> Collection:
    """400 clips of one level; odd numbers are of `split` and a shade darker, the others of `train`."""
    mel = np.full((400, CLIP.bands, CLIP.frames), level, np.uint8)
    odd = np.arange(400) % 2 == 1
    mel[odd] -= 1
    mel[:, 0] = 255  # the maximum that windows are relative to
    genre = np.array([genres[n // 2 % len(genres)] for n in range(400)])
    clips = MelArchive(mel, genre, np.where(odd, split, "train"), 100 * np.arange(400), None, None, CLIP)
    return Collection(name, clips)


def test_the_8_bits_are_fitted_to_what_the_trunk_has_learnt_from() -> None:
    """Never to `val`, nor to a collection that judges the experts; as much to a small one as to a large."""
    corpus = Corpus(
        (
            collection("fma", 100, "val"),
            collection("emotify", 120, "train"),
            collection("games", 140, "train", genres=("",)),
        )
    )
    found = Calibrating.of(corpus, SMALL.frames, 1)
    assert found.windows.shape == (240, SMALL.bands, SMALL.frames)
    levels, counts = np.unique(found.windows[:, 1, 0], return_counts=True)
    assert found.collections == {"fma": 120, "games": 120}
    assert set(levels) == {100, 139, 140}
    assert counts[0] == 120
    again, other = Calibrating.of(corpus, SMALL.frames, 1), Calibrating.of(corpus, SMALL.frames, 2)
    np.testing.assert_array_equal(found.windows, again.windows)
    assert not np.array_equal(found.windows, other.windows)


class TestRenew:
    @pytest.fixture
    def card(self, made_model: MadeModel, tmp_path: Path) -> ModelCard:
        for file in made_model.card_file.parent.iterdir():
            shutil.copy(file, tmp_path)
        return load_card(str(tmp_path / made_model.card_file.name))

    @pytest.fixture
    def calibrating(self, card: ModelCard) -> Calibrating:
        return Calibrating(windows(card, 4), {"made": 4}, 1)

    def test_a_model_says_the_same_as_before(self, card: ModelCard, calibrating: Calibrating) -> None:
        before = open_engine(card, "onnx", 4).predict(calibrating.windows)
        renewed = renew(card, calibrating)
        assert load_card(str(card.folder / "made.json")) == renewed
        after = open_engine(renewed, "onnx", 4).predict(calibrating.windows)
        np.testing.assert_allclose(after.probabilities, before.probabilities, atol=1e-5)

    def test_one_without_such_stages_has_no_file_of_8_bits(
        self, card: ModelCard, calibrating: Calibrating
    ) -> None:
        (card.folder / "made.int8.onnx").write_text("of an earlier run")
        renewed = renew(card, calibrating)
        assert set(renewed.files) == {"onnx"}
        assert renewed.training["int8"] is None
        assert not (card.folder / "made.int8.onnx").exists()


def test_one_with_such_stages_has_one(tmp_path: Path) -> None:
    spec = NetworkSpec(SMALL.bands, SMALL.frames, 3, taps=("conv4",), hidden=16)
    given = np.random.default_rng(1).integers(0, 256, (4, SMALL.bands, SMALL.frames), np.uint8)
    calibrating = Calibrating(given, {"made": 4}, 1)
    files = write_network(build_network(spec), "made", calibrating, tmp_path)
    assert {kind: file.name for kind, file in files.items()} == {
        "onnx": "made.onnx",
        "onnx-int8": "made.int8.onnx",
    }
    assert all(file_digest(tmp_path / file.name) == file.sha256 for file in files.values())
    stated = calibrating.to_card(files)
    assert stated is not None
    assert stated["stages"] == ["conv4", "conv5"]
    assert stated["windows"] == {"made": 4}
    assert replace(calibrating, seed=2).to_card(files) != stated
