"""A scan by a Dask cluster: the same rows as alone, even when a worker is killed in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from audiotag.errors import ClusterError
from audiotag.library.records import Track
from audiotag.library.store import Store
from audiotag.library.walk import FoundFile
from audiotag.model.card import load_card
from audiotag.pipeline.dask import PredictTask
from audiotag.pipeline.extract import ExtractJob
from audiotag.pipeline.predict import Predicted
from audiotag.pipeline.scan import ScanOptions, scan
from audiotag.pipeline.summary import ScanSummary
from tests.helpers.audio_files import make_audio, tone
from tests.helpers.cluster import Cluster, cluster
from tests.helpers.models import MadeModel

SONGS = 14


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Songs, one of them twice, a short one and a broken one."""
    folder = tmp_path_factory.mktemp("cluster-music")
    for i in range(SONGS):
        make_audio(folder / f"{i:02}.flac", tone(4.0 + i % 5, 22_050, seed=i), 22_050)
    (folder / "twin.flac").write_bytes((folder / "00.flac").read_bytes())
    make_audio(folder / "short.flac", tone(1.0, 22_050), 22_050)
    (folder / "text.mp3").write_text("no music " * 99)
    return folder


@pytest.fixture(scope="module")
def two_workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("dask"), 2) as made:
        yield made


class Following:
    """A progress that calls back after so many files."""

    def __init__(self, after: int = -1, then: Callable[[], None] = lambda: None) -> None:
        self.done = 0
        self._after = after
        self._then = then

    def plan(self, files: int, size: int, summary: ScanSummary) -> None:
        pass

    def passed_over(self, path: bytes, kind: str, found: FoundFile | None) -> None:
        pass

    def advance(self, found: FoundFile, track: Track | None) -> None:
        self.done += 1
        if self.done == self._after:
            self._then()


def scanned(
    music: Path, db: Path, model: MadeModel, options: ScanOptions, progress: Following | None = None
) -> tuple[ScanSummary, list[Track]]:
    card = load_card(str(model.card_file))
    with Store(db, write=True) as store:
        summary = scan([os.fsencode(music)], store, card, options, progress or Following())
        return summary, list(store.tracks())


LOCAL = ScanOptions(jobs=2, engine="onnx", batch_size=4)


def same_rows(one: list[Track], other: list[Track]) -> None:
    """Every row and every column, but when it was scanned."""
    assert [track.path for track in one] == [track.path for track in other]
    for a, b in zip(one, other, strict=True):
        bare = [replace(track, probabilities=None, embedding=None, scanned_at="") for track in (a, b)]
        assert bare[0] == bare[1]
        for left, right in ((a.probabilities, b.probabilities), (a.embedding, b.embedding)):
            assert (left is None) == (right is None)
            if left is not None and right is not None:
                np.testing.assert_allclose(left, right, atol=2e-3 if left is a.embedding else 1e-5)


def test_a_worker_killed_in_the_middle_costs_nothing(
    music: Path, made_model: MadeModel, tmp_path: Path
) -> None:
    alone, expected = scanned(music, tmp_path / "alone.db", made_model, LOCAL)
    with cluster(tmp_path / "dask", 2) as dask:
        progress = Following(4, lambda: os.kill(dask.workers[0].pid, signal.SIGKILL))
        options = replace(LOCAL, dask=dask.address)
        together, found = scanned(music, tmp_path / "together.db", made_model, options, progress)
        assert dask.workers[0].wait() == -signal.SIGKILL
        assert dask.workers[1].poll() is None
    assert (alone.predicted, alone.recognised, alone.too_short, len(alone.failures)) == (SONGS, 1, 1, 1)
    assert (together.predicted, together.recognised) == (SONGS, 1)
    same_rows(expected, found)


@pytest.mark.slow
def test_the_model_is_loaded_once_a_worker(
    music: Path, made_model: MadeModel, tmp_path: Path, two_workers: Cluster
) -> None:
    from distributed import Client

    options = replace(LOCAL, dask=two_workers.address)
    for run in range(2):
        scanned(music, tmp_path / f"{run}.db", made_model, options)
    with Client(two_workers.address, set_as_default=False) as client:
        loads = client.run(_times_loaded)
    assert list(loads.values()) == [1, 1]


def _times_loaded() -> int:
    from audiotag.pipeline.dask import _load_engine

    return _load_engine.cache_info().misses


@pytest.mark.slow
def test_no_scheduler_is_one_line_within_seconds(music: Path, made_model: MadeModel, tmp_path: Path) -> None:
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "audiotag", "scan", str(music), "--dask", "tcp://127.0.0.1:1",
         "--db", str(tmp_path / "l.db"), "--model", str(made_model.card_file)],
        capture_output=True, text=True, check=False, env=os.environ | {"XDG_CONFIG_HOME": str(tmp_path)},
    )  # fmt: skip
    assert time.monotonic() - started < 20
    assert done.returncode == 1
    *_, line = done.stderr.splitlines()
    assert line.startswith("audiotag: tcp://127.0.0.1:1: no Dask scheduler answers there")
    assert "Traceback" not in done.stderr


def test_a_scheduler_without_workers_is_one_line(
    music: Path, made_model: MadeModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audiotag.pipeline.dask._WORKER_SECONDS", 2)
    with cluster(tmp_path / "dask", 0) as dask, pytest.raises(ClusterError, match="no workers"):
        scanned(music, tmp_path / "l.db", made_model, replace(LOCAL, dask=dask.address))


@pytest.mark.slow
def test_a_scheduler_that_goes_away_ends_the_scan_with_what_is_done(
    music: Path, made_model: MadeModel, tmp_path: Path
) -> None:
    db = tmp_path / "l.db"
    with cluster(tmp_path / "dask", 1) as dask:
        progress = Following(3, dask.end_scheduler)
        with pytest.raises(ClusterError, match="kept"):
            scanned(music, db, made_model, replace(LOCAL, dask=dask.address), progress)
    with Store(db, write=False) as store:
        assert len(list(store.paths())) >= 3


def test_the_wrong_engine_is_wrong_usage(music: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "audiotag", "scan", str(music), "--dask", "tcp://x:1",
         "--engine", "tensorflow"],
        capture_output=True, text=True, check=False, env=os.environ | {"XDG_CONFIG_HOME": str(tmp_path)},
    )  # fmt: skip
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


@dataclass(frozen=True)
class PoisonedTask(PredictTask):
    """Kills the worker that extracts one of the files."""

    def __call__(self, job: ExtractJob) -> Predicted:
        if job.found.path.endswith(b"03.flac"):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().__call__(job)


@pytest.mark.slow
def test_a_file_that_kills_every_worker_is_given_up_and_no_other(
    music: Path, made_model: MadeModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audiotag.pipeline.dask.PredictTask", PoisonedTask)
    with cluster(tmp_path / "dask", 2, nanny=True) as dask:
        options = replace(LOCAL, dask=dask.address)
        summary, tracks = scanned(music, tmp_path / "l.db", made_model, options)
    failed = {os.path.basename(track.path): track.error_kind for track in tracks if track.status == "failed"}
    assert failed == {b"03.flac": "killed", b"text.mp3": "decode"}
    assert summary.predicted == SONGS - 1
