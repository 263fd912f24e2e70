"""The journal of one file."""

from __future__ import annotations

import os
from pathlib import Path

from audiotag.library.store import Store
from audiotag.tags.history import PastWrite, history
from tests.tags.runs import predict, put_back, tag


def lines(past: list[PastWrite]) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    return [(one.kind, one.old, one.new) for one in past]


def test_every_write_and_undo_in_their_order(store: Store, music: Path) -> None:
    song = music / "one.mp3"
    predict(store, song)
    tag(store)
    predict(store, song, best=0)
    tag(store)
    put_back(store)
    past = history(store, os.fsencode(song))
    assert lines(past) == [
        ("tag", (), ("Rock",)),
        ("tag", ("Rock",), ("Folk",)),
        ("undo", ("Folk",), ("Rock",)),
    ]
    assert [(one.run, one.undo_of, one.state) for one in past] == [
        (1, None, "committed"), (2, None, "committed"), (3, 2, "committed"),
    ]  # fmt: skip
    assert past[0].at.endswith("+00:00")


def test_it_goes_with_the_file_and_not_with_the_name(store: Store, music: Path) -> None:
    song, other = music / "one.mp3", music / "two.flac"
    predict(store, song)
    tag(store)
    moved = song.rename(music / "moved.mp3")
    other.rename(song)
    assert lines(history(store, os.fsencode(moved))) == [("tag", (), ("Rock",))]
    assert history(store, os.fsencode(song)) == []


def test_of_a_file_that_is_gone_what_was_written_there(store: Store, music: Path) -> None:
    song = music / "one.mp3"
    predict(store, song)
    tag(store)
    song.unlink()
    assert lines(history(store, os.fsencode(song))) == [("tag", (), ("Rock",))]


def test_one_that_was_never_written_has_none(store: Store, music: Path) -> None:
    assert history(store, os.fsencode(music / "one.mp3")) == []
