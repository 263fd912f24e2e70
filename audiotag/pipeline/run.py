"""What a scan does with files that are new, changed or in question: identify each, keep what comes of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from audiotag.library.changes import Changes, State, Wanted
from audiotag.library.duplicates import adopt, has_duplicate
from audiotag.library.passed import pass_over
from audiotag.library.records import Status, StoredModel, Track
from audiotag.library.store import Store
from audiotag.library.walk import FoundFile
from audiotag.model.card import ModelCard
from audiotag.model.learnt import LearntModel
from audiotag.pipeline.extract import ExtractJob
from audiotag.pipeline.identify import identify, is_steady, is_young
from audiotag.pipeline.predict import Predicted
from audiotag.pipeline.summary import ScanSummary
from audiotag.tags.written_files import WrittenFiles

if TYPE_CHECKING:
    from audiotag.pipeline.scan import Progress


@dataclass
class Run:
    """The files of one scan, one after another. in_hand: fingerprints of those on their way."""

    store: Store
    changes: Changes
    card: ModelCard
    model: StoredModel
    wanted: Wanted
    summary: ScanSummary
    progress: Progress
    learnt: LearntModel | None = None
    settle: float = 0.0
    in_hand: set[bytes] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.files = WrittenFiles(self.store)

    def jobs(self, *states: State) -> Iterator[ExtractJob]:
        """What has to be extracted, or only read of, among the files in these states."""
        for identified in identify(self.changes.todo(*states)):
            todo, fingerprint = identified.todo, identified.fingerprint
            if not identified.steady or (self.settle and is_young(todo.found.path, self.settle)):
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
            probabilities=self.card.calibrated(prediction.probabilities, prediction.windows),
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


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
