"""Which tracks an answer may have: of a genre, not of an artist or an album, not those that were asked
about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from audiotag.discovery.first_genres import FirstGenres
from audiotag.discovery.nearest import Sieve
from audiotag.library.embeddings import Stored


@dataclass(frozen=True)
class Wanted:
    """rows: the tracks that are left out, int64 in order. genres: only of these, None: of any. artists,
    albums: of none of these; casefolded. Who has no artist, or no album, shares it with nobody."""

    rows: np.ndarray
    genres: frozenset[str] | None = None
    artists: frozenset[str] = frozenset()
    albums: frozenset[str] = frozenset()


def sieve_for(wanted: Wanted, first: FirstGenres) -> Sieve:
    """Looks at no more of the rows than is asked for."""
    columns = []
    if wanted.genres is not None:
        columns.append("probabilities")
    columns += ["artist"] if wanted.artists else []
    columns += ["album"] if wanted.albums else []

    def passes(stored: Stored) -> np.ndarray:
        more = dict(zip(columns, stored.more, strict=True))
        good = ~is_among(stored.rows, wanted.rows)
        if wanted.genres is not None:
            named = [genre in wanted.genres for genre in first.names]
            best = first.of_rows(stored, more["probabilities"])
            good &= np.array([*named, False])[best]
        for column, names in (("artist", wanted.artists), ("album", wanted.albums)):
            if names:
                good &= np.array([folded(name) not in names for name in more[column]])
        return good

    return Sieve(tuple(columns), passes)


def folded(name: str) -> str:
    """A name as names are compared: in whatever case, and with whatever space around it."""
    return name.strip().casefold()


def is_among(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(n,) which of the rows are among others, which are in order."""
    if not len(others):
        return np.zeros(len(rows), bool)
    places = np.searchsorted(others, rows)
    among: np.ndarray = others[np.minimum(places, len(others) - 1)] == rows
    return among
