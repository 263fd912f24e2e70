"""A real Dask cluster on this machine: a scheduler and workers, each a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Cluster:
    """address: of the scheduler. nanny: workers that die are started again. workers: their
    processes, or those of their nannies."""

    address: str
    folder: Path
    nanny: bool = False
    scheduler: subprocess.Popen[bytes] | None = None
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def end_scheduler(self) -> None:
        """Kill the scheduler, as when its machine goes down."""
        assert self.scheduler is not None
        self.scheduler.kill()

    def start_worker(self) -> None:
        """One more worker, of one thread."""
        nanny = "--nanny" if self.nanny else "--no-nanny"
        command = [sys.executable, "-m", "distributed.cli.dask_worker", self.address, "--nthreads", "1"]
        command += [nanny, "--no-dashboard", "--local-directory", str(self.folder)]
        self.workers.append(_start(command, self.folder / f"worker{len(self.workers)}.log"))


@contextmanager
def cluster(folder: Path, workers: int, nanny: bool = False) -> Iterator[Cluster]:
    """A scheduler and so many workers; `folder` takes their logs."""
    folder.mkdir(parents=True, exist_ok=True)
    said = folder / "scheduler.json"
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0"]
    command += ["--no-dashboard", "--scheduler-file", str(said)]
    scheduler = _start(command, folder / "scheduler.log")
    made = Cluster("", folder, nanny, scheduler)
    try:
        for _ in range(300):
            if said.exists() and said.stat().st_size:
                break
            time.sleep(0.1)
        made.address = json.loads(said.read_text())["address"]
        for _ in range(workers):
            made.start_worker()
        yield made
    finally:
        _end(made.workers)  # before the scheduler, of which they take their leave
        _end([scheduler])


def _end(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.terminate()  # a nanny takes its worker along
    for process in processes:
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:  # noqa: PERF203
            process.kill()
            process.wait()


def _start(command: list[str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as file:
        return subprocess.Popen(command, stdout=file, stderr=file)
