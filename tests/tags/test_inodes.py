"""Which names an inode has: as far as they are still there."""

from __future__ import annotations

import os
from pathlib import Path

from audiotag.library.store import Store
from audiotag.tags.inodes import Inodes
from audiotag.tags.safewrite.journal_rows import node_of
from audiotag.tags.safewrite.record import identity
from tests.helpers.tracks import track


def test_names_that_have_gone_since_the_folders_were_read_are_none(store: Store, tmp_path: Path) -> None:
    song, other = (tmp_path / "music" / name for name in ("a.mp3", "b.mp3"))
    song.parent.mkdir()
    song.touch()
    os.link(song, other)
    store.put(track(os.fsencode(song), [1.0, 0.0, 0.0]))
    inodes, node = Inodes(store), node_of(identity(song.stat()))
    assert inodes.names_of(node) == [os.fsencode(song), os.fsencode(other)]
    other.unlink()
    assert inodes.names_of(node) == [os.fsencode(song)]
