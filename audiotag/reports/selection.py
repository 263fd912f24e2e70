"""Which tracks a report is of, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from audiotag.errors import UsageError
from audiotag.library.records import StoredModel, Track
from audiotag.library.rows import MODEL_COLUMNS, model_of
from audiotag.library.store import Store
from audiotag.reports.in_order import Key, PathsInOrder
from audiotag.reports.rows import report_status

# Of several paths the first are named.
_NAMED = 2
STATUSES = ("ok", "uncertain", "too-short", "failed", "missing")
# Texts in their order; numbers and times the largest, or latest, first, as `ls` sorts.
SORTS = ("path", "genre", "confidence", "artist", "album", "title", "duration", "status", "scanned_at")


@dataclass(frozen=True)
class Selection:
    """Tracks of these statuses and of these genres (as the column `genre` has them, in any case of
    letters); of all where nothing is named. sort: one of SORTS. reverse: the other way round; tracks that
    have nothing to be sorted by come last all the same. Raises UsageError for what is not there."""

    statuses: tuple[str, ...] = ()
    genres: tuple[str, ...] = ()
    sort: str = "path"
    reverse: bool = False

    def __post_init__(self) -> None:
        for status in self.statuses:
            if status not in STATUSES:
                raise UsageError(f"--status {status}: choose of {', '.join(STATUSES)}")
        if self.sort not in SORTS:
            raise UsageError(f"--sort {self.sort}: choose one of {', '.join(SORTS)}")

    def has(self, track: Track) -> bool:
        """Whether a track is among them."""
        if self.statuses and report_status(track) not in self.statuses:
            return False
        return not self.genres or genre_of(track).casefold() in [genre.casefold() for genre in self.genres]


def part_in_words(under: Sequence[str], selection: Selection) -> str:
    """Which part of the library a report is of, "/music/Jazz, /tmp and 2 more paths, genre Jazz, status ok";
    empty where it is of all. under: its paths as text."""
    parts = list(under[:_NAMED])
    if rest := len(under) - len(parts):
        parts[-1] += f" and {rest} more path{'' if rest == 1 else 's'}"
    parts += [f"{name} {' or '.join(values)}" for name, values in
              (("genre", selection.genres), ("status", selection.statuses)) if values]  # fmt: skip
    return ", ".join(parts)


def select(store: Store, under: Sequence[bytes], selection: Selection) -> Iterator[Track]:
    """The tracks of a selection at or below the absolute paths `under`, or of all, as they come: memory
    does not grow with them. Raises UsageError for a genre that no model of this library knows."""
    check_genres(store, selection.genres)
    if (selection.sort, selection.reverse) == ("path", False):
        return (track for track in store.tracks(under) if selection.has(track))
    return _sorted(store, under, selection)


def _sorted(store: Store, under: Sequence[bytes], selection: Selection) -> Iterator[Track]:
    order = PathsInOrder(store, "selected")
    for track in store.tracks(under):
        if selection.has(track):
            keys = sort_keys(track, selection.sort)
            order.add(keys[0] in (None, ""), keys, track.path)
    yield from tracks_at(store, order.paths(0, selection.reverse))
    yield from tracks_at(store, order.paths(1, selection.reverse))


def tracks_at(store: Store, paths: Iterable[bytes]) -> Iterator[Track]:
    """The rows of paths, without those that went meanwhile."""
    for path in paths:
        track = store.track(path)
        if track is not None:
            yield track


def genre_of(track: Track) -> str:
    """What the column `genre` says; empty where nothing was predicted."""
    return next((genre for genre, _probability in track.ranked()), "")


def sort_keys(track: Track, sort: str) -> tuple[Key, ...]:
    """What a track is sorted by, the first of it counts most; after it the path does."""
    name = (track.info.artist.casefold(), track.info.album.casefold())
    confidence = next((-probability for _genre, probability in track.ranked()), None)
    keys: dict[str, tuple[Key, ...]] = {
        "path": (),
        "genre": (genre_of(track).casefold(), confidence),
        "confidence": (confidence,),
        "artist": name,
        "album": name[::-1],
        "title": (track.info.title.casefold(), *name),
        "duration": (None if track.duration is None else -track.duration,),
        "status": (report_status(track), track.error_kind),
        "scanned_at": (-_number(track.scanned_at),),
    }
    return keys[sort] or (0.0,)


def check_genres(store: Store, genres: Sequence[str]) -> None:
    """Raises UsageError, naming those that there are, for a genre that no model of this library knows."""
    known = known_genres(store) if genres else ()
    for genre in genres:
        if genre.casefold() not in [name.casefold() for name in known]:
            there = f"the library knows {', '.join(known)}" if known else "nothing is predicted yet"
            raise UsageError(f"--genre {genre}: no such genre; {there}")


def known_genres(store: Store) -> tuple[str, ...]:
    """Those of `known_models`."""
    return tuple(dict.fromkeys(genre for model in known_models(store) for genre in model.genres))


def known_models(store: Store) -> list[StoredModel]:
    """Every model by which some track was heard, the latest first; before them the learnt one that the
    library is seen by (model/seen.py)."""
    rows = store.execute(
        f"SELECT {MODEL_COLUMNS} FROM models "
        "WHERE EXISTS (SELECT 1 FROM tracks WHERE model = models.id) ORDER BY used DESC"
    )
    latest, models = store.latest_model(), [model_of(row) for row in rows]
    return models if latest is None or latest in models else [latest, *models]


def _number(time: str) -> int:
    """ISO 8601 in UTC as a number that grows with it; 0 for what is no time."""
    digits = "".join(character for character in time[:19] if character.isdigit())
    return int(digits or 0)
