"""`undo PATH` where the run that wrote there has many other writes in the journal."""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # a script sees its own folder alone

from audiotag.library.store import Store
from audiotag.tags.safewrite.journal import Journal, Origin
from audiotag.tags.safewrite.record import Record
from benchmarks.common import (
    in_mb,
    in_seconds,
    library_in,
    options,
    positive,
    run_audiotag,
    scratch,
    show,
)
from benchmarks.made_songs import fill_predicted, make_songs

SONG_SECONDS = 5.0  # what an undo reads of a file is not the question here


def main() -> None:
    parser = options(__doc__)
    parser.add_argument(
        "--rows", type=positive, default=300_000, metavar="N", help="writes in the run (default 300,000)"
    )
    parser.add_argument("--files", type=positive, default=100, metavar="N", help="at PATH (default 100)")
    parser.add_argument(
        "--delta-bytes", type=positive, default=500, metavar="N", help="of each write (default 500)"
    )
    given = parser.parse_args()
    with scratch() as folder:
        measure(folder, given.files, given.rows, given.delta_bytes)


def measure(folder: Path, files: int, rows: int, delta_bytes: int) -> None:
    """Tag some songs, let the run have many more rows, undo, and print the table."""
    music, db = folder / "music", library_in(folder)
    music.mkdir()
    make_songs(music, files, SONG_SECONDS)
    fill_predicted(music, db)
    run_audiotag(folder, "tag", "--write", "-q")
    lengthen(db, rows - files, delta_bytes)
    first = min(music.rglob("*.mp3"))
    table = []
    for what, arguments in (
        ("undo --dry-run, one file", ["--dry-run", first]),
        (f"undo --dry-run, a folder of {files:,} files", ["--dry-run", music]),
        ("undo, one file", [first]),
        (f"undo, a folder of {files:,} files", [music]),
        ("undo --list", ["--list"]),
    ):
        cost = run_audiotag(folder, "undo", *arguments)
        table.append([what, in_seconds(cost.seconds), in_mb(cost.peak_mb)])
    show(f"undo PATH in a run of {max(rows, files):,} writes", ["", "time", "peak memory"], table)


def lengthen(db: Path, rows: int, delta_bytes: int) -> None:
    """Let the only run have so many more writes, of files that are not there."""
    delta = os.urandom(delta_bytes)
    with Store(db, write=True) as store:
        journal = Journal(store)
        (run,) = journal.runs()
        store.execute("BEGIN")
        for number in range(rows):
            path = b"/made/artist%04d/%07d song.mp3" % (number // 1_000, number)
            record = Record(
                before=f"1:{number}:3000000:5:5",
                after=f"1:{number}:3000100:6:6",
                old={"genre": ()},
                new={"genre": ("Pop",)},
                delta=delta,
                sound=number.to_bytes(16, "big"),
                payload=number.to_bytes(32, "big"),
            )
            journal.plan(run.id, path, record, Origin())
        store.execute("UPDATE writes SET state = 'committed' WHERE state = 'planned'")
        store.execute("COMMIT")


if __name__ == "__main__":
    main()
