"""Genres into files: the library's predictions and the files' tags → a plan → safe writes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from audiotag.errors import FileFault, UnreadableError
from audiotag.library.records import Track
from audiotag.library.store import Store
from audiotag.names import printable
from audiotag.tags.change import Change
from audiotag.tags.formats import read_tags
from audiotag.tags.policy import Decision, Rules, decide
from audiotag.tags.writer import WriteOptions, WriteResult, safe_write

CHANGED_SINCE = "changed since it was scanned; scan again"


@dataclass(frozen=True)
class TagOptions:
    """rules: how to decide; its min_confidence counts only when `own_threshold` is set,
    else the threshold of the model that heard the track does. keep_mtime: a written file
    keeps its modification time. break_hardlinks: write files that have other names too."""

    rules: Rules
    own_threshold: bool = False
    keep_mtime: bool = False
    break_hardlinks: bool = False


@dataclass(frozen=True)
class Planned:
    """What should become of one file's genre, or the fault that kept its tags from being read.

    stored: the genre field as the file has it; a write insists on finding it so.
    """

    path: bytes
    decision: Decision
    stored: tuple[str, ...] = ()
    fault: FileFault | None = None


def plan(store: Store, under: Sequence[bytes], options: TagOptions) -> Iterator[Planned]:
    """Decide on every track at or below the absolute paths `under`, or on all.

    Files are only read. Files that are gone are passed over.
    """
    for track in store.tracks(under):
        if not track.missing and os.path.lexists(track.path):
            yield _plan_one(track, options)


def _plan_one(track: Track, options: TagOptions) -> Planned:
    if track.model is None:
        # Nothing could be written, so a file that failed in the scan is not opened again.
        return Planned(track.path, Decision("keep", (), (), None, "no prediction"))
    try:
        tags = read_tags(track.path)
        info = os.stat(track.path)
    except FileFault as fault:
        return Planned(track.path, Decision("keep", (), (), None, "failed"), fault=fault)
    except OSError as fault:
        reason = UnreadableError(f"{printable(track.path)}: {fault.strerror or fault}")
        return Planned(track.path, Decision("keep", (), (), None, "failed"), fault=reason)
    rules = options.rules
    if not options.own_threshold:
        rules = replace(rules, min_confidence=track.model.threshold)
    decision = decide(tags.genres, track.ranked(), rules)
    if decision.action == "write" and (info.st_size, info.st_mtime_ns) != (track.size, track.mtime_ns):
        # What was heard may not be what is there now.
        decision = replace(decision, action="keep", new=decision.old, reason=CHANGED_SINCE)
    return Planned(track.path, decision, tags.stored)


def write(store: Store, planned: Planned, options: TagOptions) -> WriteResult:
    """Carry out one planned write; the library learns the file's new size and time.

    Raises TagReadError or TagWriteError, the file then being as it was.
    """
    wanted = WriteOptions(
        keep_mtime=options.keep_mtime, break_hardlinks=options.break_hardlinks, expected=planned.stored
    )
    result = safe_write(planned.path, Change(planned.decision.new), wanted)
    if result.changed:
        with suppress(OSError):  # gone already: the next scan will see that
            info = os.stat(planned.path)
            store.restamp(planned.path, info.st_size, info.st_mtime_ns)
    return result
