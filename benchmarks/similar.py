"""similar and duplicates in a library of any size: how long the search takes, and the commands as a whole.

The embeddings are made up, with as few directions that matter as those of real music: of a hundred tracks
one is there twice, as another encoding would be. Memory is that of the main process.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # a script sees its own folder alone

from audiotag.discovery.between import between
from audiotag.discovery.seeds import find_seeds
from audiotag.discovery.similar import Wish, similar
from audiotag.library.embeddings import Space, latest_space
from audiotag.library.records import Track
from audiotag.library.store import Store
from benchmarks.common import (
    in_mb,
    in_seconds,
    library_in,
    median_seconds,
    options,
    positive,
    run_audiotag,
    scratch,
    show,
)
from tests.helpers.sound_alikes import MODEL, made_tracks

_SIZE, _FACTORS = 512, 96
_PART = 10_000
_WISHES = {
    "similar": Wish(),
    "similar --same-genre": Wish(same_genre=True),
    "similar --not-same-artist": Wish(other_artist=True),
}


def main() -> None:
    parser = options(__doc__)
    parser.add_argument(
        "--rows", type=positive, default=100_000, metavar="N", help="tracks in the library (default 100,000)"
    )
    given = parser.parse_args()
    with scratch() as folder:
        fill_as_music(library_in(folder), given.rows)
        rows = [*searches(library_in(folder)), *commands(folder, given.rows)]
    show(f"{given.rows:,} tracks", ["", "time", "peak memory"], rows)


def searches(db: Path) -> Iterator[list[str]]:
    """Within one process, without its start."""
    with Store(db, write=False) as store:
        space = latest_space(store)
        assert space is not None
        first, last = path_of(0), path_of(1)
        seeds = find_seeds(store, space, [first], not_at_all)
        for what, wish in _WISHES.items():
            seconds = median_seconds(3, lambda wish=wish: similar(store, space, seeds, wish))  # type: ignore[misc]
            yield [f"search: {what}", in_seconds(seconds), ""]
        seconds = median_seconds(3, lambda: way(store, space, first, last))
        yield ["search: similar --path", in_seconds(seconds), ""]


def way(store: Store, space: Space, first: bytes, last: bytes) -> None:
    ends = store.track(first), store.track(last)
    assert ends[0] is not None
    assert ends[1] is not None
    between(store, space, (ends[0], ends[1]), Wish())


def commands(folder: Path, count: int) -> Iterator[list[str]]:
    first = os.fsdecode(path_of(0))
    for arguments in (["similar", "-q", first], ["duplicates", "-q", "--json"]):
        cost = run_audiotag(folder, *arguments)
        found = cost.stdout.count("\n")
        if found != (expected := min(10, count - 1) if "similar" in arguments else count // 100):
            raise SystemExit(f"audiotag {arguments[0]} found {found}, not {expected}")
        yield [f"audiotag {arguments[0]}", in_seconds(cost.seconds), in_mb(cost.peak_mb)]


def not_at_all(paths: Sequence[bytes]) -> list[Track]:
    """Nothing has to be heard."""
    raise AssertionError(f"{paths!r} would have been heard")


def path_of(number: int) -> bytes:
    return b"/music/%07d song.mp3" % number


def fill_as_music(db: Path, count: int) -> None:
    """A library of `count` tracks, written in bulk; the first 10,000 are by one artist."""
    random = np.random.default_rng(5)
    basis = random.normal(size=(_FACTORS, _SIZE)) * (1 + np.arange(_FACTORS))[:, None] ** -0.7
    example = next(made_tracks(1, _SIZE))
    with Store(db, write=True) as store:
        store.put(example)  # the model is known by it
        (number,) = next(iter(store.execute("SELECT model FROM tracks")))
        store.forget(example.path)
        for start in range(0, count, _PART):
            store.execute_many(
                "INSERT INTO tracks (path, size, mtime_ns, status, artist, album, title, duration, windows, "
                "windows_asked, model, scanned_at, missing, probabilities, embedding, fingerprint) "
                "VALUES (?, 4000000, 5, 'ok', ?, ?, 'Song', ?, 8, 'all', ?, '2030', 0, ?, ?, ?)",
                part_of_rows(start, min(start + _PART, count), number, basis),
            )


def part_of_rows(first: int, end: int, model: int, basis: np.ndarray) -> Iterator[tuple[object, ...]]:
    random = np.random.default_rng(first)
    size = end - first
    vectors = random.normal(size=(size, _FACTORS)) @ basis + random.normal(0, 0.02, (size, _SIZE))
    seconds = np.clip(random.normal(240, 80, size), 30, None)
    for copy in range(99, size, 100):
        vectors[copy] = vectors[copy - 50] + random.normal(0, 0.02, _SIZE)
        seconds[copy] = seconds[copy - 50] + 0.05
    probabilities = random.dirichlet(np.ones(len(MODEL.genres)), size).astype("<f4")
    halves = vectors.astype("<f2")
    for row in range(size):
        number = first + row
        artist, album = f"Artist {0 if number < 10_000 else number // 30}", f"Album {number // 10}"
        yield (
            path_of(number), artist, album, float(seconds[row]), model,
            probabilities[row].tobytes(), halves[row].tobytes(), (number + 1).to_bytes(16, "big"),
        )  # fmt: skip


if __name__ == "__main__":
    main()
