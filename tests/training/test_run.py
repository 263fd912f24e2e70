"""A training run from file to files: what it makes, and which interrupted one it goes on with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audiotag.errors import ArchiveError
from audiotag.model.card import file_digest, load_card
from audiotag.training import phases
from audiotag.training.archive import MelArchive, save_archive
from audiotag.training.batches import window_batches
from audiotag.training.recipe import Phase, recipe_for
from audiotag.training.run import Order, train_model
from tests.helpers.models import SMALL

RECIPE = replace(recipe_for("convpool"), hidden=8, trunk=Phase(epochs=2, rate=3e-4, batch=8), mixup=0.0)
CLIP = SMALL.of_length(4.0)


@pytest.fixture
def order(tmp_path: Path) -> Order:
    """Twenty clips of a small front-end, loud below or loud above; one genre is in `test` alone."""
    random = np.random.default_rng(2)
    mel = random.integers(1, 60, (20, CLIP.bands, CLIP.frames), np.uint8)
    low = np.arange(20) % 2 == 0
    mel[low, : CLIP.bands // 2] += 180
    mel[~low, CLIP.bands // 2 :] += 180
    genre = np.where(low, "Low", "High").astype("<U4")
    genre[19] = "Jazz"
    split = np.array(["train"] * 12 + ["val"] * 7 + ["test"])
    save_archive(MelArchive(mel, genre, split, 100 * np.arange(20), None, None, CLIP), tmp_path / "small.npz")
    return Order(tmp_path / "small.npz", "convpool", RECIPE)


def silent(line: str) -> None:
    pass


class KilledError(Exception):
    pass


def kill_in_epoch(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole_epoch = window_batches

    def cut_short(*given: Any) -> Iterator[Any]:
        for position, batch in enumerate(whole_epoch(*given)):
            if given[-1] == number and position == 1:
                raise KilledError
            yield batch

    monkeypatch.setattr(phases, "window_batches", cut_short)


def test_the_model_is_for_the_archive_s_front_end_and_what_train_has(order: Order, tmp_path: Path) -> None:
    made = train_model(order, tmp_path / "out", False, silent)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "convpool.json", "convpool.keras", "convpool.onnx", "learning.png",
    }  # fmt: skip
    card = load_card(str(tmp_path / "out" / "convpool.json"))
    assert card.frontend == made.frontend
    same = ("sample_rate", "n_fft", "hop_length", "n_mels", "bands", "top_db")
    assert all(getattr(card.frontend, name) == getattr(SMALL, name) for name in same)
    assert card.frontend.window_seconds <= CLIP.window_seconds
    assert card.genres == ("High", "Low")
    assert card.training["data_sha256"] == file_digest(order.archive)


@pytest.mark.slow
def test_killed_in_the_middle_of_an_epoch_it_is_resumed(
    order: Order, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unbroken = train_model(order, tmp_path / "whole", False, silent)
    kill_in_epoch(1, monkeypatch)
    with pytest.raises(KilledError):
        train_model(order, tmp_path / "broken", False, silent)
    monkeypatch.undo()
    # As if the first run had been a long one.
    at_first = 100.0
    point = tmp_path / "broken" / "convpool.checkpoint.npz"
    with np.load(point) as arrays:
        kept = dict(arrays)
    state = json.loads(str(kept["state"]))
    np.savez(point, **(kept | {"state": np.array(json.dumps(state | {"minutes": at_first}))}))
    lines: list[str] = []
    resumed = train_model(order, tmp_path / "broken", True, lines.append)
    assert state["minutes"] > 0
    assert at_first <= resumed.training["minutes"] < at_first + 5
    assert lines[0] == "resumed after epoch 1 of 2"
    losses = [[entry["loss"] for entry in card.training["history"]] for card in (resumed, unbroken)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)
    assert not list((tmp_path / "broken").glob("*checkpoint*"))


def test_a_run_from_other_initial_weights_is_another_run(
    order: Order, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the same name, as a newer download would be."""
    init = tmp_path / "init.npz"
    np.savez(init, **{"logits/bias": np.zeros(2)})
    ordered = replace(order, init=init)
    kill_in_epoch(1, monkeypatch)
    with pytest.raises(KilledError):
        train_model(ordered, tmp_path / "out", False, silent)
    monkeypatch.undo()
    np.savez(init, **{"logits/bias": np.ones(2)})
    with pytest.raises(ArchiveError, match="data or initial weights"):
        train_model(ordered, tmp_path / "out", True, silent)


def test_a_checkpoint_of_another_run_is_refused(
    order: Order, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that trains no trunk would neither load nor need it; it is refused as well, and kept."""
    kill_in_epoch(1, monkeypatch)
    with pytest.raises(KilledError):
        train_model(order, tmp_path / "out", False, silent)
    monkeypatch.undo()
    point = tmp_path / "out" / "convpool.checkpoint.npz"
    for epochs in (0, 3):
        other = replace(order, recipe=replace(RECIPE, trunk=replace(RECIPE.trunk, epochs=epochs)))
        with pytest.raises(ArchiveError, match="from a run with another recipe"):
            train_model(other, tmp_path / "out", True, silent)
    # Nor is an hour of work thrown away because somebody forgot `--resume`.
    with pytest.raises(ArchiveError, match=r"an unfinished run: add --resume .* or remove the file"):
        train_model(order, tmp_path / "out", False, silent)
    assert point.exists()
    for damaged in (b"PK not a zip", b"", point.read_bytes()[:-200]):
        point.write_bytes(damaged)
        with pytest.raises(ArchiveError, match="cannot be read as a checkpoint"):
            train_model(order, tmp_path / "out", True, silent)


@pytest.mark.parametrize("content", [b"", b"PK not a zip", b"\x93NUMPY\x01\x00"])
def test_damaged_initial_weights_are_named(content: bytes, order: Order, tmp_path: Path) -> None:
    init = tmp_path / "init.npz"
    init.write_bytes(content)
    with pytest.raises(ArchiveError, match=r"init\.npz: no initial weights for this network"):
        train_model(replace(order, init=init), tmp_path / "out", False, silent)


def test_weights_of_another_network_are_refused(order: Order, tmp_path: Path) -> None:
    np.savez(tmp_path / "init.npz", **{"conv9_conv/kernel": np.zeros(2)})
    with pytest.raises(ArchiveError, match="none of its arrays is of this network"):
        train_model(replace(order, init=tmp_path / "init.npz"), tmp_path / "out", False, silent)
