"""The whole command `scan` on a folder of songs: all of them, one of them, and with nothing changed."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # a script sees its own folder alone

from audiotag.cli.output import plural
from audiotag.library.records import Track
from audiotag.library.store import Store
from benchmarks.common import (
    MUSIC,
    Cost,
    in_mb,
    in_seconds,
    library_in,
    material,
    options,
    positive,
    run_audiotag,
    scratch,
    show,
)


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("path", nargs="?", type=Path, metavar="PATH", help=f"the songs (default {MUSIC})")
    parser.add_argument("--repeat", type=positive, default=5, metavar="N", help="median of N (default 5)")
    for name, metavar in (
        ("windows", "all|N"), ("jobs", "N"), ("batch-size", "N"), ("engine", "NAME"), ("model", "NAME|FILE")
    ):  # fmt: skip
        parser.add_argument(f"--{name}", metavar=metavar, help="as for `audiotag scan`")
    given = parser.parse_args()
    music = material(given.path, MUSIC)
    chosen = [
        word
        for name in ("windows", "jobs", "batch_size", "engine", "model")
        if (value := getattr(given, name)) is not None
        for word in (f"--{name.replace('_', '-')}", value)
    ]
    with scratch() as folder:
        measure(music, given.repeat, chosen, folder)


def measure(music: Path, repeat: int, chosen: list[str], folder: Path) -> None:
    """Scan often, and print the table; `folder` is for the library."""
    # It fills the library, and reads the songs into memory, where the others find them.
    run_audiotag(folder, "scan", *chosen, music)
    with Store(library_in(folder), write=False) as store:
        tracks = [track for track in store.tracks() if track.duration]
    if not tracks:
        raise SystemExit(f"{music}: no song that can be heard in it")
    length = sum(track.duration or 0.0 for track in tracks)
    song = typical(tracks)
    alone = song.duration or 0.0

    def costs(*arguments: str | Path) -> tuple[float, float]:
        return middle([run_audiotag(folder, "scan", *chosen, *arguments) for _ in range(repeat)])

    whole = costs("--rescan", music)
    rows = [row(f"scan --rescan, {plural(len(tracks), 'song')}, {length / 60:.1f} min", *whole, length)]
    if len(tracks) > 1:
        one = costs("--rescan", Path(os.fsdecode(song.path)))
        added, more = whole[0] - one[0], length - alone
        rows.append(row(f"the same for one of them, {alone / 60:.1f} min", *one, alone))
        rows.append(row(f"what the others add, {more / 60:.1f} min", added, None, more))
    rows.append(row("scan, nothing changed", *costs(music)))
    show(f"scan of songs, median of {repeat}", ["", "time", "× real time", "largest process"], rows)


def typical(tracks: list[Track]) -> Track:
    """The one whose length is nearest to the mean."""
    mean = sum(track.duration or 0.0 for track in tracks) / len(tracks)
    return min(tracks, key=lambda track: abs((track.duration or 0.0) - mean))


def middle(costs: list[Cost]) -> tuple[float, float]:
    """The medians of seconds and of memory in MB."""
    return median(cost.seconds for cost in costs), median(cost.peak_mb for cost in costs)


def row(what: str, seconds: float, peak_mb: float | None, audio: float | None = None) -> list[str]:
    speed = "" if audio is None or seconds <= 0 else f"{audio / seconds:,.0f}"
    return [what, in_seconds(seconds), speed, "" if peak_mb is None else in_mb(peak_mb)]


if __name__ == "__main__":
    main()
