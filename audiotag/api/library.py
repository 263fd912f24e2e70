"""The library: what has been heard, kept in a file."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType

from audiotag.api.answers import Answer, AnyPath, ScanResult, answer_of, as_bytes, as_path, must_be_windows
from audiotag.config.sources import default_library_path
from audiotag.discovery.seeds import find_seeds
from audiotag.discovery.similar import Wish, similar
from audiotag.errors import AudiotagError
from audiotag.library.embeddings import latest_space
from audiotag.library.records import Track
from audiotag.library.store import Store
from audiotag.library.walk import FoundFile
from audiotag.model.learnt_file import open_model
from audiotag.model.seen import SeenStore
from audiotag.pipeline.scan import ScanOptions, scan
from audiotag.pipeline.summary import ScanSummary
from audiotag.text import printable


class Library:
    """An open library; use it as a context manager.

    path: its file; None: where the platform expects it, which is where the command keeps it. write: to scan,
    tag or undo; one program at a time may, others read meanwhile. wait: seconds to wait for one that does.
    model: a network, or a model of the owner's own that `audiotag learn` made. Raises StoreError where it
    cannot be opened, LibraryLockedError where another program writes. It is for the thread that opened it.
    """

    def __init__(
        self, path: AnyPath | None = None, write: bool = False, wait: float = 0.0, model: str = "resnet50"
    ) -> None:
        self.path = default_library_path() if path is None else Path(os.fsdecode(path))
        self._may_write = write
        opened = open_model(model)
        self._card = opened.card
        self._learnt = opened.learnt
        self.store: Store = SeenStore(self.path, write, wait, create=write, learnt=opened.learnt)

    def __enter__(self) -> Library:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def must_be_writable(self) -> None:
        """Raises AudiotagError unless it was opened with `write`."""
        if not self._may_write:
            raise AudiotagError(f"{printable(self.path)}: is open for reading; open it with write=True")

    def close(self) -> None:
        """Let go of it; with `write`, others may then write."""
        self.store.close()

    def scan(
        self,
        *paths: AnyPath,
        windows: int | None = None,
        jobs: int = 0,
        rescan: bool = False,
        engine: str = "auto",
    ) -> ScanResult:
        """Listen to every new or changed file at or below `paths`, and keep what the model says.

        windows: how many of a track's at most, None: all. jobs: decode processes, 0: one a core. rescan:
        unchanged files too. Each result is kept as it comes: what ends this loses some seconds of work.
        Raises AudiotagError where it cannot go on; a fault of one file is in the result.
        """
        self.must_be_writable()
        must_be_windows(windows)
        options = ScanOptions(windows=windows, jobs=jobs, rescan=rescan, engine=engine, learnt=self._learnt)
        summary = scan([as_bytes(path) for path in paths], self.store, self._card, options, _Silent())
        return ScanResult(
            summary.predicted, summary.recognised, summary.unchanged, summary.waiting, summary.too_short,
            summary.missing, {as_path(path): reason for path, reason in summary.failures},
        )  # fmt: skip

    def tracks(self, *paths: AnyPath) -> Iterator[Answer]:
        """What is known of every file at or below `paths`, or of all, in order of path; streamed."""
        return map(answer_of, self.store.tracks([as_bytes(path) for path in paths]))

    def track(self, path: AnyPath) -> Answer | None:
        """What is known of one file; None where nothing is."""
        found = self.store.track(as_bytes(path))
        return None if found is None else answer_of(found)

    def similar(self, *paths: AnyPath, count: int = 10) -> list[tuple[Answer, float]]:
        """The nearest tracks to those at or below `paths`, nearest first, with the cosine of their
        embeddings.

        Raises AudiotagError where one of the paths is not in the library, or has no embedding.
        """
        space = latest_space(self.store)
        if space is None:
            raise AudiotagError(f"{printable(self.path)}: no track has been heard yet; scan first")
        seeds = find_seeds(self.store, space, [as_bytes(path) for path in paths], _unknown)
        found = similar(self.store, space, seeds, Wish(count))
        return [(answer_of(one.track), one.similarity or 0.0) for one in found]


class _Silent:
    """Takes the place of a progress bar; see pipeline.scan.Progress."""

    def plan(self, files: int, size: int, summary: ScanSummary) -> None:
        pass

    def advance(self, found: FoundFile, track: Track | None) -> None:
        pass

    def passed_over(self, path: bytes, kind: str, found: FoundFile | None) -> None:
        pass


def _unknown(paths: Sequence[bytes]) -> list[Track]:
    raise AudiotagError(f"{printable(paths[0])}: is not in the library; scan it first")
