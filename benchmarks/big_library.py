"""A library of any size: the real walk, workers and store, with a decoder and a network that cost nothing.

A first scan of a generated tree, one with nothing changed, and one after half of it was moved; and of
more files that are known already, without the walk, one with nothing changed, and the reports. Memory is
that of the main process.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # a script sees its own folder alone

from benchmarks.common import in_mb, in_seconds, library_in, options, run_audiotag, scratch, show
from tests.helpers.big_library import fill, make_tree, run_scan


def main() -> None:
    parser = options(__doc__)
    parser.add_argument(
        "--files", type=int, default=100_000, metavar="N", help="in the tree, 0 for none (default 100,000)"
    )
    parser.add_argument(
        "--rows", type=int, default=1_000_000, metavar="N", help="known files, 0 for none (default 1,000,000)"
    )
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="as for `audiotag scan` (default 2)")
    given = parser.parse_args()
    rows = []
    with scratch() as folder:
        if given.files:
            rows += scan_tree(folder, given.files, given.jobs)
        if given.rows:
            rows += scan_and_report_rows(folder, given.rows, given.jobs)
    show("a big library", ["", "time", "a file", "peak memory", "library"], rows)


def scan_tree(folder: Path, files: int, jobs: int) -> list[list[str]]:
    music, db = folder / "music", folder / "tree.db"
    make_tree(music, files)

    def scan(what: str, **expected: int) -> list[str]:
        return scanned(what, files, run_scan(music, db, "--jobs", str(jobs)), expected)

    first = scan(f"{files:,} files, first scan", predicted=files, failed=0)
    unchanged = scan("the same, nothing changed", unchanged=files, decoded=0)
    moved = move_half(music)
    after = scan(f"the same, {moved:,} of them moved", moved=moved, unchanged=files - moved, decoded=0)
    return [first, unchanged, after]


def move_half(music: Path) -> int:
    """Half of the folders go into a new one; returns how many files are in them."""
    folders = sorted(music.glob("*/*"))
    aside = music / "moved"
    aside.mkdir()
    for folder in folders[: max(1, len(folders) // 2)]:
        (aside / folder.parent.name).mkdir(exist_ok=True)
        folder.rename(aside / folder.parent.name / folder.name)
    return sum(len(names) for _, _, names in os.walk(aside))


def scan_and_report_rows(folder: Path, count: int, jobs: int) -> list[list[str]]:
    db = library_in(folder)
    fill(db, count)
    done = run_scan(Path("/made"), db, "--rows", str(count), "--jobs", str(jobs))
    unchanged = scanned(
        f"{count:,} known files, nothing changed (without the walk)", count, done, {"unchanged": count}
    )
    report = run_audiotag(folder, "report", "-q", "--csv", folder / "a.csv", "--json", folder / "a.json")
    a_file = f"{1e3 * report.seconds / count:.3f} ms"
    return [
        unchanged,
        [f"{count:,} rows as CSV and JSON", in_seconds(report.seconds), a_file, in_mb(report.peak_mb), ""],
    ]


def scanned(what: str, files: int, done: dict[str, Any], expected: dict[str, int]) -> list[str]:
    """A row of the table. Raises SystemExit where the scan did something else than it should."""
    found = {name: done[name] for name in expected}
    if found != expected:
        raise SystemExit(f"{what}: {found}, not {expected}")
    seconds = done["seconds_taken"]
    a_file = f"{1e3 * seconds / files:.3f} ms"
    return [what, in_seconds(seconds), a_file, in_mb(done["peak_mb"]), in_mb(done["db_mb"])]


if __name__ == "__main__":
    main()
