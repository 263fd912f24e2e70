"""Writing genres and taking them back, beside what a copy and a write in place cost on the same disk.

The files lie where TMPDIR says: on a disk in memory a sync costs nothing.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from pathlib import Path

import mutagen

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # a script sees its own folder alone

from audiotag.atomic import sync_folder
from benchmarks.common import (
    in_seconds,
    library_in,
    options,
    positive,
    run_audiotag,
    scratch,
    seconds_of,
    show,
)
from benchmarks.made_songs import fill_predicted, make_songs


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--files", type=positive, default=200, metavar="N", help="mp3 files (default 200)")
    parser.add_argument(
        "--seconds", type=float, default=240.0, metavar="S",
        help="length of each, at 16 KB a second (default 240, 3.8 MB)",
    )  # fmt: skip
    given = parser.parse_args()
    with scratch() as folder:
        measure(folder, given.files, given.seconds)


def measure(folder: Path, files: int, seconds: float) -> None:
    """Write into the same files by every way, and print the table."""
    music = folder / "music"
    music.mkdir()
    make_songs(music, files, seconds)
    songs = sorted(music.rglob("*.mp3"))
    size = sum(song.stat().st_size for song in songs)
    fill_predicted(music, library_in(folder))
    before = digest(songs)
    os.sync()
    taken = {}
    taken["audiotag tag --write -q"] = run_audiotag(folder, "tag", "--write", "-q").seconds
    if any("Pop" not in mutagen.File(song)["TCON"].genres for song in songs):
        raise SystemExit("not every file was written")
    taken["audiotag undo -q"] = run_audiotag(folder, "undo", "-q").seconds
    if digest(songs) != before:
        raise SystemExit("the undo did not give every byte back")
    taken["copy, sync, rename"] = seconds_of(lambda: copy_in_place(songs))
    taken["mutagen in place, not synced"] = seconds_of(lambda: write_in_place(songs))
    rows = [
        [what, in_seconds(cost), f"{1e3 * cost / files:.1f} ms", f"{size / cost / 1e6:,.0f} MB/s"]
        for what, cost in taken.items()
    ]
    show(f"{files:,} files, {size / 1e6:,.0f} MB", ["", "time", "a file", ""], rows)


def digest(songs: list[Path]) -> str:
    """Of the bytes of all of them."""
    found = hashlib.sha256()
    for song in songs:
        found.update(hashlib.sha256(song.read_bytes()).digest())
    return found.hexdigest()


def copy_in_place(songs: list[Path]) -> None:
    """The least that writes cost that a power cut cannot harm: nothing is read again, or compared."""
    for song in songs:
        copy = song.with_suffix(".part")
        shutil.copyfile(song, copy)
        with copy.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(copy, song)
        sync_folder(str(song.parent))


def write_in_place(songs: list[Path]) -> None:
    """What most taggers do."""
    for song in songs:
        file = mutagen.File(song, easy=True)
        file["genre"] = ["Pop"]
        file.save()


if __name__ == "__main__":
    main()
