"""What a journal knows of a run."""

from __future__ import annotations

from audiotag.library.store import Store
from audiotag.tags.safewrite.journal import MAY_BE_DONE, Journal
from audiotag.tags.safewrite.journal_rows import Write


def writes_of(store: Store, run: int) -> list[Write]:
    """A run's writes that happened, or may have, in order of path."""
    rows = store.execute(f"SELECT id FROM writes WHERE run = ? AND {MAY_BE_DONE} ORDER BY path, id", (run,))
    return Journal(store).these([number for (number,) in rows])
