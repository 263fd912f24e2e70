"""A file whose sound the library knows gets the prediction that it has of it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from audiotag.library.changes import Wanted
from audiotag.library.duplicates import adopt, has_duplicate
from audiotag.library.records import TrackInfo
from audiotag.library.store import Store
from audiotag.library.walk import FoundFile
from tests.helpers.tracks import MODEL, track

SOUND = bytes(range(16))


def test_it_is_taken_over_from_a_copy_and_moves_with_a_file_that_is_gone(
    store: Store, tmp_path: Path
) -> None:
    wanted = Wanted(store.remember(MODEL), "all")
    song, copy = (tmp_path / name for name in ("a.mp3", "b.mp3"))
    found = FoundFile(os.fsencode(copy), 5, 7)
    song.touch()
    store.put(replace(track(os.fsencode(song), [1.0, 0.0, 0.0]), fingerprint=SOUND))
    assert has_duplicate(store, SOUND, wanted)
    adopted = adopt(store, found, TrackInfo("Ann"), SOUND, wanted)
    assert adopted is not None
    row, moved = adopted
    assert (row.path, row.size, row.mtime_ns, row.info.artist, moved) == (found.path, 5, 7, "Ann", False)
    assert len(list(store.paths())) == 2
    store.forget(found.path)
    song.unlink()
    adopted = adopt(store, found, TrackInfo("Ann"), SOUND, wanted)
    assert adopted is not None
    assert adopted[1]
    assert list(store.paths()) == [found.path]


def test_there_may_be_none(store: Store) -> None:
    """Nor need there be one any more that was there when it was asked for."""
    wanted = Wanted(store.remember(MODEL), "all")
    assert not has_duplicate(store, SOUND, wanted)
    assert adopt(store, FoundFile(b"/m/b.mp3", 5, 7), TrackInfo(), SOUND, wanted) is None
