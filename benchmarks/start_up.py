"""What a command takes before, and beside, its work: help, a library in which nothing changed, one song.

    python benchmarks/start_up.py [SONG]

Wall time, and what the program and its workers took of the processors, which other programs lengthen less.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # a script sees its own folder alone

from benchmarks.common import MUSIC, Cost, material, options, positive, run_audiotag, scratch, show


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("path", nargs="?", type=Path, metavar="SONG", help="the song (default: one of ours)")
    parser.add_argument("--repeat", type=positive, default=7, metavar="N", help="median of N (default 7)")
    given = parser.parse_args()
    song = material(given.path, MUSIC / "Instrumental" / "HawkinWoods.mp3")
    if song is None:
        return
    songs = MUSIC if given.path is None else song
    with scratch() as known, scratch() as fresh:
        run_audiotag(known, "scan", songs)

        def anew() -> None:
            for file in fresh.iterdir():
                if file.name.startswith("library.db"):
                    file.unlink()

        rows = [
            row("audiotag --help", given.repeat, lambda: run_audiotag(known, "--help")),
            row("audiotag --version", given.repeat, lambda: run_audiotag(known, "--version")),
            row("scan, nothing changed", given.repeat, lambda: run_audiotag(known, "scan", "-q", songs)),
            row("tag, the plan", given.repeat, lambda: run_audiotag(known, "tag")),
            row("report", given.repeat, lambda: run_audiotag(known, "report")),
            row("scan, one song", given.repeat, lambda: run_audiotag(fresh, "scan", "-q", song), anew),
        ]
    show(f"start-up, median of {given.repeat}", ["", "time", "of the processors"], rows)


def row(
    what: str, repeat: int, work: Callable[[], Cost], before: Callable[[], None] = lambda: None
) -> list[str]:
    """`before` is not counted. The first run is not either: it reads the files into memory."""
    walls, processors = [], []
    for number in range(repeat + 1):
        before()
        used = used_by_children()
        cost = work()
        if number:
            walls.append(cost.seconds)
            processors.append(used_by_children() - used)
    return [what, f"{median(walls):.2f} s", f"{median(processors):.2f} s"]


def used_by_children() -> float:
    """Seconds of the processors that children took, and theirs, which have been waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
