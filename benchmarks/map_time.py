"""The map of a library: the first one, one with nothing new, and one with a hundredth more tracks.

Each is a process of its own, from its start to its end, imports included. The tracks are made up: they lie in
clusters, as albums and artists do.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # a script sees its own folder alone

from audiotag.cli.output import plural
from benchmarks.common import TOP, in_mb, in_seconds, options, positive, run_command, scratch, show
from tests.helpers.sound_alikes import fill_alike

_UPDATE = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from audiotag.discovery.map.update import MapOptions, map_points, update_map
from audiotag.discovery.map.progress import NoProgress
from audiotag.library.store import Store
with Store(Path(sys.argv[2]), write=False) as store:
    update_map(store, MapOptions(), NoProgress())
    print(len(map_points(store)))
"""


def main() -> None:
    parser = options(__doc__)
    parser.add_argument(
        "--rows", type=positive, nargs="+", default=[1_000, 10_000], metavar="N",
        help="tracks of the library, or of several (default 1,000 10,000)",
    )  # fmt: skip
    given = parser.parse_args()
    rows = []
    for count in given.rows:
        with scratch() as folder:
            db = folder / "library.db"
            fill_alike(db, count)
            rows.append(updated(f"{count:,} tracks, laid", db, count))
            rows.append(updated("the same, nothing new", db, count))
            more = count + max(1, count // 100)
            fill_alike(db, more)
            rows.append(updated(f"{plural(more - count, 'track')} more, placed", db, more))
    show("the map of a library", ["", "time", "peak memory"], rows)


def updated(what: str, db: Path, expected: int) -> list[str]:
    """A row of the table. Raises SystemExit where not every track is on the map."""
    done = run_command([sys.executable, "-c", _UPDATE, TOP, db], {})
    if int(done.stdout) != expected:
        raise SystemExit(f"{what}: {done.stdout.strip()} tracks on the map, not {expected}")
    return [what, in_seconds(done.seconds), in_mb(done.peak_mb)]


if __name__ == "__main__":
    main()
