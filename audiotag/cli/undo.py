"""audiotag undo"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from audiotag.cli.changes import Changes, FileChange, common_folder
from audiotag.cli.options import (
    BreakHardlinks,
    ChangeOwner,
    Config,
    Db,
    KeepMtime,
    Quiet,
    Verbose,
    Wait,
    command,
    to_bytes,
)
from audiotag.cli.output import Messages, ask, listed, local_time, on_terminal, plural, show
from audiotag.errors import EXIT_SOME_FAILED, FileFault, InterruptedRunError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audiotag.config.settings import Settings
    from audiotag.library.store import Store
    from audiotag.tags.safewrite.journal_rows import Run
    from audiotag.tags.safewrite.record import WriteOptions
    from audiotag.tags.undo import PlannedUndo


@command
def undo(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH...", help="Only files at or below these.")
    ] = None,
    run: Annotated[
        int | None, typer.Option("--run", metavar="ID", help="Which run. [default: the last of 'tag']")
    ] = None,
    list_runs: Annotated[bool, typer.Option("--list", help="List the runs that can be undone.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be put back.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask first, on a terminal.")] = False,
    keep_mtime: KeepMtime = False,
    break_hardlinks: BreakHardlinks = False,
    change_owner: ChangeOwner = False,
    wait: Wait = None,
    db: Db = None,
    config: Config = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Put back what a run of 'tag' replaced, each file as safely as it was written.

    A file that nobody has touched since is again what it was, byte for byte. Where other
    tags were changed since, only the genre goes back; where the genre was changed since,
    the file is left alone, and so is another recording that lies there now. A file that
    was renamed or moved is followed by its sound. With PATH the last run that wrote there is undone, and only
    there. On a terminal it shows what it would do and asks first; --yes does not.

    \b
      audiotag undo --list            which runs there are
      audiotag undo --dry-run         what the last one would give back
      audiotag undo --run 3 ~/Music/Pop

    An undo is a run itself: 'audiotag undo --run ID' with its number takes it back.
    """
    from audiotag.config.sources import load_settings
    from audiotag.tags.safewrite.record import WriteOptions

    settings = load_settings({"db": db, "wait": wait}, config)
    voice = Messages(quiet, verbose)
    order = _Order(
        run,
        [os.path.abspath(to_bytes(path)) for path in paths or ()],
        WriteOptions(keep_mtime=keep_mtime, break_hardlinks=break_hardlinks, change_owner=change_owner),
    )
    if list_runs:
        with _library(settings, write=False) as store:
            _list(store, voice)
        return
    asks = not (dry_run or yes) and on_terminal()
    if asks:  # then it is the run that was shown that is undone
        if not _is_wanted(order, _run(order, settings, voice, write=False), voice):
            return
        order.is_shown = True
    if _run(order, settings, voice, write=not dry_run)["failed"]:
        raise typer.Exit(EXIT_SOME_FAILED)


def _is_wanted(order: _Order, shown: Counter[str], voice: Messages) -> bool:
    """Ask whether to put back what has been shown; where there is nothing, how that ended is told already."""
    if not shown["written"]:
        if shown["failed"]:
            raise typer.Exit(EXIT_SOME_FAILED)
        return False
    try:
        is_wanted = ask(f"Put back {plural(shown['written'], 'file')} of run {order.run}?")
    except KeyboardInterrupt:
        raise InterruptedRunError("interrupted; nothing has been changed") from None
    if not is_wanted:
        voice.say("Nothing has been changed.")
    return is_wanted


@dataclass
class _Order:
    """run: its number, None for the last. under: only files at or below these absolute paths. is_shown: what
    becomes of each file has been on the screen already."""

    run: int | None
    under: list[bytes]
    options: WriteOptions
    is_shown: bool = False


def _library(settings: Settings, write: bool) -> Store:
    from audiotag.library.store import Store

    return Store(settings.db, write=write, wait=settings.wait, create=False)


def _run(order: _Order, settings: Settings, voice: Messages, write: bool) -> Counter[str]:
    """Choose the run, plan and, with `write`, put back; returns how many files had which outcome."""
    from audiotag.cli.session import recover_first
    from audiotag.tags.undo import find_run

    with _library(settings, write) as store:
        if write:  # before a run is chosen: the last one may turn out to have written nothing
            recover_first(store, voice)
        chosen = find_run(store, order.run, order.under)
        if chosen is None:
            voice.say("Nothing to undo: the journal knows of no write there.")
            return Counter()
        order.run = chosen.id
        outcome = _carry_out(store, chosen, order, voice, write)
    _tell(voice, chosen, outcome, write)
    return outcome


def _list(store: Store, voice: Messages) -> None:
    """One line a run: number, what, when, how many files."""
    from audiotag.tags.safewrite.journal import Journal

    runs = Journal(store).runs()
    if not runs:
        voice.say("The journal is empty: no run has written anything yet.")
    for run in runs:
        what = run.kind if run.undo_of is None else f"undo of run {run.undo_of}"
        parts = [f"{plural(run.written, 'file')} written"]
        if run.failed:
            parts.append(f"{run.failed:,} failed")
        if run.finished_at is None:
            parts.append("not finished")
        show(f"{run.id}  {local_time(run.started_at)}  {what}  {', '.join(parts)}")


def _carry_out(store: Store, run: Run, order: _Order, voice: Messages, write: bool) -> Counter[str]:
    """Plan and, unless it is a dry run, write; returns how many had which outcome."""
    from audiotag.cli.session import open_session
    from audiotag.tags.undo import plan_undo, undo_all

    outcome: Counter[str] = Counter()
    changes = Changes(common_folder(store, order.under), singly=voice.verbose)
    done: Iterator[tuple[PlannedUndo, FileFault | None]]
    with open_session(store, "undo", write, voice, run.id) as session:
        if session is None:
            done = ((planned, planned.fault) for planned in plan_undo(store, run, order.under))
        else:
            done = undo_all(session, store, run, order.under, order.options)
        for planned, fault in done:
            if fault is not None:
                outcome["failed"] += 1
                voice.wrong(f"failed: {fault}")
                continue
            outcome["written" if planned.action == "write" else planned.reason] += 1
            if not voice.quiet and not order.is_shown:
                changes.add(_change(planned))
        changes.close()
    return outcome


def _change(planned: PlannedUndo) -> FileChange:
    old = listed(planned.old)
    if planned.action == "write":
        return FileChange(planned.path, old, listed(planned.new))
    return FileChange(planned.path, old, None, f"kept: {planned.reason}")


def _tell(voice: Messages, run: Run, outcome: Counter[str], write: bool) -> None:
    from audiotag.tags.whereabouts import GONE

    total, gone = sum(outcome.values()), outcome[GONE]
    done = "put back" if write else "would be put back"
    what = f"Run {run.id} ({run.kind}, {local_time(run.started_at)})"
    parts = [f"{what}: {outcome['written']:,} of {plural(total, 'file')} {done}"]
    parts += [f"{count:,} {what}" for what, count in sorted(outcome.items()) if count and what != "written"]
    voice.say(", ".join(parts) + ".")
    if gone:
        voice.say("What was moved is found once 'audiotag scan' has seen where it lies now.")
