"""Time and memory of a scan, as files become more and as a track becomes longer: made mp3 files, all decoded.

Memory is that of all its processes together, shared memory counted once (PSS), and of the largest alone.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # a script sees its own folder alone

from audiotag.cli.output import plural
from audiotag.library.store import Store
from benchmarks.common import (
    TreeCost,
    in_mb,
    in_seconds,
    library_in,
    options,
    pass_on,
    passed_on,
    positive,
    run_tree,
    scratch,
    show,
)
from benchmarks.made_songs import make_mix, make_songs


def main() -> None:
    parser = options(__doc__)
    parser.add_argument(
        "--files", type=positive, nargs="*", default=[100, 1_000, 10_000], metavar="N",
        help="how many files, one scan each (default 100 1000 10000)",
    )  # fmt: skip
    parser.add_argument(
        "--minutes", type=float, nargs="*", default=[1, 10, 60, 600], metavar="M",
        help="how long one track is, one scan each (default 1 10 60 600)",
    )  # fmt: skip
    parser.add_argument(
        "--seconds", type=float, default=5.0, metavar="S", help="of each of many files (default 5)"
    )
    pass_on(parser, jobs="N", engine="NAME", model="NAME|FILE")
    given = parser.parse_args()
    chosen = ["--timeout", "7200", *passed_on(given, "jobs", "engine", "model")]
    rows = [of_many(files, given.seconds, chosen) for files in given.files]
    rows += [of_one(minutes, chosen) for minutes in given.minutes]
    headings = ["", "audio", "time", "CPU time", "CPU a file", "all processes", "largest", "processes"]
    show("a scan, from its start to its end", headings, rows)


def of_many(files: int, seconds: float, chosen: list[str]) -> list[str]:
    with scratch() as folder:
        music = folder / "music"
        music.mkdir()
        make_songs(music, files, seconds)
        cost = run_tree(folder, "scan", "-q", *chosen, music)
        return row(f"{plural(files, 'file')} of {seconds:g} s", cost, files, heard(folder, files))


def of_one(minutes: float, chosen: list[str]) -> list[str]:
    with scratch() as folder:
        music = folder / "music"
        music.mkdir()
        make_mix(music / "one.mp3", 60 * minutes)
        cost = run_tree(folder, "scan", "-q", *chosen, music)
        return row(f"one track of {minutes:g} min", cost, 1, heard(folder, 1))


def heard(folder: Path, files: int) -> float:
    """Seconds of sound in the library. Raises SystemExit unless it has heard each of the files."""
    with Store(library_in(folder), write=False) as store:
        lengths = [track.duration for track in store.tracks() if track.duration]
    if len(lengths) != files:
        raise SystemExit(f"{len(lengths)} of {files} files were heard")
    return sum(lengths)


def row(what: str, cost: TreeCost, files: int, audio: float) -> list[str]:
    return [
        what, f"{audio / 60:,.1f} min", in_seconds(cost.seconds), in_seconds(cost.cpu_seconds),
        f"{1e3 * cost.cpu_seconds / files:,.1f} ms", in_mb(cost.pss_mb), in_mb(cost.largest_mb),
        str(cost.processes),
    ]  # fmt: skip


if __name__ == "__main__":
    main()
