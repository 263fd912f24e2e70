"""audiotag scan"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from audiotag.cli.completion import one_of
from audiotag.cli.echo import same_command
from audiotag.cli.options import (
    BatchSize,
    Config,
    Db,
    EngineName,
    Jobs,
    Model,
    Quiet,
    Timeout,
    Verbose,
    Wait,
    command,
    must_exist,
    to_bytes,
)
from audiotag.cli.output import Messages, plural
from audiotag.config.settings import choices_of, with_default
from audiotag.errors import EXIT_SOME_FAILED, UsageError

if TYPE_CHECKING:
    from audiotag.library.store import Store
    from audiotag.pipeline.summary import ScanSummary


@command
def scan(
    context: typer.Context,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH...", help="Folders or files to listen to. [default: the config file's paths]"
        ),
    ] = None,
    windows: Annotated[
        str | None,
        typer.Option(
            metavar="all|N",
            help=with_default("windows", "Windows heard of a track, evenly spread."),
        ),
    ] = None,
    jobs: Jobs = None,
    batch_size: BatchSize = None,
    engine: EngineName = None,
    model: Model = None,
    rescan: Annotated[bool, typer.Option("--rescan", help="Listen to unchanged files again.")] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Try files again that failed and have not changed.")
    ] = False,
    prune: Annotated[
        bool,
        typer.Option("--prune", help="Forget files that are gone, unless all of their folder or disk is."),
    ] = False,
    forget: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FOLDER",
            help="Forget files that are gone there, be it all of them; repeatable. Without PATH, no more.",
        ),
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Pass over matching names or paths; repeatable.")
    ] = None,
    include: Annotated[
        list[str] | None,
        typer.Option(
            metavar=choices_of("include"),
            autocompletion=one_of(choices_of("include")),
            help="Listen to these as well; else they are passed over. Repeatable.",
        ),
    ] = None,
    timeout: Timeout = None,
    dask: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS", help="Let the workers of this Dask scheduler do it, e.g. tcp://host:8786."
        ),
    ] = None,
    wait: Wait = None,
    db: Db = None,
    config: Config = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Listen: predict the genre of every new or changed file and keep it in the library.

    The files are only read. Run it again at any time: unchanged files are passed over,
    and an interrupted scan goes on where it was. Videos and audiobooks get no genre
    unless they are asked for; -v names them, and counts hidden names.

    Exit codes: 0 done, 1 fatal, 2 wrong usage, 3 some files failed (each is named),
    4 another run holds the library, 130 interrupted (what was done is kept).
    """
    from audiotag.cli.interrupt import interruptible
    from audiotag.cli.progress import ScanProgress
    from audiotag.config.sources import load_settings
    from audiotag.library.store import Store
    from audiotag.model.learnt_file import open_model
    from audiotag.pipeline.scan import ScanOptions
    from audiotag.pipeline.scan import scan as run_scan

    given = {
        "db": db, "windows": windows, "jobs": jobs, "batch_size": batch_size, "engine": engine,
        "model": model, "exclude": tuple(exclude) if exclude else None, "timeout": timeout,
        "include": tuple(include) if include else None, "dask": dask, "wait": wait,
    }  # fmt: skip
    settings = load_settings(given, config)
    voice = Messages(quiet, verbose)
    roots = paths or [Path(path) for path in settings.paths]
    if forget and not paths:
        roots = []  # that is all there is to do
    elif not roots:
        raise UsageError("no PATH to scan, and no paths in the config file; try: audiotag scan ~/Music")
    for path in roots:
        must_exist(path)
    if settings.dask is not None and settings.engine == "tensorflow":
        raise UsageError("with --dask the workers predict by ONNX Runtime; leave out --engine tensorflow")
    opened = open_model(settings.model)
    if opened.note:
        voice.wrong(opened.note)
    options = ScanOptions(
        windows=None if settings.windows == "all" else int(settings.windows),
        jobs=settings.jobs,
        batch_size=settings.batch_size,
        engine=settings.engine,
        timeout=settings.timeout,
        exclude=settings.exclude,
        include=settings.include,
        rescan=rescan,
        retry_failed=retry_failed,
        prune=prune,
        dask=settings.dask,
        learnt=opened.learnt,
    )
    with ScanProgress(voice) as progress, interruptible(progress.so_far):
        with Store(settings.db, write=True, wait=settings.wait) as store:
            _forget(store, forget or [], voice)
            if not roots:
                return
            summary = run_scan([to_bytes(path) for path in roots], store, opened.card, options, progress)
        elapsed = progress.elapsed
    _tell(voice, summary, elapsed)
    _tell_gone(voice, summary, context)
    if summary.failures:
        raise typer.Exit(EXIT_SOME_FAILED)


