"""The lessons: tracks of which the owner says the genre, and what the network made of their sound.

Only the library is read. A genre that audiotag wrote is none of them, one that the owner has changed
since is. Copies of one recording are one lesson, with the genres of all.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from audiotag.discovery.learn.words import Cleaning
from audiotag.errors import LearnError
from audiotag.library.embeddings import Space, embeddings, latest_space
from audiotag.library.records import StoredModel
from audiotag.library.store import Store
from audiotag.library.tagged import Tagged, probabilities_of_rows, tagged_elsewhere, tagged_tracks
from audiotag.tags.owners import OwnersGenres

# So many embeddings are held at once: 200 MB of them at 512 numbers.
MOST_LESSONS = 100_000


@dataclass(frozen=True)
class Lessons:
    """n tracks, in order of path.

    model: which heard them. vectors (n, size) float32, of length 1. words: genres of each, see
    words.Cleaning. groups (n,) int: tracks that stay together when some are left out share a number.
    grouped: how many are together by artist, album and folder. shipped (n, genres of the model) float32:
    what it says of them itself. paths: of each. passed_over: tracks with a genre that teach nothing, by why.
    """

    model: StoredModel
    vectors: np.ndarray
    words: tuple[tuple[str, ...], ...]
    groups: np.ndarray
    grouped: Mapping[str, int]
    shipped: np.ndarray
    paths: tuple[bytes, ...]
    passed_over: Mapping[str, int] = field(default_factory=dict)


@dataclass
class _Found:
    """Lessons without what the network made of them."""

    rows: list[int] = field(default_factory=list)
    paths: list[bytes] = field(default_factory=list)
    words: list[tuple[str, ...]] = field(default_factory=list)
    groups: list[tuple[str, str | bytes]] = field(default_factory=list)
    of_sound: dict[bytes, int] = field(default_factory=dict)
    copies: int = 0
    written: int = 0

    def add(self, track: Tagged, words: tuple[str, ...]) -> None:
        place = None if track.sound is None else self.of_sound.get(track.sound)
        if place is not None:
            self.copies += 1
            self.words[place] = tuple(dict.fromkeys([*self.words[place], *words]))
            return
        if track.sound is not None:
            self.of_sound[track.sound] = len(self.rows)
        self.rows.append(track.row)
        self.paths.append(track.path)
        self.words.append(words)
        self.groups.append(_group(track))


def read_lessons(store: Store, under: Sequence[bytes], cleaning: Cleaning) -> Lessons:
    """Those at or below the absolute paths `under`, or all. No file is opened.

    Raises LearnError where there are none.
    """
    space = latest_space(store)
    if space is None:
        raise LearnError("nothing has been heard yet; run 'audiotag scan FOLDER' first")
    found = _without_vectors(store, space, under, cleaning)
    elsewhere = tagged_elsewhere(store, space)
    if not found.rows:
        raise LearnError(_why_none(elsewhere, found.written))
    wanted = _thinned(found)
    places = {found.rows[place]: number for number, place in enumerate(wanted)}
    vectors = np.zeros((len(wanted), space.size), np.float32)
    whole = np.zeros(len(wanted), bool)
    for chunk in embeddings(store, space):
        here = [(at, places[row]) for at, row in enumerate(chunk.rows.tolist()) if row in places]
        if here:
            source, target = np.array(here).T
            vectors[target] = chunk.vectors[source]
            whole[target] = True
    if not whole.any():
        raise LearnError("the tracks with a genre have no embedding that is of use; 'audiotag scan --rescan'")
    chosen = [place for place, good in zip(wanted, whole, strict=True) if good]
    kinds = Counter(found.groups[place][0] for place in chosen)
    passed_over = {
        "heard by another model": elsewhere,
        "written by audiotag": found.written,
        "copies": found.copies,
        "without a usable embedding": int((~whole).sum()),
        "more than are needed": len(found.rows) - len(wanted),
    }
    return Lessons(
        space.model,
        vectors if whole.all() else vectors[whole],
        tuple(found.words[place] for place in chosen),
        _numbered([found.groups[place] for place in chosen]),
        dict(sorted(kinds.items())),
        probabilities_of_rows(store, space, [found.rows[place] for place in chosen]),
        tuple(found.paths[place] for place in chosen),
        {why: count for why, count in passed_over.items() if count},
    )


def _without_vectors(store: Store, space: Space, under: Sequence[bytes], cleaning: Cleaning) -> _Found:
    owners, found = OwnersGenres(store), _Found()
    for track in tagged_tracks(store, space, under):
        own = owners.of(track.path, track.sound, track.tags)
        found.written += not own
        words = cleaning.words(own)
        if words:
            found.add(track, words)
    return found


def _why_none(elsewhere: int, written: int) -> str:
    if elsewhere:
        return (
            f"{elsewhere:,} tracks with a genre were heard by an older model, and none by the present one; "
            "run 'audiotag scan' on them first"
        )
    if written:
        return (
            f"the only genres there, of {written:,} tracks, are those that audiotag wrote; tag some by hand"
        )
    return "no track has a genre of its own; tag some by hand, then run 'audiotag scan' and learn again"


def _group(track: Tagged) -> tuple[str, str | bytes]:
    """What a track is left out with: its artist, else album, else folder."""
    for kind, name in (("artist", track.artist), ("album", track.album)):
        plain = " ".join(name.casefold().split())
        if plain:
            return kind, plain
    return "folder", os.path.dirname(track.path)


def _numbered(groups: Sequence[tuple[str, str | bytes]]) -> np.ndarray:
    numbers: dict[tuple[str, str | bytes], int] = {}
    return np.array([numbers.setdefault(group, len(numbers)) for group in groups], np.int64)


def _thinned(found: _Found) -> list[int]:
    """Positions of at most MOST_LESSONS, of rare genres rather than of frequent ones."""
    count = len(found.rows)
    if count <= MOST_LESSONS:
        return list(range(count))
    priority = np.full(count, count)
    seen: Counter[str] = Counter()
    for place in np.random.default_rng(0).permutation(count):
        for word in found.words[place]:
            priority[place] = min(priority[place], seen[word])
            seen[word] += 1
    return sorted(np.argsort(priority, kind="stable")[:MOST_LESSONS].tolist())
