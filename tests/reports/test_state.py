"""What waits in a library, as far as a second's look tells."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from audiotag.library.records import KnownTags, TrackInfo
from audiotag.library.store import Store
from audiotag.reports.state import state_of_library
from audiotag.tags.plan import TagOptions
from audiotag.tags.policy import Rules
from tests.helpers.tracks import failed, track

OPTIONS = TagOptions(Rules())


def fill(store: Store, count: int) -> None:
    """Tracks without a genre in their files, heard as Rock; every third is uncertain."""
    for number in range(count):
        row = track(b"/m/%03d.mp3" % number, [0.1, 0.1, 0.9] if number % 3 else [0.1, 0.1, 0.1])
        state = f"{row.size}:{row.mtime_ns}:1"
        store.put(replace(row, info=TrackInfo(tags=KnownTags(state, "mp3", (), (), None))))


def test_it_counts_what_tag_would_write(tmp_path: Path) -> None:
    with Store(tmp_path / "library.db", write=True) as store:
        fill(store, 9)
        store.put(failed(b"/m/bad.mp3"))
        state = state_of_library(store, OPTIONS)
    assert (state.tracks, state.ready, state.whole) == (10, 6, True)
    assert state.statuses == {"ok": 6, "uncertain": 3, "failed": 1}


def test_nobody_waits_for_a_big_one(tmp_path: Path) -> None:
    with Store(tmp_path / "library.db", write=True) as store:
        fill(store, 9)
        state = state_of_library(store, OPTIONS, seconds=0.0)
    assert (state.tracks, state.looked_at, state.whole) == (9, 0, False)
