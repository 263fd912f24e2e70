"""What the benchmarks share: what a command costs, medians, and a table that says on which machine."""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import audiotag
from audiotag.cli.output import plural

TOP = Path(__file__).resolve().parents[1]
SHARED = TOP.parent / "shared"
MUSIC = SHARED / "music"


@dataclass(frozen=True)
class Cost:
    """Of a command from its start to its end. cpu_seconds: on all cores together. peak_mb: memory of its
    largest process."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    stdout: str
    stderr: str


def run_command(command: Sequence[str | Path], environment: dict[str, str]) -> Cost:
    """Run a command to its end. Raises SystemExit, with its last words, where it fails."""
    with scratch() as folder:
        report = folder / "cost"
        done = subprocess.run(
            [sys.executable, "-I", "-S", Path(__file__).with_name("measure.py"), report, *command],
            capture_output=True, text=True, errors="backslashreplace", check=True, env=environment,
        )  # fmt: skip
        seconds, cpu, peak_kb, code = json.loads(report.read_text())
    if code:
        said = done.stderr.strip() or done.stdout.strip()
        raise SystemExit(f"exit code {code} of {' '.join(map(str, command))}\n{said[-2_000:]}")
    return Cost(seconds, cpu, peak_kb / 1024, done.stdout, done.stderr)


@dataclass(frozen=True)
class TreeCost:
    """Of a command and its descendants. pss_mb, rss_mb: the most that they had together, shared memory
    counted once or in each; largest_mb: one of them. busy: how many of their threads could use a core, at
    even times."""

    seconds: float
    cpu_seconds: float
    pss_mb: float
    rss_mb: float
    largest_mb: float
    processes: int
    busy: tuple[int, ...]


def run_tree(folder: Path, *arguments: str | Path, interval: float = 0.2, cores: int = 0) -> TreeCost:
    """Run `audiotag` as run_audiotag does, and look at all of its processes as it runs, every `interval`
    seconds. cores: how many of this machine's it may use, 0: all. Raises SystemExit where it fails."""
    usable = sorted(os.sched_getaffinity(0))
    pinned = ["taskset", "-c", ",".join(map(str, usable[:cores]))] if cores else []
    with scratch() as here:
        report = here / "cost"
        done = subprocess.run(
            [sys.executable, "-I", "-S", Path(__file__).with_name("measure_tree.py"), report, str(interval),
             *pinned, sys.executable, "-m", "audiotag", *arguments],
            capture_output=True, text=True, errors="backslashreplace", check=True, env=_environment(folder),
        )  # fmt: skip
        seen = json.loads(report.read_text())
    if seen["code"]:
        raise SystemExit(
            f"exit code {seen['code']} of audiotag {' '.join(map(str, arguments))}\n{done.stderr}"
        )
    return TreeCost(
        seen["seconds"], seen["cpu"], seen["pss_kb"] / 1024, seen["rss_kb"] / 1024, seen["largest_kb"] / 1024,
        seen["processes"], tuple(seen["busy"]),
    )  # fmt: skip


def run_audiotag(folder: Path, *arguments: str | Path) -> Cost:
    """Run `audiotag` of this checkout; `folder` has the library and the config, the user's do not count."""
    return run_command([sys.executable, "-m", "audiotag", *arguments], _environment(folder))


def library_in(folder: Path) -> Path:
    """The library that `run_audiotag` uses."""
    return folder / "library.db"


def _environment(folder: Path) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("AUDIOTAG_")}
    paths = os.pathsep.join([str(TOP), *filter(None, [os.environ.get("PYTHONPATH")])])
    return ours | {
        "AUDIOTAG_DB": str(library_in(folder)),
        "XDG_CONFIG_HOME": str(folder),
        "XDG_DATA_HOME": str(folder),
        "PYTHONPATH": paths,
    }


def seconds_of(work: Callable[[], object]) -> float:
    """How long a call takes."""
    started = time.monotonic()
    work()
    return time.monotonic() - started


def processor_seconds(work: Callable[[], object]) -> float:
    """What a call costs in processor time, with the processes that it starts and ends."""

    def used() -> float:
        return sum(
            usage.ru_utime + usage.ru_stime
            for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        )

    before = used()
    work()
    return used() - before


def median_seconds(times: int, work: Callable[[], object]) -> float:
    """The median of how long so many calls take."""
    return median(seconds_of(work) for _ in range(times))


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder that goes when it is done with, where TMPDIR says."""
    with tempfile.TemporaryDirectory(prefix="audiotag-bench-") as folder:
        yield Path(folder)


def options(description: str | None) -> argparse.ArgumentParser:
    """A script's command line; its docstring is the help."""
    return argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )


def pass_on(parser: argparse.ArgumentParser, **metavars: str) -> None:
    """Give a script options that it passes on to `audiotag`, by their names there."""
    for name, metavar in metavars.items():
        parser.add_argument(f"--{name.replace('_', '-')}", metavar=metavar, help="as for audiotag")


def passed_on(given: argparse.Namespace, *names: str) -> list[str]:
    """Those of the options that were given, for the command line of `audiotag`."""
    values = {name: getattr(given, name) for name in names}
    return [f"--{name.replace('_', '-')}={value}" for name, value in values.items() if value is not None]


def positive(text: str) -> int:
    """A whole number above 0, for argparse."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is less than 1")
    return number


def material(given: Path | None, usual: Path) -> Path | None:
    """What was given, or the usual; None, and a line that says so, where the usual is not here.

    Raises SystemExit where there is no such thing as was given.
    """
    path = usual if given is None else given.expanduser()
    if path.exists():
        return path
    if given is not None:
        raise SystemExit(f"{path}: no such file or folder")
    print(f"skipped: {usual} is not here; give another as an argument", flush=True)
    return None


def show(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table: the first column to the left, the figures to the right."""
    lines = [headings, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
    print(f"\n{title}\n{machine()}")
    for line in lines:
        first, *figures = (cell.ljust if n == 0 else cell.rjust for n, cell in enumerate(line))
        cells = [
            first(widths[0]),
            *(figure(width) for figure, width in zip(figures, widths[1:], strict=True)),
        ]
        print("  ".join(cells).rstrip())
    sys.stdout.flush()


def machine() -> str:
    """The machine in a line."""
    cores = plural(len(os.sched_getaffinity(0)), "core")
    return f"{cores}, {_processor()}, Python {platform.python_version()}, audiotag {audiotag.__version__}"


def _processor() -> str:
    with open("/proc/cpuinfo") as file:
        names = (line.partition(":")[2].strip() for line in file if line.startswith("model name"))
        return next(names, platform.machine())


def in_seconds(value: float) -> str:
    return f"{value:.1f} s" if value >= 10 else f"{value:.2f} s"


def in_mb(value: float) -> str:
    return f"{value:,.0f} MB" if value >= 10 else f"{value:.1f} MB"
