"""What `tag` and `undo` share: the run that writes, and what a crash before it had left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from audiotag.cli.output import Messages, plural

if TYPE_CHECKING:
    from audiotag.library.store import Store
    from audiotag.tags.safewrite.journal_rows import Kind
    from audiotag.tags.safewrite.recover import Recovery
    from audiotag.tags.safewrite.session import WritingSession


def recover_first(store: Store, voice: Messages) -> None:
    """Find out what a killed run had left open, and say it."""
    from audiotag.tags.safewrite.recover import recover

    _tell_recovery(recover(store), voice)


def _tell_recovery(found: Recovery | None, voice: Messages) -> None:
    if found is not None:
        voice.say(
            f"An earlier run was killed: of its open writes {found.happened:,} had happened and "
            f"{found.not_happened:,} had not; {plural(found.swept, 'temporary file')} removed."
        )


@contextmanager
def open_session(
    store: Store, kind: Kind, write: bool, voice: Messages, undo_of: int | None = None
) -> Iterator[WritingSession | None]:
    """A session to write with; None for a dry run."""
    if not write:
        yield None
        return
    from audiotag.tags.safewrite.session import WritingSession

    with WritingSession(store, kind, undo_of) as session:
        _tell_recovery(session.recovery, voice)
        yield session
        if session.run is not None:
            voice.detail(f"This was run {session.run} in the journal.")
