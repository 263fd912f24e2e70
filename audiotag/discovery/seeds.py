"""What an answer is to sound like: tracks of the library, folders of it, and files that it does not know.

Several make one direction, the mean of their embeddings' directions: a track counts as much as another, and a
folder as much as it has tracks. What lies below another path that was given counts once.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from audiotag.discovery.first_genres import FirstGenres
from audiotag.discovery.sieve import folded
from audiotag.discovery.sound_rows import rows_below
from audiotag.errors import AudiotagError
from audiotag.library.embeddings import Space, Stored, stored_of_rows, unit_vectors
from audiotag.library.records import Track
from audiotag.library.store import Store
from audiotag.library.walk import ranges_of, topmost
from audiotag.model.learnt import LearntModel
from audiotag.text import printable

# Hears files that the library does not know: see hear.py.
Hear = Callable[[Sequence[bytes]], list[Track]]
# What is asked of a seed's row, besides its embedding.
_COLUMNS = ("probabilities", "artist", "album")


@dataclass(frozen=True)
class Seeds:
    """direction: (size,) float32 of length 1. rows: those in the library, int64 in order. heard: the others.
    genres: each one's first; artists, albums: folded, none of them empty."""

    direction: np.ndarray
    rows: np.ndarray
    heard: tuple[Track, ...] = ()
    genres: frozenset[str] = frozenset()
    artists: frozenset[str] = frozenset()
    albums: frozenset[str] = frozenset()


def find_seeds(
    store: Store, space: Space, paths: Sequence[bytes], hear: Hear, learnt: LearntModel | None = None
) -> Seeds:
    """The tracks at or below absolute paths, and what `hear` says of files that are not in the library.
    learnt: in whose genres, None for the network's.

    Raises AudiotagError, which names the path, where there is nothing to compare with.
    """
    gathered, unknown = _Gathered(space, FirstGenres(space.model, learnt)), []
    for path in topmost(paths):
        rows = _rows_below(store, path)
        if len(rows):
            before = gathered.count
            for stored in stored_of_rows(store, space, rows, _COLUMNS):
                gathered.add(stored)
            if gathered.count == before:
                raise AudiotagError(_why_none(store, space, path))
        else:
            _must_be_file(path)
            unknown.append(path)
    heard = hear(unknown) if unknown else []
    for track in heard:
        gathered.add_heard(track)
    return gathered.seeds(tuple(heard))


def one_track(store: Store, space: Space, path: bytes, hear: Hear) -> Track:
    """The track of an absolute path, heard where the library does not know it, with an embedding of that
    space.

    Raises AudiotagError, which names the path, where there is none.
    """
    track = store.track(path)
    if track is None:
        if os.path.isdir(path):
            raise AudiotagError(f"{printable(path)}: is a folder; a playlist leads from one track to another")
        _must_be_file(path)
        (track,) = hear([path])
    known = track.model is not None and track.model.identity == space.model.identity
    if not known or track.embedding is None or not unit_vectors(track.embedding[None])[1][0]:
        raise AudiotagError(_why_none(store, space, path))
    return track


@dataclass
class _Gathered:
    """Seeds as they come, chunk by chunk."""

    space: Space
    first: FirstGenres
    count: int = 0
    rows: list[np.ndarray] = field(default_factory=list)
    genres: set[str] = field(default_factory=set)
    artists: set[str] = field(default_factory=set)
    albums: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.total = np.zeros(self.space.size)

    def add(self, stored: Stored) -> None:
        unit, whole = unit_vectors(stored.halves)
        self.rows.append(stored.rows[whole])
        self.count += int(whole.sum())
        self.total += unit[whole].sum(axis=0, dtype=float)
        blobs, artists, albums = stored.more
        best = self.first.of_rows(stored, blobs)
        self.genres |= {self.first.names[number] for number in best[whole & (best >= 0)].tolist()}
        self.artists |= {folded(name) for name in artists}
        self.albums |= {folded(name) for name in albums}

    def add_heard(self, track: Track) -> None:
        assert track.embedding is not None
        unit, whole = unit_vectors(track.embedding[None])
        if not whole[0]:
            raise AudiotagError(f"{printable(track.path)}: the model has nothing to say of it")
        self.count += 1
        self.total += unit[0]
        self.genres |= self.first.of_track(track)
        self.artists.add(folded(track.info.artist))
        self.albums.add(folded(track.info.album))

    def seeds(self, heard: tuple[Track, ...]) -> Seeds:
        """Raises AudiotagError where they cancel each other out."""
        direction, whole = unit_vectors((self.total / max(self.count, 1))[None])
        if not whole[0]:
            raise AudiotagError("these tracks have no sound in common; name fewer of them")
        rows = np.sort(np.concatenate([np.empty(0, np.int64), *self.rows]))
        names = (frozenset(names - {""}) for names in (self.artists, self.albums))
        return Seeds(direction[0], rows, heard, frozenset(self.genres), *names)


def _rows_below(store: Store, path: bytes) -> np.ndarray:
    """The rows at or below an absolute path, (n,) int64 in order."""
    return np.sort(np.concatenate([np.empty(0, np.int64), *rows_below(store, [path])]))


def _must_be_file(path: bytes) -> None:
    """Raises AudiotagError unless an unknown path is a file that can be heard."""
    if os.path.isdir(path):
        raise AudiotagError(
            f"{printable(path)}: none of its files is in the library; run 'audiotag scan' on it"
        )
    if not os.path.lexists(path):
        raise AudiotagError(f"{printable(path)}: no such file or folder, nor is it in the library")
    if os.path.exists(path) and not os.path.isfile(path):
        raise AudiotagError(f"{printable(path)}: is neither a file nor a folder")


def _why_none(store: Store, space: Space, path: bytes) -> str:
    """Why no track at or below a path that the library knows can be compared."""
    track = store.track(path)
    if track is None:
        if older := _older_model_below(store, space, path):
            return f"{printable(path)}: heard by an older model, {older}; run 'audiotag scan' on it"
        return f"{printable(path)}: none of its tracks can be compared; see 'audiotag report' for why"
    if track.error is not None:
        return f"{printable(path)}: cannot be compared: {track.error}"
    if track.model is not None and track.model.identity != space.model.identity:
        return (
            f"{printable(path)}: heard by an older model, {track.model.identity}; run 'audiotag scan' on it"
        )
    return f"{printable(path)}: its embedding says nothing; run 'audiotag scan --rescan' on it"


def _older_model_below(store: Store, space: Space, path: bytes) -> str | None:
    """One that heard a track below a folder, if not all were heard by that of the space."""
    query = (
        "SELECT m.identity FROM tracks AS t JOIN models AS m ON m.id = t.model "
        "WHERE t.path >= ? AND t.path < ? AND m.id <> ? LIMIT 1"
    )
    for bounds in ranges_of([path]):
        for (identity,) in store.execute(query, (*bounds, space.number)):
            return str(identity)
    return None
