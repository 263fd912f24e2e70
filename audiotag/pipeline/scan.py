"""The scan, from top to bottom:

walk → what is new → known by its sound? → decode workers → batches → engine → store
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Protocol

from audiotag.audio.child import DecodeLimits
from audiotag.audio.loky import worker_count
from audiotag.library.changes import Changes, State, Wanted
from audiotag.library.duplicates import adopt, has_duplicate
from audiotag.library.faults import sqlite_faults
from audiotag.library.passed import forget_others, pass_over, passed_before
from audiotag.library.records import Status, StoredModel, Track
from audiotag.library.store import Store
from audiotag.library.walk import FoundFile, find_audio, topmost
from audiotag.model.card import ModelCard
from audiotag.model.learnt import LearntModel
from audiotag.pipeline.exchanged import follow_exchanged
from audiotag.pipeline.extract import ExtractJob
from audiotag.pipeline.forget import settle_gone
from audiotag.pipeline.identify import identify, is_steady
from audiotag.pipeline.not_music import KINDS
from audiotag.pipeline.predict import Predicted, PredictOptions, predict
from audiotag.pipeline.summary import ScanSummary
from audiotag.tags.formats.containers import SUFFIXES
from audiotag.tags.written_files import WrittenFiles


@dataclass(frozen=True)
class ScanOptions:
    """windows: how many of a track's windows are predicted at most, None: all. jobs: decode
    processes, 0: one a core. batch_size: see PredictOptions. timeout: seconds a file. rescan:
    unchanged files too; retry_failed: those that failed. prune: forget files that are gone. dask: the address
    of a Dask scheduler whose workers do the files. include: what is done though it is no music, of
    not_music.KINDS. learnt: a model whose answers the summary counts; what is stored is the network's."""

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
    run = _Run(store, changes, card, model, wanted, summary, progress, options.learnt)
    if counts.to_extract:
        summary.moved += follow_exchanged(changes, run.files)
    if counts.without_fingerprint:
        run.add_fingerprints()
    if counts.to_extract:
        with _spool_folder(store) as spool:
            _predict_all(run, replace(options, jobs=worker_count(options.jobs, counts.to_extract)), spool)
    gone = settle_gone(store, changes, [os.path.abspath(root) for root in roots], options.prune)
    summary.missing, summary.forgotten, summary.spared = gone.files, gone.forgotten, gone.spared
    for absence, count in gone.absences.items():
        summary.absent.append((os.fsdecode(absence.folder), count, absence.looks))
    return summary


def _predict_all(run: _Run, options: ScanOptions, spool: str) -> None:
    wanted = PredictOptions(
        options.windows,
        options.jobs,
        options.batch_size,
        options.engine,
        DecodeLimits(options.timeout),
        spool,
        run.summary.notes.append,
        options.pass_over,
    )
    # Those that were set aside come last, when the library knows their duplicates, or that these failed.
    rounds: tuple[tuple[State, ...], ...] = (("new", "again"), ("duplicate",))
    for states in rounds:
        with closing(_predictor(options.dask)(run.jobs(*states), run.card, wanted)) as outcomes:
            for outcome in outcomes:
                run.keep(outcome)


Predictors = Callable[[Iterable[ExtractJob], ModelCard, PredictOptions], Generator[Predicted, None, None]]


def _predictor(dask: str | None) -> Predictors:
    if dask is None:
        return predict
    from audiotag.pipeline.dask import predictor_on

    return predictor_on(dask)


@dataclass
class _Run:
    store: Store
    changes: Changes
    card: ModelCard
    model: StoredModel
    wanted: Wanted
    summary: ScanSummary
    progress: Progress
    learnt: LearntModel | None = None
    in_hand: set[bytes] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.files = WrittenFiles(self.store)

    def jobs(self, *states: State) -> Iterator[ExtractJob]:
        """What has to be extracted, or only read of, among the files in these states."""
        for identified in identify(self.changes.todo(*states)):
            todo, fingerprint = identified.todo, identified.fingerprint
            if not identified.steady:
                self.leave(todo.found)
                continue
            known = (
                fingerprint is not None
                and not self.wanted.rescan
                and has_duplicate(self.store, fingerprint, self.wanted)
            )
            if fingerprint is not None and not known and todo.state != "duplicate" and not self.wanted.rescan:
                if fingerprint in self.in_hand:
                    self.changes.set_aside(todo)
                    continue
                self.in_hand.add(fingerprint)
            yield ExtractJob(todo.found, fingerprint, known)

    def add_fingerprints(self) -> None:
        """Give fingerprints to unchanged files of a library from before there were any."""
        for identified in identify(self.changes.todo("no-fingerprint")):
            if identified.steady and identified.fingerprint is not None:
                self.store.set_fingerprint(identified.todo.found.path, identified.fingerprint)
                self.files.learn(identified.todo.found.path, identified.fingerprint)

    def keep(self, outcome: Predicted) -> None:
        """Store an outcome, unless the file is no longer what it was when it was found."""
        found, fingerprint = outcome.job.found, outcome.job.fingerprint
        if fingerprint is not None:
            self.in_hand.discard(fingerprint)
        if not is_steady(found):
            self.leave(found)
            return
        if outcome.passed_over is not None:
            pass_over(self.store, found, outcome.passed_over)
            self.summary.passed_over[outcome.passed_over] += 1
            self.progress.passed_over(found.path, outcome.passed_over, found)
            return
        if fingerprint is not None:
            self.files.follow(found.path, fingerprint)
        if outcome.prediction is not None:
            self.predicted(outcome)
        elif outcome.fault is not None:
            self.failed(outcome, *outcome.fault)
        else:
            self.recognised(outcome)

    def leave(self, found: FoundFile) -> None:
        self.summary.waiting += 1
        self.progress.advance(found, None)

    def predicted(self, outcome: Predicted) -> None:
        prediction = outcome.prediction
        assert prediction is not None
        track = replace(
            self.row(outcome, "ok"),
            duration=outcome.seconds,
            windows=prediction.windows,
            model=self.model,
            probabilities=self.card.calibrated(prediction.probabilities),
            embedding=prediction.embedding,
            styles=prediction.styles if self.model.styles else None,
        )
        self.store.put(track)
        self.summary.predicted += 1
        judged = track if self.learnt is None else self.learnt.judge(track)
        self.summary.uncertain += not judged.certain
        self.summary.seconds += outcome.seconds
        self.progress.advance(outcome.job.found, track)

    def failed(self, outcome: Predicted, kind: str, reason: str) -> None:
        status: Status = "too-short" if kind == "too-short" else "failed"
        track = replace(self.row(outcome, status), error_kind=kind, error=reason)
        self.store.put(track)
        if status == "failed":
            self.summary.failures.add(track.path, reason, kind)
        else:
            self.summary.too_short += 1
        self.progress.advance(outcome.job.found, track)

    def recognised(self, outcome: Predicted) -> None:
        fingerprint = outcome.job.fingerprint
        assert fingerprint is not None
        adopted = adopt(self.store, outcome.job.found, outcome.info, fingerprint, self.wanted)
        if adopted is None:  # forgotten meanwhile
            self.leave(outcome.job.found)
            return
        track, moved = adopted
        self.summary.recognised += 1
        self.summary.moved += moved
        self.progress.advance(outcome.job.found, track)

    def row(self, outcome: Predicted, status: Status) -> Track:
        found = outcome.job.found
        return Track(
            found.path, found.size, found.mtime_ns, status, outcome.info, None,
            0, self.wanted.windows_asked, _now(), fingerprint=outcome.job.fingerprint,
        )  # fmt: skip


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


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
