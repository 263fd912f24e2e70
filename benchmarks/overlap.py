"""Whether decoders and network leave a core idle, or crowd it: a scan on one, two, four … cores.

Many times a second it is counted how many threads of the scan could use a core. Counted so, other programs
do not matter: a thread that waits for a core which they have is one that could use it. "Between" leaves out
what comes before all cores are busy for the first time, and after the last: start and end.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import mean

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # a script sees its own folder alone

from audiotag.cli.output import plural
from benchmarks.common import (
    MUSIC,
    TreeCost,
    in_seconds,
    material,
    options,
    pass_on,
    passed_on,
    positive,
    run_audiotag,
    run_tree,
    scratch,
    show,
)

_INTERVAL = 0.02


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("path", nargs="?", type=Path, metavar="PATH", help=f"the songs (default {MUSIC})")
    parser.add_argument(
        "--cores", type=positive, nargs="*", metavar="N", help="one scan each (default 1 2 4 … all)"
    )
    pass_on(parser, jobs="N", batch_size="N", engine="NAME", model="NAME|FILE")
    given = parser.parse_args()
    music = material(given.path, MUSIC)
    if music is None:
        return
    chosen: list[str | Path] = [
        "scan",
        "--rescan",
        "-q",
        *passed_on(given, "jobs", "batch_size", "engine", "model"),
        music,
    ]
    usable = len(os.sched_getaffinity(0))
    counts = given.cores or [count for count in (1, 2, 4, 8, 16, 32, 64) if count <= usable]
    with scratch() as folder:
        run_audiotag(folder, *chosen)  # the library knows the songs, and they are in memory
        costs = {count: run_tree(folder, *chosen, interval=_INTERVAL, cores=count) for count in counts}
    headings = [
        "", "time", "CPU time", "busy threads, mean", "most", "more than cores", "a core idle", "between",
    ]  # fmt: skip
    show("a scan, whole command", headings, [row(count, cost) for count, cost in costs.items()])


def row(cores: int, cost: TreeCost) -> list[str]:
    busy = cost.busy or (0,)
    full = [number for number, count in enumerate(busy) if count >= cores]
    between = busy[full[0] : full[-1] + 1] if full else busy
    return [
        plural(cores, "core"), in_seconds(cost.seconds), in_seconds(cost.cpu_seconds), f"{mean(busy):.2f}",
        str(max(busy)), share(busy, lambda count: count > cores), share(busy, lambda count: count < cores),
        share(between, lambda count: count < cores),
    ]  # fmt: skip


def share(busy: Sequence[int], is_so: Callable[[int], bool]) -> str:
    """Of the looks."""
    return f"{sum(map(is_so, busy)) / len(busy):.0%}"


if __name__ == "__main__":
    main()
