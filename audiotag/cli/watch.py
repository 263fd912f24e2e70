"""audiotag watch"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from audiotag.cli.options import (
    Config,
    Db,
    EngineName,
    Jobs,
    Model,
    Quiet,
    Verbose,
    command,
    must_exist,
    to_bytes,
)
from audiotag.cli.output import Messages, plural, tell
from audiotag.errors import UsageError

if TYPE_CHECKING:
    from audiotag.config.settings import Settings
    from audiotag.library.records import Track
    from audiotag.library.store import Store
    from audiotag.library.walk import FoundFile
    from audiotag.model.learnt_file import OpenedModel
    from audiotag.pipeline.summary import ScanSummary
    from audiotag.watch.service import Service


@command
def watch(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATH", help="Folders to watch. [default: the config file's paths]"),
    ] = None,
    tag: Annotated[bool, typer.Option("--tag", help="Write genres as well, as 'audiotag tag' does.")] = False,
    settle: Annotated[
        float,
        typer.Option(metavar="SECONDS", min=0.0, help="Hear a file when it has not changed for so long."),
    ] = 10.0,
    poll: Annotated[
        float,
        typer.Option(metavar="SECONDS", min=1.0, help="Look through network folders this often."),
    ] = 60.0,
    systemd: Annotated[
        bool, typer.Option("--systemd", help="Print a systemd unit that runs this command, and end.")
    ] = False,
    jobs: Jobs = None,
    engine: EngineName = None,
    model: Model = None,
    db: Db = None,
    config: Config = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Run as a service: listen to new and changed files as they settle.

    It begins with a scan, hears what comes or changes when nobody has written to it for
    a while, and marks what goes. Folders on network file systems are looked through now
    and then instead, since nobody tells of their changes. The library is let go of in
    between: other runs of audiotag find it free. It ends by Ctrl-C or SIGTERM, with all
    that was done kept.

    \b
      audiotag watch ~/Music
      audiotag watch --tag --systemd ~/Music     a unit for systemd

    Exit codes: 1 fatal, 2 wrong usage, 130 ended by a signal.
    """
    from audiotag.config.sources import load_settings

    settings = load_settings({"db": db, "jobs": jobs, "engine": engine, "model": model}, config)
    roots = paths or [Path(path) for path in settings.paths]
    if not roots:
        raise UsageError("no PATH to watch, and no paths in the config file; try: audiotag watch ~/Music")
    for path in roots:
        must_exist(path)
        if not path.is_dir():
            raise UsageError(f"{path}: only folders can be watched")
    if systemd:
        given = {"settle": settle, "poll": poll, "jobs": jobs, "engine": engine, "model": model}
        flags = {"tag": tag, "quiet": quiet, "verbose": verbose}
        _print_unit([path.absolute() for path in roots], settings, config, given, flags)
        return
    _run(
        [os.path.abspath(to_bytes(path)) for path in roots],
        settings,
        tag,
        (settle, poll),
        Messages(quiet, verbose),
    )


def _run(
    roots: list[bytes], settings: Settings, tag: bool, seconds: tuple[float, float], voice: Messages
) -> None:
    from audiotag.cli.interrupt import interruptible
    from audiotag.library.walk import topmost
    from audiotag.model.learnt_file import open_model
    from audiotag.watch.events import Events
    from audiotag.watch.loop import Watch, WatchOptions
    from audiotag.watch.service import Service

    service = Service()
    options = WatchOptions(*seconds)
    opened = open_model(settings.model)
    if opened.note:
        voice.wrong(opened.note)
    watched = tuple(topmost(roots))
    ears = _Ears(settings, opened, options.settle, tag, voice, service)
    events = Events(watched, voice.wrong)
    voice.say(f"Watching {plural(len(watched), 'folder')}.")
    library = os.path.abspath(to_bytes(settings.db))
    loop = Watch(watched, options, ears.hear, service, voice.wrong, settings.exclude, library)
    try:
        with interruptible(lambda: "interrupted; what was done so far is kept"):
            loop.run(events, lambda: events.polled)
    finally:
        service.stopping()


