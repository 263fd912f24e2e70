"""Playlists of a large library, by artist and by how tracks flow into one another; reports sorted by SQLite.

The library is made up, each genre a sixth of it. The way through --genre tracks of one genre is timed by
itself, with the mean distance from a track to the next.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # a script sees its own folder alone

from audiotag.discovery.order import flowing
from benchmarks.common import (
    in_mb,
    in_seconds,
    library_in,
    options,
    positive,
    run_audiotag,
    scratch,
    seconds_of,
    show,
)
from tests.helpers.sound_alikes import fill_alike


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--tracks", type=positive, default=100_000, metavar="N", help="default 100,000")
    parser.add_argument("--genre", type=positive, default=50_000, metavar="N", help="default 50,000")
    given = parser.parse_args()
    with scratch() as folder:
        fill_alike(library_in(folder), given.tracks)
        rows = []
        every: list[list[str | Path]] = [
            ["--m3u", folder / "by-artist"],
            ["--m3u", folder / "flow", "--order", "flow"],
            ["--csv", folder / "by-path.csv"],
            ["--csv", folder / "sorted.csv", "--sort", "confidence"],
        ]
        for arguments in every:
            cost = run_audiotag(folder, "report", "-q", *arguments)
            what = " ".join(str(part) for part in arguments if not isinstance(part, Path))
            rows.append([f"report {what}", in_seconds(cost.seconds), in_mb(cost.peak_mb)])
    show(f"{given.tracks:,} made-up tracks", ["", "time", "peak memory"], rows)
    points = clustered(given.genre)
    order = np.arange(len(points))

    def walk() -> None:
        order[:] = flowing(points)

    seconds = seconds_of(walk)
    random = np.random.default_rng(1).permutation(len(points))
    steps = [f"{mean_step(points[way]):.3f}" for way in (order, random)]
    show(
        f"the way through {len(points):,} tracks of one genre",
        ["", "time", "mean step", "at random"],
        [["", in_seconds(seconds), *steps]],
    )


def clustered(count: int, size: int = 128) -> np.ndarray:
    """Points as embeddings lie: in clusters of ten, a few hundred clusters of those, (count, size)."""
    random = np.random.default_rng(3)
    spread = 1.2 ** -np.arange(size) + 0.02  # a few directions in which they differ most
    places = random.normal(size=(count // 200 + 1, size))[np.arange(count) // 200]
    albums = random.normal(size=(count // 10 + 1, size))[np.arange(count) // 10]
    points = (places + 0.6 * albums + 0.6 * random.normal(size=(count, size))) * spread
    return np.asarray(random.permutation(points), np.float32)


def mean_step(points: np.ndarray) -> float:
    return float(np.linalg.norm(np.diff(points, axis=0), axis=1).mean())


if __name__ == "__main__":
    main()
