"""A folder of playlists, one a genre, and one a style if asked for: what `tag` would write, to listen to.

A track is in the playlist of its genre where that reaches its threshold, and in those of the styles below
that genre that reach theirs. What is there already and is not ours stays as it is: see own_playlist.py.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple

from audiotag.discovery.order import Flow
from audiotag.errors import AudiotagError, in_words
from audiotag.library.embeddings import latest_space, paths_of_rows
from audiotag.library.records import Track
from audiotag.library.store import Store
from audiotag.reports.file_names import distinct_names, folded
from audiotag.reports.in_order import PathsInOrder
from audiotag.reports.own_playlist import owner_of, write_own
from audiotag.reports.playlist import Listed, write_m3u
from audiotag.reports.rows import report_status
from audiotag.reports.selection import Selection, check_genres, genre_of, known_models, sort_keys, tracks_at
from audiotag.text import printable

SUFFIX = ".m3u8"
_PAGE = 500


@dataclass(frozen=True)
class PlaylistOptions:
    """folder: where they go; it is made where there is none. flow: in an order in which tracks flow into
    one another, else in that of the selection. styles: a playlist a style as well."""

    folder: Path
    flow: bool = False
    styles: bool = False


class Outcome(NamedTuple):
    """What became of one playlist. tracks: how many it has. left_out: how many no playlist can hold,
    for the line end in their names. why: it was left alone."""

    path: Path
    what: Literal["written", "unchanged", "removed", "left alone"]
    tracks: int = 0
    left_out: int = 0
    why: str = ""


class _List(NamedTuple):
    """A playlist that may be: of a genre, or of a style below it."""

    genre: str
    style: str = ""

    @property
    def title(self) -> str:
        return f"{self.genre} - {self.style}" if self.style else self.genre


def write_genre_playlists(
    store: Store, under: Sequence[bytes], selection: Selection, options: PlaylistOptions
) -> Iterator[Outcome]:
    """Write the playlists of a selection's tracks, of those that are certain and there; remove those that
    are no longer wanted: of every genre, or of those that the selection names; none where the tracks are
    those below `under` alone.

    Each is written whole or not at all, and only where it changes; one that somebody else has written, or
    edited, is left alone. Raises UsageError for an unknown genre, AudiotagError where the folder cannot
    be written.
    """
    check_genres(store, selection.genres)
    names = _names(_lists(store))
    numbers = {one: number for number, one in enumerate(names)}
    order = PathsInOrder(store, "playlists")
    for track in store.tracks(under):
        if report_status(track) == "ok" and selection.has(track):
            for one in _lists_of(track, options.styles):
                if one in numbers:  # a scan may bring in another model's meanwhile: the next report has those
                    order.add(numbers[one], sort_keys(track, selection.sort), track.path)
    flow = _flow(store) if options.flow else None
    wanted: set[str] = set()
    for one, name in names.items():
        if order.count(numbers[one]):
            wanted.add(folded(name))
            paths: Iterable[bytes] = order.paths(numbers[one], selection.reverse)
            paths = paths if flow is None else _in_flow(store, flow, paths)
            yield _write(options.folder / name, one.title, tracks_at(store, paths))
    asked = [genre.casefold() for genre in selection.genres]
    touched = {folded(name) for one, name in names.items() if one.genre.casefold() in asked}
    if not under:  # a part of the library does not tell which genres have no track any more
        yield from _remove(options.folder, wanted, touched if asked else None)


def _lists(store: Store) -> list[_List]:
    """Of every genre and style that any track may have."""
    models = known_models(store)
    genres = {_List(genre) for model in models for genre in model.genres}
    return sorted(genres | {_List(style.parent, style.name) for model in models for style in model.styles})


def _names(lists: Sequence[_List]) -> dict[_List, str]:
    """The name of each one's file, no two alike."""
    texts: dict[_List, str] = {}
    for one in lists:
        text = one.title
        while text in texts.values():  # a genre "Rock - Punk", and a style Punk of a genre Rock
            text += " "
        texts[one] = text
    names = distinct_names(list(texts.values()))
    return {one: names[text] + SUFFIX for one, text in texts.items()}


def _lists_of(track: Track, styles: bool) -> Iterator[_List]:
    genre = genre_of(track)
    yield _List(genre)
    for style in track.styles_by_genre().get(genre, ()) if styles else ():
        if style.reaches:
            yield _List(genre, style.name)


def _flow(store: Store) -> Flow | None:
    space = latest_space(store)
    return None if space is None else Flow(store, space)


def _in_flow(store: Store, flow: Flow, paths: Iterable[bytes]) -> Iterator[bytes]:
    rows: list[int] = []
    for path in paths:
        rows += [row for (row,) in store.execute("SELECT rowid FROM tracks WHERE path = ?", (path,))]
    ordered = flow.order(rows)
    for first in range(0, len(ordered), _PAGE):
        some = ordered[first : first + _PAGE]
        found = paths_of_rows(store, some)
        yield from (found[row] for row in some if row in found)


def _write(path: Path, title: str, tracks: Iterable[Track]) -> Outcome:
    def write(file: BinaryIO) -> Listed:
        return write_m3u(tracks, os.path.abspath(os.fsencode(path.parent)), file, [f"PLAYLIST:{title}"])

    _make_folder(path.parent)
    try:
        owner, is_written, listed = write_own(path, write)
    except OSError as fault:
        raise AudiotagError(f"{printable(path)}: cannot be written ({in_words(fault)})") from fault
    if owner == "own":
        return Outcome(path, "written" if is_written else "unchanged", *listed)
    why = "edited since audiotag wrote it" if owner == "edited" else "not written by audiotag"
    return Outcome(path, "left alone", why=why)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as fault:
        raise AudiotagError(f"{printable(folder)}: is no folder; name another with --m3u DIR") from fault
    except OSError as fault:
        raise AudiotagError(f"{printable(folder)}: cannot be made ({in_words(fault)})") from fault


def _remove(folder: Path, wanted: set[str], touched: set[str] | None) -> Iterator[Outcome]:
    """Those of ours that are not wanted, of `touched` if it is given."""
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(SUFFIX))
    except FileNotFoundError:
        return
    except OSError as fault:
        raise AudiotagError(f"{printable(folder)}: cannot be read ({in_words(fault)})") from fault
    for name in names:
        if folded(name) in wanted or (touched is not None and folded(name) not in touched):
            continue
        path = folder / name
        try:
            if owner_of(path) == "own":
                path.unlink()
                yield Outcome(path, "removed")
        except OSError as fault:
            raise AudiotagError(f"{printable(path)}: cannot be removed ({in_words(fault)})") from fault
