"""Libraries of any size for the tests: trees of tiny files, and scans of them in a process of their own.

    python -m tests.helpers.big_library ROOT DB [--slow SECONDS] [--real] [--rows N]

scans ROOT with the real walk, store, workers and pipeline, but with an engine that costs nothing
and, unless --real, a decoder that makes windows of a file's bytes. Prints what came of it as JSON.
--rows N: ROOT is not walked; N made-up files are found that the library knows already.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from audiotag.library.records import KnownTags, StoredModel, Track, TrackInfo
from audiotag.library.store import Store
from audiotag.library.walk import FoundFile, find_audio
from audiotag.model.card import GenreOutput, ModelCard, ModelFile
from audiotag.model.engines import Outputs
from audiotag.pipeline import predict as predict_module
from audiotag.pipeline import scan as scan_module
from audiotag.pipeline.extract import Extracted, ExtractJob, ExtractTask
from audiotag.pipeline.scan import ScanOptions, scan
from audiotag.pipeline.summary import ScanSummary
from audiotag.pipeline.window_buffer import Windows
from audiotag.tags.formats.containers import SUFFIXES
from audiotag.tags.known import state_of
from tests.helpers.models import SMALL

GENRES = ("Folk", "Pop", "Rock")


def made_card(folder: Path) -> ModelCard:
    """A card of a model that is not there."""
    file = ModelFile("none.onnx", "0" * 64, "float32")
    outputs = tuple(GenreOutput(genre, threshold=0.5) for genre in GENRES)
    return ModelCard(folder, "made-up", "2030", outputs, (), {}, SMALL, {}, {"onnx": file}, {}, {})


class CheapEngine:
    """Probabilities and embeddings out of a window's first bytes; see engines.Engine."""

    name, device = "cheap", "CPU"

    def predict(self, windows: np.ndarray) -> Outputs:
        # In whole numbers, so that a row is the same to the last bit in whatever batch it comes.
        flat = windows.reshape(len(windows), -1).astype(np.int64)
        weights = 1 + flat[:, : len(GENRES)]
        probabilities = weights / weights.sum(axis=1, keepdims=True)
        embedding = (flat[:, :256] / 255).astype(np.float32)
        return Outputs(probabilities.astype(np.float32), embedding, np.zeros((len(flat), 0), np.float32))


@dataclass(frozen=True)
class CheapExtractTask(ExtractTask):
    """Decodes nothing: a window is made of the file's bytes, so the same file gives the same answer."""

    def __call__(self, job: ExtractJob) -> Extracted:
        time.sleep(float(os.environ.get("TEST_SLOW", "0")))
        info = TrackInfo(title=os.path.basename(job.found.path).decode("utf-8", "replace"))
        if job.known:
            return Extracted(job, info)
        try:
            with open(job.found.path, "rb") as file:
                digest = hashlib.sha256(file.read()).digest()
        except OSError as fault:
            return Extracted(job, info, fault=("unreadable", fault.strerror or ""))
        window = np.resize(np.frombuffer(digest, np.uint8), (1, SMALL.bands, SMALL.frames))
        return Extracted(job, info, 180.0, Windows(window, np.zeros(1, np.float32)))


def make_tree(root: Path, files: int, first: int = 0) -> None:
    """So many small files, no two alike, a hundred in a folder."""
    for number in range(first, first + files):
        if number % 100 == 0 or number == first:
            folder = root / f"artist{number // 1_000:04}" / f"album{number // 100:05}"
            folder.mkdir(parents=True, exist_ok=True)
        with open(folder / f"{number:07} song.mp3", "wb") as file:
            file.write(b"song %d " % number * 10)


class NoProgress:
    """A progress that says nothing."""

    def plan(self, files: int, size: int, summary: ScanSummary) -> None:
        pass

    def passed_over(self, path: bytes, kind: str, found: FoundFile | None) -> None:
        pass

    def advance(self, found: FoundFile, track: Track | None) -> None:
        pass


def rows(db: Path) -> list[tuple[Any, ...]]:
    """Every row of a library and all of it, but when it was scanned."""
    with Store(db, write=False) as store:
        return [
            (
                *asdict(replace(track, probabilities=None, embedding=None, scanned_at="")).values(),
                None if track.probabilities is None else track.probabilities.tobytes(),
                None if track.embedding is None else track.embedding.tobytes(),
            )
            for track in store.tracks()
        ]


