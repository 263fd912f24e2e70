"""Files that the library does not know, heard as a scan hears them; the library stays as it is."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timezone

from audiotag.audio.loky import worker_count
from audiotag.errors import AudiotagError, in_words
from audiotag.library.changes import Todo
from audiotag.library.embeddings import Space
from audiotag.library.records import Track
from audiotag.library.store import Store
from audiotag.library.walk import FoundFile
from audiotag.model.card import ModelCard
from audiotag.pipeline.extract import ExtractJob
from audiotag.pipeline.identify import identify
from audiotag.pipeline.predict import Predicted, PredictOptions, predict
from audiotag.text import printable


@dataclass(frozen=True)
class Ears:
    """Hears files for a library, with the model that the library was heard with.

    A file whose sound is in the library, under whatever name, is not decoded: it has that one's prediction.
    """

    store: Store
    space: Space
    card: ModelCard
    options: PredictOptions

    def hear(self, paths: Sequence[bytes]) -> list[Track]:
        """The tracks of absolute paths, in their order, each with an embedding of the library's space.

        Raises AudiotagError for the first file that cannot be heard, and where the library was heard by
        another model than the card's; EngineError or ModelError when the model cannot run.
        """
        if self.card.identity != self.space.model.identity:
            raise AudiotagError(
                f"{printable(paths[0])}: is not in the library, which was heard by another model "
                f"({self.space.model.identity}, not {self.card.identity}); run 'audiotag scan' first"
            )
        heard: dict[bytes, Track] = {}
        with tempfile.TemporaryDirectory(prefix="audiotag-") as spool:
            jobs = worker_count(self.options.jobs, len(paths))
            options = replace(self.options, jobs=jobs, spool=spool)
            with closing(predict(self._jobs(paths), self.card, options)) as outcomes:
                for outcome in outcomes:
                    heard[outcome.job.found.path] = self._track(outcome)
        return [heard[path] for path in paths]

    def _jobs(self, paths: Sequence[bytes]) -> Iterator[ExtractJob]:
        todos = (Todo(number, _found(path), "new") for number, path in enumerate(paths))
        for one in identify(todos):
            known = one.fingerprint is not None and self._same_sound(one.fingerprint) is not None
            yield ExtractJob(one.todo.found, one.fingerprint, known)

    def _same_sound(self, fingerprint: bytes) -> Track | None:
        found = self.store.execute(
            "SELECT path FROM tracks WHERE fingerprint = ? AND model = ? AND embedding IS NOT NULL "
            "ORDER BY path LIMIT 1",
            (fingerprint, self.space.number),
        )
        return self.store.track(found[0][0]) if found else None

    def _track(self, outcome: Predicted) -> Track:
        found, fingerprint = outcome.job.found, outcome.job.fingerprint
        if outcome.fault is not None:
            raise AudiotagError(f"{printable(found.path)}: cannot be heard: {outcome.fault[1]}")
        if outcome.prediction is None:
            known = None if fingerprint is None else self._same_sound(fingerprint)
            if known is None:
                raise AudiotagError(f"{printable(found.path)}: changed meanwhile; try again")
            return replace(
                known, path=found.path, size=found.size, mtime_ns=found.mtime_ns,
                info=outcome.info, missing=False,
            )  # fmt: skip
        prediction = outcome.prediction
        asked = "all" if self.options.windows is None else str(self.options.windows)
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        return Track(
            found.path, found.size, found.mtime_ns, "ok", outcome.info, outcome.seconds,
            prediction.windows, asked, now,
            model=self.space.model,
            probabilities=self.card.calibrated(prediction.probabilities, prediction.windows),
            embedding=prediction.embedding,
            fingerprint=fingerprint,
            styles=prediction.styles if self.space.model.styles else None,
        )  # fmt: skip


def _found(path: bytes) -> FoundFile:
    """Raises AudiotagError where it cannot be looked at."""
    try:
        info = os.stat(path)
    except OSError as fault:
        raise AudiotagError(f"{printable(path)}: cannot be read ({in_words(fault)})") from fault
    return FoundFile(path, info.st_size, info.st_mtime_ns)
