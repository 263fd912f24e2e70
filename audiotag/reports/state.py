"""What the library waits for: tracks that are ready to be tagged, uncertain, failed or gone."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field

from audiotag.library.store import Store
from audiotag.reports.rows import report_status
from audiotag.tags.outlook import Outlook
from audiotag.tags.plan import TagOptions

# Nobody who only asks what comes next waits longer.
_SECONDS = 1.0


@dataclass
class LibraryState:
    """tracks: all. ready: those that `tag` would write. statuses: of those that were looked at. whole: all
    were; else the counts are of the first `looked_at`."""

    tracks: int
    ready: int = 0
    looked_at: int = 0
    statuses: Counter[str] = field(default_factory=Counter)

    @property
    def whole(self) -> bool:
        return self.looked_at == self.tracks


def state_of_library(store: Store, options: TagOptions, seconds: float = _SECONDS) -> LibraryState:
    """Count for at most about so many seconds; no file is opened. Raises StoreError."""
    state = LibraryState(int(store.execute("SELECT count(*) FROM tracks")[0][0]))
    outlook = Outlook(store, options)
    until = time.monotonic() + seconds
    for track in store.tracks():
        if time.monotonic() > until:
            break
        decision = outlook.decision(track)
        state.ready += decision is not None and decision.action == "write"
        state.statuses[report_status(track)] += 1
        state.looked_at += 1
    return state