def run_scan(root: Path, db: Path, *arguments: str, slow: float = 0.0) -> dict[str, Any]:
    """A scan in a process of its own; what it printed."""
    done = subprocess.run(
        command(root, db, *arguments), stdout=subprocess.PIPE, check=True, env=environment(slow)
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def command(root: Path, db: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "tests.helpers.big_library", str(root), str(db), *arguments]


def environment(slow: float = 0.0) -> dict[str, str]:
    top = str(Path(__file__).parents[2])
    path = os.pathsep.join([top, *filter(None, [os.environ.get("PYTHONPATH")])])
    return os.environ | {"TEST_SLOW": str(slow), "PYTHONPATH": path}


def made_rows(count: int) -> Iterator[FoundFile]:
    for number in range(count):
        yield FoundFile(b"/made/artist%04d/%07d song.mp3" % (number // 1_000, number), 1_000, 5)


def known_track(card: ModelCard, found: FoundFile, info: TrackInfo, fingerprint: bytes | None) -> Track:
    """The row of a file that was predicted as Pop."""
    return Track(
        found.path, found.size, found.mtime_ns, "ok", info, 180.0, 8, "all", "2030-01-01T00:00:00+00:00",
        model=StoredModel(card.identity, card.genres, card.thresholds),
        probabilities=np.array([0.2, 0.7, 0.1], np.float32),
        embedding=np.linspace(0, 1, 256, dtype=np.float32),
        fingerprint=fingerprint,
    )  # fmt: skip


def made_fingerprint(path: bytes) -> bytes:
    """A fingerprint for a file that is no audio."""
    return hashlib.sha256(path).digest()[:16]


def fill(db: Path, count: int) -> None:
    """A library that knows `count` made-up files; written as one, for time's sake."""
    card, info = made_card(db.parent), TrackInfo("An artist", "An album", "A song")
    with Store(db, write=True) as store:
        store.execute("BEGIN")
        for found in made_rows(count):
            store.put(known_track(card, found, info, made_fingerprint(found.path)))
        store.execute("COMMIT")


def fill_tagged(root: Path, db: Path, files: int) -> None:
    """A tree of so many files, and a library that knows them and that each has the genre Polka.

    They are no audio: whoever opens one for its tags fails.
    """
    make_tree(root, files)
    card = made_card(db.parent)
    with Store(db, write=True) as store:
        store.execute("BEGIN")
        for found in find_audio([os.fsencode(root)], SUFFIXES):
            tags = KnownTags(state_of(os.stat(found.path)), "mp3", ("Polka",), ("Polka",), 4)
            info = TrackInfo("", "", "A song", tags)
            store.put(known_track(card, found, info, made_fingerprint(found.path)))
        store.execute("COMMIT")


def peak_mb(pid: int) -> float:
    """The most memory that a process ever had resident since it began, in MB."""
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmHWM"))


def children(pid: int) -> list[int]:
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return list(map(int, file.read().split()))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("root", type=Path)
    parser.add_argument("db", type=Path)
    parser.add_argument("--real", action="store_true")
    parser.add_argument("--rows", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--timeout", type=float, default=30)
    parser.add_argument("--prune", action="store_true")
    given = parser.parse_args()
    patch.object(predict_module, "open_engine", lambda *_, **__: CheapEngine()).start()
    if not given.real:
        patch.object(predict_module, "ExtractTask", CheapExtractTask).start()
    if given.rows:
        patch.object(scan_module, "find_audio", lambda *_: made_rows(given.rows)).start()
    started = time.monotonic()
    with Store(given.db, write=True) as store:
        options = ScanOptions(jobs=given.jobs, timeout=given.timeout, prune=given.prune)
        summary = scan([os.fsencode(given.root)], store, made_card(given.db.parent), options, NoProgress())
    numbers = {name: value for name, value in vars(summary).items() if name != "failures"}
    print(
        json.dumps(
            {
                **numbers,
                "decoded": summary.decoded,
                "failed": len(summary.failures),
                "kinds": dict(summary.failures.kinds),
                "seconds_taken": time.monotonic() - started,
                "peak_mb": peak_mb(os.getpid()),
                "worker_peak_mb": max(map(peak_mb, children(os.getpid())), default=0.0),
                "db_mb": given.db.stat().st_size / 1e6,
            }
        ),
        flush=True,
    )


if __name__ == "__main__":
    main()
