"""The memory of a scan's processes, for a song and for a mix of many hours, through the real decoder."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # a script sees its own folder alone

from benchmarks.common import in_mb, in_seconds, options, scratch, show
from benchmarks.made_songs import make_mix
from tests.helpers.big_library import run_scan


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--hours", type=float, default=10.0, metavar="H", help="of the mix (default 10)")
    parser.add_argument("--song-seconds", type=float, default=180.0, metavar="S", help="(default 180)")
    parser.add_argument(
        "--timeout", default="3600", metavar="SECONDS", help="as for `audiotag scan` (default 3600)"
    )
    given = parser.parse_args()
    with scratch() as folder:
        rows = [
            measure(folder / name, seconds, given.timeout)
            for name, seconds in (("song", given.song_seconds), ("mix", 3_600 * given.hours))
        ]
    show("one mp3 file", ["", "audio", "time", "main process", "worker"], rows)


def measure(folder: Path, seconds: float, timeout: str) -> list[str]:
    """A row of the table: scan one made file, in `folder`. Raises SystemExit where it was not heard whole."""
    music = folder / "music"
    music.mkdir(parents=True)
    make_mix(music / "one.mp3", seconds)
    done = run_scan(music, folder / "library.db", "--real", "--jobs", "1", "--timeout", timeout)
    if abs(done["seconds"] - seconds) > 1:
        raise SystemExit(f"{done['seconds']:.1f} s of {seconds:.1f} s were heard: {done['kinds']}")
    return [
        folder.name, f"{seconds / 60:,.1f} min", in_seconds(done["seconds_taken"]),
        in_mb(done["peak_mb"]), in_mb(done["worker_peak_mb"]),
    ]  # fmt: skip


if __name__ == "__main__":
    main()