@dataclass
class _Ears:
    """Hears, and with `tag` writes, what is new at or below some places, in one go with the library."""

    settings: Settings
    opened: OpenedModel
    settle: float
    tag: bool
    voice: Messages
    service: Service
    # What an earlier run had heard, but not written when it ended, or this one when it got into trouble.
    _owes_writing: bool = True

    def hear(self, places: Sequence[bytes]) -> Sequence[bytes]:
        """See watch.loop.Hear."""
        from audiotag.model.seen import SeenStore
        from audiotag.pipeline.scan import ScanOptions, scan

        settings = self.settings
        options = ScanOptions(
            windows=None if settings.windows == "all" else int(settings.windows),
            jobs=settings.jobs, batch_size=settings.batch_size, engine=settings.engine,
            timeout=settings.timeout, exclude=settings.exclude, include=settings.include,
            learnt=self.opened.learnt, settle=self.settle,
        )  # fmt: skip
        progress = _Progress(self.voice, self.service)
        with SeenStore(settings.db, write=True, wait=settings.wait, learnt=self.opened.learnt) as store:
            summary = scan(places, store, self.opened.card, options, progress)
            self._tell(summary)
            self._owes_writing |= bool(summary.predicted or summary.recognised)
            if self.tag and self._owes_writing:
                self._write(store, places)
                self._owes_writing = False
        self.service.status("waiting for new music")
        return progress.unsettled

    def _write(self, store: Store, places: Sequence[bytes]) -> None:
        from audiotag.cli.session import open_session
        from audiotag.cli.tag import tag_options
        from audiotag.tags.plan import tag_all

        written = 0
        with open_session(store, "tag", True, self.voice) as session:
            assert session is not None
            for planned, fault in tag_all(session, store, places, tag_options(self.settings, store)):
                self.service.alive()
                written += fault is None and planned.decision.action == "write"
                if fault is not None:
                    self.voice.wrong(f"failed: {fault}")
        if written:
            self.voice.say(f"{plural(written, 'file')} written.")

    def _tell(self, summary: ScanSummary) -> None:
        from audiotag.text import printable

        for path, reason in summary.failures:
            self.voice.wrong(f"failed: {printable(path)}: {reason}")
        parts = [
            f"{count:,} {what}"
            for count, what in (
                (summary.predicted, "heard"), (summary.recognised, "recognised"),
                (summary.too_short, "too short"), (summary.missing, "gone"),
                (len(summary.failures), "failed"),
            )
            if count
        ]  # fmt: skip
        if parts:
            self.voice.say(", ".join(parts) + ".")


@dataclass
class _Progress:
    """See pipeline.scan.Progress. unsettled: files that were left to the next time."""

    voice: Messages
    service: Service
    unsettled: list[bytes] = field(default_factory=list)
    _files: int = 0
    _done: int = 0

    def plan(self, files: int, size: int, summary: ScanSummary) -> None:
        self._files = files

    def advance(self, found: FoundFile, track: Track | None) -> None:
        from audiotag.cli.progress import answer_of
        from audiotag.text import printable

        if track is None:
            self.unsettled.append(found.path)
        else:
            self.voice.detail(f"{printable(found.path)}: {answer_of(track)}")
        self._step()

    def passed_over(self, path: bytes, kind: str, found: FoundFile | None) -> None:
        if found is not None:
            self._step()

    def _step(self) -> None:
        self._done += 1
        self.service.status(f"{self._done:,} of {plural(self._files, 'file')} heard")
        self.service.alive()


def _print_unit(
    roots: list[Path],
    settings: Settings,
    config: Path | None,
    given: Mapping[str, object],
    flags: Mapping[str, bool],
) -> None:
    """given, flags: the command's other options by name; those that were not given say nothing."""
    import sys

    from audiotag.text import printable
    from audiotag.watch.unit import unit_for

    library = settings.db.absolute()
    arguments = ["watch", "--db", str(library)]
    if config is not None:
        arguments += ["--config", str(config.absolute())]
    for name, value in given.items():
        if value is not None:
            is_file = name == "model" and Path(str(value)).exists()
            arguments += [f"--{name}", str(Path(str(value)).absolute() if is_file else value)]
    arguments += [f"--{name}" for name, is_wanted in flags.items() if is_wanted]
    arguments += map(str, roots)
    writable = [library.parent, *(roots if flags["tag"] else [])]
    sys.stdout.write(unit_for(arguments, writable, settings.timeout))
    if not library.parent.is_dir():  # systemd starts no service that may write where nothing is
        tell(f"{printable(library.parent)}: make this folder before the service starts, for the library")