def _forget(store: Store, folders: list[Path], voice: Messages) -> None:
    from audiotag.pipeline.forget import forget_below
    from audiotag.text import printable

    for folder in folders:
        forgotten, kept = forget_below(store, [to_bytes(folder)])
        there = f", {kept:,} kept that are there" if kept else ""
        voice.say(f"{printable(folder)}: {plural(forgotten, 'file')} forgotten{there}.")


def _tell_gone(voice: Messages, summary: ScanSummary, context: typer.Context) -> None:
    from audiotag.text import printable

    parts = [f"{summary.forgotten:,} forgotten"] if summary.forgotten else []
    if marked := summary.missing - summary.forgotten - summary.spared:
        parts.append(f"{marked:,} marked missing (--prune forgets them)")
    if summary.spared:
        parts.append(f"{summary.spared:,} spared: marked missing, not forgotten")
    if summary.missing:
        voice.say(f"{plural(summary.missing, 'file')} no longer there: {', '.join(parts)}.")
    for name, count, looks in summary.absent:
        voice.wrong(
            f"spared: {plural(count, 'file')} of {printable(name)}: {looks}. "
            f"If it is gone for good: {same_command(context, '--forget', name)}"
        )
    if rest := summary.spared - sum(count for _, count, _ in summary.absent):
        voice.wrong(f"spared: {plural(rest, 'file')} of more such folders.")


def _tell(voice: Messages, summary: ScanSummary, elapsed: float) -> None:
    from audiotag.text import printable

    for path, reason in summary.failures:
        voice.wrong(f"failed: {printable(path)}: {reason}")
    if len(summary.failures) > 1:
        kinds = (f"{kind} {count:,}" for kind, count in summary.failures.kinds.most_common())
        voice.say(f"{plural(len(summary.failures), 'file')} failed: {', '.join(kinds)}.")
    known = summary.unchanged + summary.failed_before + summary.waiting
    if not (summary.done or known):
        voice.say("No music found." if summary.passed_over else "No audio files found.")
    elif not (summary.done or summary.waiting):
        voice.say(f"Nothing has changed: {plural(summary.unchanged, 'track')} known, none decoded.")
    else:
        voice.say(_what_was_done(summary, elapsed))
    voice.detail(
        f"decoded {summary.decoded:,}, recognised {summary.recognised:,}, "
        f"unchanged {summary.unchanged + summary.failed_before:,}, failed {len(summary.failures):,}"
    )
    if summary.hidden:
        kinds = (f"{what} {count:,}" for what, count in summary.hidden.most_common())
        voice.detail(f"passed over {plural(sum(summary.hidden.values()), 'name')}: {', '.join(kinds)}")
    if summary.passed_over:
        voice.say(_what_was_passed_over(summary))
    if summary.failed_before:
        voice.say(
            f"{plural(summary.failed_before, 'file')} failed before and did not change; "
            "--retry-failed tries again."
        )
    if summary.waiting:
        voice.say(f"{plural(summary.waiting, 'file')} changed or went meanwhile: left to the next scan.")


def _what_was_passed_over(summary: ScanSummary) -> str:
    kinds = sorted(summary.passed_over)
    counts = " and ".join(plural(summary.passed_over[kind], kind.removesuffix("s")) for kind in kinds)
    options = " ".join(f"--include {kind}" for kind in kinds)
    return f"{counts} passed over, being no music; {options} listens to {_them(summary)}."


def _them(summary: ScanSummary) -> str:
    return "it" if sum(summary.passed_over.values()) == 1 else "them"


def _what_was_done(summary: ScanSummary, elapsed: float) -> str:
    parts = [f"{plural(summary.predicted, 'track')} predicted"]
    if summary.uncertain:
        parts.append(f"{summary.uncertain:,} of them uncertain")
    if summary.recognised:
        moved = f" ({summary.moved:,} moved)" if summary.moved else ""
        parts.append(f"{summary.recognised:,} recognised by their sound{moved}")
    if summary.too_short:
        parts.append(f"{summary.too_short:,} too short")
    if summary.failures:
        parts.append(f"{len(summary.failures):,} failed")
    parts.append(f"{summary.unchanged:,} unchanged")
    speed = summary.seconds / max(elapsed, 1e-3)
    audio = f"{summary.seconds / 60:,.1f} min of audio in {elapsed:,.1f} s ({speed:,.0f}× real time)"
    return f"{', '.join(parts)}. {audio}."
