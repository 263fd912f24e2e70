"""audiotag prepare"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from audiotag.cli.options import Config, Db, Jobs, Quiet, Timeout, Verbose, command, must_exist
from audiotag.cli.output import Messages, plural, tell
from audiotag.cli.targets import check_targets
from audiotag.errors import EXIT_INTERRUPTED, EXIT_SOME_FAILED, UsageError

if TYPE_CHECKING:
    from audiotag.training.archives.archive import MelArchive
    from audiotag.training.archives.dataset import Dataset
    from audiotag.training.archives.prepare import PrepareSummary


@command
def prepare(
    datasets: Annotated[
        list[Path],
        typer.Argument(
            metavar="DATASET...", help="FMA's folder with tracks.csv, or a folder with one folder a genre."
        ),
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="The archive to write (.npz).")
    ],
    jobs: Jobs = None,
    clips: Annotated[
        int, typer.Option(metavar="N", min=1, help="Clips taken of a track at most, evenly spread.")
    ] = 1,
    clip_seconds: Annotated[float, typer.Option(metavar="SECONDS", help="How long a clip is.")] = 30.0,
    val_share: Annotated[
        float, typer.Option(metavar="P", help="Share of tracks for `val`, where there is no official split.")
    ] = 0.1,
    test_share: Annotated[
        float, typer.Option(metavar="P", help="Share of tracks for `test`, where there is no official split.")
    ] = 0.1,
    split_seed: Annotated[int, typer.Option(metavar="N", help="Draws another split.")] = 1,
    model: Annotated[
        str | None,
        typer.Option(metavar="NAME|FILE", help="Whose front-end to use. [default: the shipped one's]"),
    ] = None,
    timeout: Timeout = None,
    db: Db = None,
    config: Config = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Make a mel archive of labelled audio, to train on or to measure a model with.

    The audio is heard as `scan` hears it. FMA's official split is kept; elsewhere no artist
    is on two sides of the split. Of several data sets each is a collection of the archive, by its name.
    """
    from audiotag.audio.frontend import FMA_ARCHIVE
    from audiotag.cli.progress import PrepareProgress
    from audiotag.config.sources import load_settings
    from audiotag.model.card import load_card
    from audiotag.training.archives.archive import require_writable, save_archive
    from audiotag.training.archives.dataset import find_dataset
    from audiotag.training.archives.join import join_archives
    from audiotag.training.archives.prepare import PrepareOptions, PrepareSummary
    from audiotag.training.archives.prepare import prepare as run_prepare
    from audiotag.training.archives.split import Shares

    settings = load_settings({"db": db, "jobs": jobs, "timeout": timeout}, config)
    options = PrepareOptions(
        frontend=FMA_ARCHIVE if model is None else load_card(model).frontend,
        clips=clips,
        clip_seconds=clip_seconds,
        jobs=settings.jobs,
        timeout=settings.timeout,
        shares=Shares(val_share, test_share, split_seed),
    )
    for dataset in datasets:
        must_exist(dataset)
    check_targets(output)
    require_writable(output)
    voice = Messages(quiet, verbose)
    found = {dataset.absolute().name: find_dataset(dataset) for dataset in datasets}
    if len(found) < len(datasets):
        raise UsageError("two of the data sets have the same name: rename a folder")
    archives, total, elapsed = {}, PrepareSummary(), 0.0
    try:
        for name, dataset_found in found.items():
            with PrepareProgress(voice) as progress:
                archives[name], summary = run_prepare(dataset_found, options, progress)
                elapsed += progress.elapsed
            _tell_faults(voice, dataset_found, summary)
            total.add(summary)
    except KeyboardInterrupt:
        tell(f"audiotag: interrupted; {output} has not been written")
        raise typer.Exit(EXIT_INTERRUPTED) from None
    archive = join_archives(archives) if len(archives) > 1 else next(iter(archives.values()))
    save_archive(archive, output)
    _tell_result(voice, output, archive, total, elapsed)
    if total.failures or any(one.absent for one in found.values()):
        raise typer.Exit(EXIT_SOME_FAILED)


def _tell_faults(voice: Messages, dataset: Dataset, summary: PrepareSummary) -> None:
    from audiotag.text import printable

    for path, reason in summary.failures:
        voice.wrong(f"failed: {printable(path)}: {reason}")
    if dataset.absent:
        first = dataset.absent[0]
        voice.wrong(f"{plural(len(dataset.absent), 'file')} of tracks.csv not there, {first} the first")
    if dataset.unlabelled:
        voice.say(f"{plural(dataset.unlabelled, 'file')} passed over: tracks.csv gives no genre.")
    for path, reason in summary.too_short:
        voice.say(f"too short: {printable(path)}: {reason}")


def _tell_result(
    voice: Messages, output: Path, archive: MelArchive, summary: PrepareSummary, elapsed: float
) -> None:
    from audiotag.text import printable
    from audiotag.training.archives.prepare import gaps
    from audiotag.training.archives.split import SPLITS

    for split, genres in gaps(archive):
        voice.say(f"{split} has no {', '.join(genres)}: too few artists to share out.")
    genres_held = plural(len(archive.genres), "genre")
    parts = [f"{split} {(archive.split == split).sum():,}" for split in SPLITS]
    tracks = f"{plural(len(archive), 'clip')} of {plural(summary.tracks, 'track')}"
    unused = [(len(summary.too_short), "too short"), (len(summary.failures), "failed")]
    rest = "".join(f", {count:,} {what}" for count, what in unused if count)
    speed = summary.seconds / max(elapsed, 1e-3)
    voice.say(
        f"{printable(output)}: {tracks} in {genres_held} ({', '.join(parts)}){rest}. "
        f"{summary.seconds / 60:,.1f} min of audio in {elapsed:,.1f} s ({speed:,.0f}× real time)."
    )
