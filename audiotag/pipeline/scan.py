"""The scan, from top to bottom:

walk → what is new → known by its sound? → decode workers → batches → engine → store
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from audiotag.library.changes import Changes, Counts, State, Wanted
from audiotag.library.faults import sqlite_faults
from audiotag.library.passed import forget_others, passed_before
from audiotag.library.records import StoredModel, Track
from audiotag.library.store import Store
from audiotag.library.walk import FoundFile, find_audio, topmost
from audiotag.model.card import ModelCard
from audiotag.model.learnt import LearntModel
from audiotag.pipeline.forget import settle_gone
from audiotag.pipeline.not_music import KINDS
from audiotag.pipeline.summary import ScanSummary
from audiotag.tags.formats.suffixes import SUFFIXES

if TYPE_CHECKING:
    # What reads, hears and predicts takes longer to import than all else: not where nothing has changed.
    from audiotag.pipeline.extract import ExtractJob
    from audiotag.pipeline.predict import Predicted, PredictOptions
    from audiotag.pipeline.run import Run


@dataclass(frozen=True)
class ScanOptions:
    """windows: how many of a track's windows are predicted at most, None: all. jobs: decode
    processes, 0: one a core. batch_size: see PredictOptions. timeout: seconds a file. rescan:
    unchanged files too; retry_failed: those that failed. prune: forget files that are gone. dask: the address
    of a Dask scheduler whose workers do the files. include: what is done though it is no music, of
    not_music.KINDS. learnt: a model whose answers the summary counts; what is stored is the network's.
    settle: files that changed less than so many seconds ago are left to the next scan."""

    windows: int | None = None
    jobs: int = 0
    batch_size: int = 0
    engine: str = "auto"
    timeout: float = 600.0
    exclude: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    rescan: bool = False
    retry_failed: bool = False
    prune: bool = False
    dask: str | None = None
    learnt: LearntModel | None = None
    settle: float = 0.0

    @property
    def windows_asked(self) -> str:
        return "all" if self.windows is None else str(self.windows)

    @property
    def pass_over(self) -> tuple[str, ...]:
        return tuple(kind for kind in KINDS if kind not in self.include)


class Progress(Protocol):
    """Is told how a scan goes on."""

    def plan(self, files: int, size: int, summary: ScanSummary) -> None:
        """So many files of so many bytes will be looked into; `summary` grows as they are."""

    def advance(self, found: FoundFile, track: Track | None) -> None:
        """A file is done and stored, or failed; or, without a track, is left to the next scan."""

    def passed_over(self, path: bytes, kind: str, found: FoundFile | None) -> None:
        """A file is no music but one of not_music.KINDS; `found` if this scan looked into it."""


def scan(
    roots: Sequence[bytes], store: Store, card: ModelCard, options: ScanOptions, progress: Progress
) -> ScanSummary:
    """Predict every new or changed audio file under `roots` and store what the model says.

    A file whose sound is in the library already, under this or another name, is not decoded.
    Each result is in the library before the next is awaited. Raises EngineError, ModelError,
    ClusterError or StoreError when the run cannot go on; a fault of one file only counts as a
    failure in the summary.
    """
    summary = ScanSummary()
    # Known tracks too are judged by the card's present thresholds.
    model = StoredModel(card.identity, card.genres, card.thresholds, card.styles)
    wanted = Wanted(
        store.remember(model), options.windows_asked, options.rescan, options.retry_failed, options.pass_over
    )
    changes = Changes(store)
    changes.fill(
        find_audio(
            topmost(roots),
            SUFFIXES,
            options.exclude,
            lambda path, reason: summary.failures.add(path, reason, "unreadable"),
            lambda what: summary.hidden.update((what,)),
        )
    )
    counts = changes.compare(wanted)
    summary.unchanged = counts.unchanged + counts.without_fingerprint
    summary.failed_before = counts.failed_before
    forget_others(store, [os.path.abspath(root) for root in roots])
    progress.plan(counts.to_extract, counts.size, summary)
    for path, kind in passed_before(store):
        summary.passed_over[kind] += 1
        progress.passed_over(path, kind, None)
    if counts.to_read:
        summary.notes.append(
            f"{counts.to_read:,} known files: their tags are read once more, for the year; none is decoded"
        )
    if counts.to_extract or counts.without_fingerprint:
        from audiotag.pipeline.run import Run

        run = Run(store, changes, card, model, wanted, summary, progress, options.learnt, options.settle)
        _hear(run, counts, options)
    gone = settle_gone(store, changes, [os.path.abspath(root) for root in roots], options.prune)
    summary.missing, summary.forgotten, summary.spared = gone.files, gone.forgotten, gone.spared
    for absence, count in gone.absences.items():
        summary.absent.append((os.fsdecode(absence.folder), count, absence.looks))
    return summary


def _hear(run: Run, counts: Counts, options: ScanOptions) -> None:
    from audiotag.pipeline.exchanged import follow_exchanged

    if counts.to_extract:
        run.summary.moved += follow_exchanged(run.changes, run.files)
    if counts.without_fingerprint:
        run.add_fingerprints()
    if counts.to_extract:
        with _spool_folder(run.store) as spool:
            _predict_all(run, options, counts.to_extract, spool)


def _predict_all(run: Run, options: ScanOptions, files: int, spool: str) -> None:
    from audiotag.audio.child import DecodeLimits
    from audiotag.audio.loky import worker_count
    from audiotag.pipeline.predict import PredictOptions

    wanted = PredictOptions(
        options.windows,
        worker_count(options.jobs, files),
        options.batch_size,
        options.engine,
        DecodeLimits(options.timeout),
        spool,
        run.summary.notes.append,
        options.pass_over,
    )
    # Those that were set aside come last, when the library knows their duplicates, or that these failed.
    rounds: tuple[tuple[State, ...], ...] = (("new", "again", "no-year"), ("duplicate",))
    for states in rounds:
        with closing(_predictor(options.dask)(run.jobs(*states), run.card, wanted)) as outcomes:
            for outcome in outcomes:
                run.keep(outcome)


Predictors = Callable[
    ["Iterable[ExtractJob]", ModelCard, "PredictOptions"], "Generator[Predicted, None, None]"
]


def _predictor(dask: str | None) -> Predictors:
    if dask is None:
        from audiotag.pipeline.predict import predict

        return predict
    from audiotag.pipeline.dask import predictor_on

    return predictor_on(dask)


@contextmanager
def _spool_folder(store: Store) -> Iterator[str]:
    """A folder beside the library for long tracks' windows; what a killed scan left in it goes."""
    folder = f"{store.path}.spool"
    # The library's lock is held, so that no other run can be using it.
    shutil.rmtree(folder, ignore_errors=True)
    with sqlite_faults(store.path):  # it cannot be made where the library has no room
        os.makedirs(folder, exist_ok=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
