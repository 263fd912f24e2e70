"""Tracks whose files say a genre: what there is to learn from, without their embeddings."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from audiotag.library.embeddings import Space, in_parts
from audiotag.library.records import KnownTags
from audiotag.library.store import Store
from audiotag.library.walk import ranges_of

_PAGE = 2_000


@dataclass(frozen=True)
class Tagged:
    """A track with genres in its file. row: see embeddings.Chunk. tags: as they were last seen."""

    row: int
    path: bytes
    artist: str
    album: str
    sound: bytes | None
    tags: KnownTags


def tagged_tracks(store: Store, space: Space, under: Iterable[bytes] = ()) -> Iterator[Tagged]:
    """Those of a space with a genre, at or below the absolute paths `under`, or all; in order of path.
    Files that are gone are not among them."""
    query = (
        "SELECT rowid, path, artist, album, fingerprint, tags_state, tags FROM tracks "
        "WHERE path >= ? AND path < ? AND model = ? AND NOT missing AND tags IS NOT NULL "
        f"ORDER BY path LIMIT {_PAGE}"
    )
    for first, end in ranges_of(under):
        start = first
        while found := store.execute(query, (start, end, space.number)):
            for row, path, artist, album, sound, state, text in found:
                tags = KnownTags.from_json(state, text)
                if tags.genres:
                    yield Tagged(row, path, artist, album, sound, tags)
            start = found[-1][1] + b"\0"  # the least that comes after it


def tagged_elsewhere(store: Store, space: Space) -> int:
    """How many tracks with a genre were heard by another model, so that their embeddings are of no use."""
    rows = store.execute(
        "SELECT tags FROM tracks WHERE model IS NOT ? AND status = 'ok' AND NOT missing AND tags IS NOT NULL",
        (space.number,),
    )
    return sum(bool(json.loads(text)[1]) for (text,) in rows)


def probabilities_of_rows(store: Store, space: Space, rows: Sequence[int]) -> np.ndarray:
    """(n, genres) float32: what the space's model says of tracks, in the order of their rows' numbers."""
    kept: list[bytes | None] = []
    for some, marks in in_parts(rows):
        blobs = dict(store.execute(f"SELECT rowid, probabilities FROM tracks WHERE rowid IN ({marks})", some))
        kept += [blobs.get(row) for row in some]
    found = np.zeros((len(rows), len(space.model.genres)), np.float32)
    for place, blob in enumerate(kept):
        if blob is not None and len(blob) == found.shape[1] * 4:
            found[place] = np.frombuffer(blob, "<f4")
    return found
