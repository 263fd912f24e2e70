"""Labelled audio → a mel archive, through the front-end that predictions are made with.

A clip is what extract.py cuts for a prediction, only longer: consecutive stretches of a track
(30 s, of which FMA's clips are one each), of which those in the middle are kept. The column
c of a clip is its frame floor((c + 0.5) * 1292 / 250), one every 0.12 s, as in FMA's archive,
and a window that training cuts from it has its columns where a window of a track has them:
5.168 frames apart in the clip, 5.172 in the window, under a frame's difference over its 198.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from audiotag.audio.child import DecodeLimits
from audiotag.audio.frontend import FMA_ARCHIVE, FrontEnd
from audiotag.audio.loky import worker_count
from audiotag.audio.workers import WorkerDied, run_workers
from audiotag.errors import ArchiveError, UsageError
from audiotag.library.records import TrackInfo
from audiotag.pipeline.extract import Extracted, ExtractJob, ExtractTask
from audiotag.text import printable
from audiotag.training.archives.archive import MelArchive
from audiotag.training.archives.dataset import Dataset, LabelledFile
from audiotag.training.archives.split import SPLITS, Shares, artist_group, number_groups, split_groups


@dataclass(frozen=True)
class PrepareOptions:
    """frontend: of the model that the archive is for. clips: of a track at most, each of
    clip_seconds. jobs: decode processes, 0: one a core. timeout: seconds a file. shares: of
    the splits, where the data set has none."""

    frontend: FrontEnd = FMA_ARCHIVE
    clips: int = 1
    clip_seconds: float = 30.0
    jobs: int = 0
    timeout: float = 600.0
    shares: Shares = field(default_factory=Shares)

    def __post_init__(self) -> None:
        window = self.frontend.window_seconds
        if self.clips < 1:
            raise UsageError(f"at least 1 clip of a track, not {self.clips}")
        if not window <= self.clip_seconds <= 3600:
            raise UsageError(
                f"a clip has {window:.1f} s (the model's window) to 3600 s, not {self.clip_seconds:g}"
            )


@dataclass
class PrepareSummary:
    """What was done. failures: (path, reason) of each file that gave nothing but should have.

    too_short: the same of those with under 3 s of sound, or none. seconds: of sound decoded.
    """

    tracks: int = 0
    seconds: float = 0.0
    failures: list[tuple[bytes, str]] = field(default_factory=list)
    too_short: list[tuple[bytes, str]] = field(default_factory=list)

    def add(self, other: PrepareSummary) -> None:
        """Count another data set's files as well."""
        self.tracks += other.tracks
        self.seconds += other.seconds
        self.failures += other.failures
        self.too_short += other.too_short


class Progress(Protocol):
    """Is told how it goes on."""

    def plan(self, files: int, size: int) -> None:
        """So many files of so many bytes will be decoded."""

    def advance(self, extracted: Extracted) -> None:
        """A file's clips have been extracted, or it has failed."""


def prepare(
    dataset: Dataset, options: PrepareOptions, progress: Progress
) -> tuple[MelArchive, PrepareSummary]:
    """Extract and label every file's clips; the rows are in the order of the files' paths.

    Takes 25 KB of memory a clip, twice that at the end. Raises ArchiveError when not one file
    could be used; a fault of one file only counts as a failure in the summary.
    """
    summary = PrepareSummary(failures=list(dataset.problems))
    progress.plan(len(dataset.files), sum(file.found.size for file in dataset.files))
    clip = options.frontend.of_length(options.clip_seconds)
    task = ExtractTask(clip, DecodeLimits(options.timeout), options.clips)
    usable: dict[bytes, Extracted] = {}
    jobs = worker_count(options.jobs, len(dataset.files))
    with closing(run_workers(task, (ExtractJob(file.found) for file in dataset.files), jobs)) as results:
        for extracted in results:
            if isinstance(extracted, WorkerDied):
                reason = "killed its worker process (out of memory?)"
                extracted = Extracted(extracted.item, TrackInfo(), fault=("crash", reason))
            if extracted.windows is not None:
                usable[extracted.job.found.path] = extracted
                summary.tracks += 1
                summary.seconds += extracted.seconds
            else:
                kind, reason = extracted.fault or ("failed", "unknown")
                unused = summary.too_short if kind == "too-short" else summary.failures
                unused.append((extracted.job.found.path, reason))
            progress.advance(extracted)
    summary.failures.sort()
    summary.too_short.sort()
    if not usable:
        path, reason = (summary.failures + summary.too_short)[0]
        raise ArchiveError(f"not one file could be used; the first: {printable(path)}: {reason}")
    return _archive([file for file in dataset.files if file.found.path in usable], usable, options), summary


def _archive(
    files: list[LabelledFile], extracted: Mapping[bytes, Extracted], options: PrepareOptions
) -> MelArchive:
    clips = [np.stack(list(extracted[file.found.path].windows or ())) for file in files]
    groups = [artist_group(extracted[file.found.path].info.artist, file.name) for file in files]
    names = [file.name for file in files]
    genres = [file.genre for file in files]
    drawn = split_groups(groups, genres, options.shares)
    splits = [file.split or other for file, other in zip(files, drawn, strict=True)]
    numbers = number_groups(groups, names)
    ids = [
        other if file.track_id is None else file.track_id for file, other in zip(files, numbers, strict=True)
    ]
    counts = [len(rows) for rows in clips]
    if files[0].track_id is None:
        group = np.repeat(np.unique(groups, return_inverse=True)[1].astype(np.int64), counts)
    else:
        group = np.empty(0, np.int64)  # FMA's ids say more: the archive finds the albums
    return MelArchive(
        mel=np.concatenate(clips),
        genre=np.repeat(genres, counts),
        split=np.repeat(splits, counts),
        track_id=np.repeat(np.array(ids, np.int32), counts),
        vggish=None,
        path=np.repeat(names, counts),
        frontend=options.frontend.of_length(options.clip_seconds),
        group=group,
    )


def gaps(archive: MelArchive) -> list[tuple[str, list[str]]]:
    """(split, genres of which it has no clip), for each split that has some genres but not all."""
    held = Counter(zip(archive.split.tolist(), archive.genre.tolist(), strict=True))
    present = [split for split in SPLITS if (archive.split == split).any()]
    lacking = [(split, [genre for genre in archive.genres if not held[split, genre]]) for split in present]
    return [(split, genres) for split, genres in lacking if genres]
