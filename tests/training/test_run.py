"""A training run from file to files: what it makes, and which interrupted one it goes on with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audiotag.errors import ArchiveError, UsageError
from audiotag.model.card import file_digest, load_card
from audiotag.model.onnx_weights import load_network
from audiotag.training.archives.archive import MelArchive, save_archive
from audiotag.training.learning import phases
from audiotag.training.learning.batches import window_batches
from audiotag.training.recipe import Phase, recipe_for
from audiotag.training.run import Order, cross_validate_order, load_corpus, train_model
from tests.helpers.models import SMALL

RECIPE = replace(recipe_for("convpool"), hidden=8, trunk=Phase(epochs=2, rate=3e-4, batch=8), mixup=0.0)
SHORT = replace(RECIPE, trunk=replace(RECIPE.trunk, epochs=1))
CLIP = SMALL.of_length(4.0)


def clips(genres: tuple[str, str] = ("Low", "High"), **changes: Any) -> MelArchive:
    """Twenty of a small front-end, loud below or loud above; one genre is in `test` alone."""
    random = np.random.default_rng(2)
    mel = random.integers(1, 60, (20, CLIP.bands, CLIP.frames), np.uint8)
    low = np.arange(20) % 2 == 0
    mel[low, : CLIP.bands // 2] += 180
    mel[~low, CLIP.bands // 2 :] += 180
    genre = np.where(low, *genres).astype("<U6")
    genre[19] = "Jazz"
    split = np.array(["train"] * 12 + ["val"] * 7 + ["test"])
    return replace(MelArchive(mel, genre, split, 100 * np.arange(20), None, None, CLIP), **changes)


@pytest.fixture
def order(tmp_path: Path) -> Order:
    save_archive(clips(), tmp_path / "small.npz")
    return Order((tmp_path / "small.npz",), "convpool", RECIPE)


@pytest.fixture
def more(order: Order, tmp_path: Path) -> Order:
    """A second archive of two collections, neither with a `val`; of one only groups are known."""
    songs = clips(("Low", "Loud"), split=np.full(20, "train"), group=np.arange(20) // 2)
    genre = np.where(np.arange(20) < 14, songs.genre, "")
    source = np.where(np.arange(20) < 14, "songs", "games")
    save_archive(replace(songs, genre=genre, source=source), tmp_path / "more.npz")
    return replace(order, archives=(*order.archives, tmp_path / "more.npz"))


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
        "convpool.json", "convpool.onnx", "learning.png",
    }  # fmt: skip
    card = load_card(str(tmp_path / "out" / "convpool.json"))
    assert card.frontend == made.frontend
    same = ("sample_rate", "n_fft", "hop_length", "n_mels", "bands", "top_db")
    assert all(getattr(card.frontend, name) == getattr(SMALL, name) for name in same)
    assert card.frontend.window_seconds <= CLIP.window_seconds
    assert card.genres == ("High", "Low")
    assert card.collections == {"small": ("High", "Low")}
    assert card.training["data"] == [{"name": "small.npz", "sha256": file_digest(order.archives[0])}]
    assert card.training["init"] is None


class TestSeveralArchives:
    @pytest.mark.slow
    def test_each_of_their_collections_has_an_expert(self, more: Order, tmp_path: Path) -> None:
        card = train_model(more, tmp_path / "out", False, silent)
        assert card.genres == ("High", "Loud", "Low")
        assert card.collections == {"small": ("High", "Low"), "songs": ("Loud", "Low")}
        assert list(card.figures["collections"]) == ["small", "songs"]
        assert [one["name"] for one in card.training["data"]] == ["small.npz", "more.npz"]
        network = load_network(load_card(str(tmp_path / "out" / "convpool.json")))
        assert {"expert1", "expert2", "gate"} <= {layer.name for layer in network.layers}

    def test_a_collection_may_be_left_out(self, more: Order) -> None:
        names = [one.name for one in load_corpus(more).collections]
        assert names == ["small", "songs", "games"]
        found = load_corpus(replace(more, left_out=("songs", "games")))
        assert [one.name for one in found.collections] == ["small"]
        assert found.genres == ("High", "Low")

    def test_one_that_there_is_not_cannot_be(self, more: Order) -> None:
        with pytest.raises(UsageError, match=r"--leave-out song: no such collection.*: small, songs, games"):
            load_corpus(replace(more, left_out=("small", "song")))

    def test_two_of_one_name_are_refused_unless_both_are_left_out(self, more: Order, tmp_path: Path) -> None:
        again = tmp_path / "again"
        again.mkdir()
        (again / "more.npz").write_bytes(more.archives[1].read_bytes())
        twice = replace(more, archives=(*more.archives, again / "more.npz"))
        with pytest.raises(ArchiveError, match="two collections are named 'games': rename an archive"):
            load_corpus(twice)
        assert len(load_corpus(replace(twice, left_out=("games", "songs"))).collections) == 1

    def test_one_of_another_front_end_is_named(self, order: Order, tmp_path: Path) -> None:
        other = replace(CLIP, hop_length=CLIP.hop_length * 2)
        save_archive(clips(frontend=other), tmp_path / "other.npz")
        with pytest.raises(
            ArchiveError, match=r"other\.npz: .*another front-end.*: hop_length 1024, not 512"
        ):
            load_corpus(replace(order, archives=(*order.archives, tmp_path / "other.npz")))

    def test_clips_of_another_length_go_together(self, order: Order, tmp_path: Path) -> None:
        longer = replace(CLIP, window_frames=2 * CLIP.window_frames, frames=2 * CLIP.frames)
        mel = np.zeros((20, longer.bands, longer.frames), np.uint8)
        mel[:, :, : CLIP.frames] = clips().mel
        save_archive(clips(mel=mel, frontend=longer), tmp_path / "longer.npz")
        found = load_corpus(replace(order, archives=(*order.archives, tmp_path / "longer.npz"))).learnt()
        assert found.mel.shape == (24, longer.bands, longer.frames)

    @pytest.mark.slow
    def test_folds_give_figures_of_each(self, more: Order) -> None:
        found = cross_validate_order(replace(more, recipe=SHORT), 2, silent)
        assert [list(one) for one in found] == [["small", "songs"]] * 2


class TestStyles:
    def test_those_with_enough_tracks_are_tried(self, order: Order, tmp_path: Path) -> None:
        """And are of the data, in the card; here there are too few albums for any."""
        styles = tmp_path / "styles.csv"
        rows = [f"{100 * number},train,Low,Deep|Odd" for number in range(20)]
        styles.write_text("\n".join(["track_id,split,genre,styles", *rows]))
        ordered = replace(order, recipe=SHORT, styles=styles)
        corpus = load_corpus(ordered)
        assert corpus.styles is not None
        assert (corpus.styles.names, len(corpus.styles.carried)) == ((), 20)
        card = train_model(ordered, tmp_path / "out", False, silent)
        assert card.styles == ()
        assert [one["name"] for one in card.training["data"]] == ["small.npz", "styles.csv"]

    def test_another_file_is_refused(self, order: Order) -> None:
        with pytest.raises(ArchiveError, match=r"small\.npz: not a file of styles"):
            load_corpus(replace(order, styles=order.archives[0]))


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
