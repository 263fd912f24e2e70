"""The scan, from top to bottom:

walk → what is new → decode workers → batches → engine → store
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Protocol

from audiotag.audio.child import DecodeLimits
from audiotag.audio.workers import WorkerDied, run_workers
from audiotag.hear import Heard, HearTask
from audiotag.library.records import Status, StoredModel, Track, TrackInfo
from audiotag.library.store import Store
from audiotag.library.walk import FoundFile, find_audio, topmost
from audiotag.model.average import TrackAverager, TrackPrediction
from audiotag.model.card import ModelCard
from audiotag.model.engines import open_engine


@dataclass(frozen=True)
class ScanOptions:
    """windows: how many of a track's windows are heard at most, None: all. jobs: decode
    processes, 0: one a core. timeout: seconds a file. rescan: hear unchanged files too;
    retry_failed: those that failed. prune: forget files that are gone."""

    windows: int | None = None
    jobs: int = 0
    batch_size: int = 16
    engine: str = "auto"
    timeout: float = 600.0
    exclude: tuple[str, ...] = ()
    rescan: bool = False
    retry_failed: bool = False
    prune: bool = False

    @property
    def windows_asked(self) -> str:
        return "all" if self.windows is None else str(self.windows)


@dataclass
class ScanSummary:
    """What a scan did. failures: (path, reason) of this run's failed files and folders.

    failed_before: unchanged files that failed in an earlier scan and were left alone.
    seconds: of sound that was decoded.
    """

    predicted: int = 0
    uncertain: int = 0
    too_short: int = 0
    unchanged: int = 0
    failed_before: int = 0
    missing: int = 0
    seconds: float = 0.0
    failures: list[tuple[bytes, str]] = field(default_factory=list)

    @property
    def heard(self) -> int:
        return self.predicted + self.too_short


class Progress(Protocol):
    """Hears how a scan goes on."""

    def plan(self, files: int, size: int) -> None:
        """So many files of so many bytes will be heard."""

    def advance(self, track: Track) -> None:
        """A file is done and stored, or failed."""


def scan(
    roots: Sequence[bytes], store: Store, card: ModelCard, options: ScanOptions, progress: Progress
) -> ScanSummary:
    """Hear every new or changed audio file under `roots` and store what the model says.

    Each result is in the library before the next is awaited. Raises EngineError,
    ModelError or StoreError when the run cannot go on; a fault of one file only
    counts as a failure in the summary.
    """
    summary = ScanSummary()
    # Known tracks too are judged by the card's present threshold.
    store.remember(StoredModel(card.identity, card.genres, card.threshold))
    run = _Run(store, card, options, progress, summary)
    files, size = run.count(roots)
    progress.plan(files, size)
    if files:
        run.hear_all(run.wanted(roots, summary))
    else:
        for _ in run.wanted(roots, summary):
            pass
    _mark_missing([os.path.abspath(root) for root in roots], store, options.prune, summary)
    return summary


@dataclass
class _Run:
    store: Store
    card: ModelCard
    options: ScanOptions
    progress: Progress
    summary: ScanSummary

    def count(self, roots: Sequence[bytes]) -> tuple[int, int]:
        """(files, bytes) to be heard: a walk of its own, so that no list has to be kept."""
        files = size = 0
        for found in self.wanted(roots, ScanSummary()):
            files += 1
            size += found.size
        return files, size

    def wanted(self, roots: Sequence[bytes], summary: ScanSummary) -> Iterator[FoundFile]:
        """The files to hear; the others, and what cannot be looked at, are counted in `summary`."""

        def problem(path: bytes, reason: str) -> None:
            summary.failures.append((path, reason))

        for found in find_audio(topmost(roots), self.options.exclude, problem):
            known = self.store.seen(found.path)
            same = known is not None and (known.size, known.mtime_ns) == (found.size, found.mtime_ns)
            if known is not None and known.missing:
                self.store.set_missing(found.path, False)
            if known is None or not same or self.options.rescan:
                yield found
            elif known.status == "failed":
                if self.options.retry_failed:
                    yield found
                else:
                    summary.failed_before += 1
            elif known.status == "ok" and (known.model, known.windows_asked) != (
                self.card.identity,
                self.options.windows_asked,
            ):
                yield found
            else:
                summary.unchanged += 1

    def hear_all(self, wanted: Iterator[FoundFile]) -> None:
        engine = open_engine(self.card, self.options.engine, self.options.batch_size)
        averager: TrackAverager[_Key] = TrackAverager(engine, self.options.batch_size)
        task = HearTask(self.card.frontend, DecodeLimits(self.options.timeout), self.options.windows)
        jobs = self.options.jobs or os.cpu_count() or 1
        for heard in run_workers(task, wanted, jobs):
            if isinstance(heard, WorkerDied):
                self.fail(heard.item, TrackInfo(), "crash", "killed its worker process (out of memory?)")
            elif heard.windows is None:
                kind, reason = heard.fault or ("failed", "unknown")
                self.fail(heard.found, heard.info, kind, reason)
            else:
                for key, prediction in averager.add(_Key(heard), heard.windows):
                    self.keep(key.heard, prediction)
        for key, prediction in averager.flush():
            self.keep(key.heard, prediction)

    def keep(self, heard: Heard, prediction: TrackPrediction) -> None:
        found = heard.found
        model = StoredModel(self.card.identity, self.card.genres, self.card.threshold)
        track = Track(
            found.path, found.size, found.mtime_ns, "ok", heard.info, heard.seconds,
            prediction.windows, self.options.windows_asked, _now(),
            model=model, probabilities=prediction.probabilities, embedding=prediction.embedding,
        )  # fmt: skip
        self.store.put(track)
        self.summary.predicted += 1
        self.summary.uncertain += not track.certain
        self.summary.seconds += heard.seconds
        self.progress.advance(track)

    def fail(self, found: FoundFile, info: TrackInfo, kind: str, reason: str) -> None:
        status: Status = "too-short" if kind == "too-short" else "failed"
        track = Track(
            found.path, found.size, found.mtime_ns, status, info, None,
            0, self.options.windows_asked, _now(), error_kind=kind, error=reason,
        )  # fmt: skip
        self.store.put(track)
        if status == "failed":
            self.summary.failures.append((found.path, reason))
        else:
            self.summary.too_short += 1
        self.progress.advance(track)


@dataclass(frozen=True, eq=False)
class _Key:
    """A heard file while its windows wait for the engine; compared by identity."""

    heard: Heard


def _mark_missing(roots: Sequence[bytes], store: Store, prune: bool, summary: ScanSummary) -> None:
    for path in store.paths(roots):
        if _is_gone(path):
            summary.missing += 1
            if prune:
                store.forget(path)
            else:
                store.set_missing(path, True)


def _is_gone(path: bytes) -> bool:
    """Whether there is no such file; one that cannot be looked at may well be there."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
