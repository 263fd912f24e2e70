"""`learn` on a library of any size, all of it tagged: time and memory, and a report by what was learnt."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # a script sees its own folder alone

from audiotag.library.records import Track
from benchmarks.common import in_mb, in_seconds, library_in, options, positive, run_audiotag, scratch, show
from tests.helpers.half_tagged import with_genres
from tests.helpers.sound_alikes import made_tracks

_PAGE = 2_000


def main() -> None:
    parser = options(__doc__)
    parser.add_argument(
        "--tracks", type=positive, default=100_000, metavar="N", help="how many (default 100,000)"
    )
    parser.add_argument(
        "--genres", type=positive, default=50, metavar="N", help="of the owner's (default 50)"
    )
    given = parser.parse_args()
    with scratch() as folder:
        fill(library_in(folder), given.tracks, given.genres)
        rows = []
        for arguments in (
            ["learn", "-q"],
            ["report", "-q", "--model", "mine", "--csv", str(folder / "a.csv")],
        ):
            cost = run_audiotag(folder, *arguments)
            what = " ".join(word for word in arguments[:4] if word != "-q")
            rows.append([what, in_seconds(cost.seconds), in_mb(cost.peak_mb)])
    show(f"{given.tracks:,} tracks with {given.genres} genres", ["", "time", "peak memory"], rows)


def fill(db: Path, count: int, genres: int) -> None:
    """A library of so many tracks of some artists a genre."""
    from audiotag.library.store import Store

    tracks = tagged(count, genres)
    with Store(db, write=True) as store:
        while page := list(islice(tracks, _PAGE)):
            store.execute("BEGIN")
            for track in page:
                store.put(track)
            store.execute("COMMIT")


def tagged(count: int, genres: int) -> Iterator[Track]:
    for track in made_tracks(count):
        yield with_genres(track, f"Genre {int(track.info.artist.split()[1]) % genres}")


if __name__ == "__main__":
    main()
