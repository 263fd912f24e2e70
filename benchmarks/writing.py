"""Writing genres and taking them back, beside what a copy and a write in place cost on the same disk.

The files lie where TMPDIR says: on a disk in memory a sync costs nothing.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
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

BYTES_A_SECOND = 16_000  # of the made songs


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--files", type=positive, default=200, metavar="N", help="mp3 files (default 200)")
    parser.add_argument("--mb", type=float, default=10.0, metavar="M", help="size of each (default 10)")
    given = parser.parse_args()
    with scratch() as folder:
        needed = 2.2 * given.files * given.mb * 1e6
        if shutil.disk_usage(folder).free < needed:
            raise SystemExit(
                f"{folder}: {needed / 1e9:.1f} GB are needed; give fewer files, or another TMPDIR"
            )
        measure(folder, given.files, given.mb * 1e6 / BYTES_A_SECOND)


def measure(folder: Path, files: int, seconds: float) -> None:
    """Write into the same files by every way, and print the table."""
    music = folder / "music"
    music.mkdir()
    make_songs(music, files, seconds)
    songs = sorted(music.rglob("*.mp3"))
    size = sum(song.stat().st_size for song in songs)
    fill_predicted(music, library_in(folder))
    before = digest(songs)
    taken = {}

    def take(what: str, work: Callable[[], object]) -> None:
        os.sync()
        taken[what] = seconds_of(work)

    take("audiotag tag --write -q", lambda: run_audiotag(folder, "tag", "--write", "-q"))
    if any("Pop" not in mutagen.File(song)["TCON"].genres for song in songs):
        raise SystemExit("not every file was written")
    take("audiotag undo -q", lambda: run_audiotag(folder, "undo", "-q"))
    if digest(songs) != before:
        raise SystemExit("the undo did not give every byte back")
    take("cp -r, then fsync each", lambda: copy_all(music, folder / "copied"))
    shutil.rmtree(folder / "copied")
    take("copy, fsync, rename, one by one", lambda: copy_in_place(songs))
    take("mutagen in place, not synced", lambda: write_in_place(songs, "Pop"))
    take("mutagen in place, then fsync each", lambda: write_in_place(songs, "Rock", sync=True))
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


def copy_all(music: Path, copied: Path) -> None:
    """The least that another copy of it all costs, on the disk."""
    subprocess.run(["cp", "-r", music, copied], check=True)
    sync_all(sorted(copied.rglob("*.mp3")))


def sync_all(songs: list[Path]) -> None:
    for song in songs:
        with song.open("rb") as file:
            os.fsync(file.fileno())


def copy_in_place(songs: list[Path]) -> None:
    """The least that writes cost that a power cut cannot harm: nothing is read again, or compared."""
    for song in songs:
        copy = song.with_suffix(".part")
        shutil.copyfile(song, copy)
        with copy.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(copy, song)
        sync_folder(str(song.parent))


def write_in_place(songs: list[Path], genre: str, sync: bool = False) -> None:
    """What most taggers do."""
    for song in songs:
        file = mutagen.File(song, easy=True)
        file["genre"] = [genre]
        file.save()
    if sync:
        sync_all(songs)


if __name__ == "__main__":
    main()
