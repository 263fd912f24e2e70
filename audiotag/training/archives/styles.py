"""Styles: finer genres, as House below Electronic, of tracks that an archive holds.

They stand in a CSV file of their own, `track_id,split,genre,styles`, a row a track, its styles joined by
`|`. Such labels are incomplete: a track without `Techno` may be techno.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from audiotag.errors import ArchiveError, in_words, one_line
from audiotag.text import printable
from audiotag.training.archives.groups import album_groups
from audiotag.training.archives.split import SPLITS

_COLUMNS = ("track_id", "split", "genre", "styles")


@dataclass(frozen=True)
class StyledTrack:
    """A row of the file. genre: empty where it has none."""

    track_id: int
    split: str
    genre: str
    styles: frozenset[str]


@dataclass(frozen=True)
class Styles:
    """names: the styles that can be learnt, sorted. parents: of each the genre it stands below.
    carried: of each track of the file, by its id, all of its styles, learnt or not."""

    names: tuple[str, ...]
    parents: tuple[str, ...]
    carried: Mapping[int, frozenset[str]]

    def of(self, track_id: np.ndarray) -> np.ndarray:
        """(n,) int → (n, styles) bool: which styles each track carries; none where it is not known."""
        rows = [self.carried.get(int(track), frozenset()) for track in track_id]
        return np.array([[name in row for name in self.names] for row in rows], bool).reshape(
            len(rows), len(self.names)
        )

    def known(self, track_id: np.ndarray) -> np.ndarray:
        """(n,) int → (n,) bool: whether the file says anything of the track."""
        return np.array([int(track) in self.carried for track in track_id], bool)


def choose_styles(rows: Sequence[StyledTrack], tracks: int, groups: int, taken: Sequence[str] = ()) -> Styles:
    """The styles of at least so many tracks of `train`, from at least so many groups: albums, by
    neighbouring track ids.

    A style's parent is the genre that most of these tracks carry, of equals the first in the alphabet;
    a style of no genre is left out. A style that is named like a genre, or like one of `taken`, is none.
    """
    album = album_groups(np.array([row.track_id for row in rows], np.int64)).tolist()
    train = [(row, number) for row, number in zip(rows, album, strict=True) if row.split == "train"]
    genres = {row.genre for row in rows} | set(taken)
    parents: dict[str, str] = {}
    for name in sorted(set[str]().union(*(row.styles for row, _ in train)) - genres):
        carrying = [(row.genre, number) for row, number in train if name in row.styles]
        above = Counter(genre for genre, _ in carrying if genre)
        if above and len(carrying) >= tracks and len({number for _, number in carrying}) >= groups:
            parents[name] = min(above, key=lambda genre: (-above[genre], genre))
    carried = {row.track_id: row.styles for row in rows}
    return Styles(tuple(parents), tuple(parents.values()), carried)


def read_styles(path: Path) -> list[StyledTrack]:
    """The rows of a file of styles, in UTF-8; columns that are not ours are ignored.

    Raises ArchiveError when it cannot be read or is something else.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(_rows(csv.reader(file, strict=True)))
    except UnicodeDecodeError as fault:
        raise ArchiveError(f"{printable(path)}: not a file of styles (it is not UTF-8)") from fault
    except OSError as fault:
        raise ArchiveError(f"{printable(path)}: cannot be read ({in_words(fault)})") from fault
    except (ValueError, csv.Error) as fault:
        raise ArchiveError(f"{printable(path)}: not a file of styles ({one_line(fault)})") from fault
    if not rows:
        raise ArchiveError(f"{printable(path)}: not a file of styles (it names no tracks)")
    return rows


def _rows(reader: Iterator[list[str]]) -> Iterator[StyledTrack]:
    """Raises ValueError for what is wrong, with its line."""
    header = next(reader, [])
    missing = [name for name in _COLUMNS if name not in header]
    if missing:
        raise ValueError(f"it has no column {', '.join(missing)}")
    places = [header.index(name) for name in _COLUMNS]
    seen = set()
    for number, row in enumerate(reader, start=2):
        if len(row) != len(header):
            raise ValueError(f"row {number} has {len(row)} values, not {len(header)}")
        track = _track(*(row[place].strip() for place in places), number=number)
        if track.track_id in seen:
            raise ValueError(f"track {track.track_id} is there twice, the second time in row {number}")
        seen.add(track.track_id)
        yield track


def _track(track_id: str, split: str, genre: str, styles: str, *, number: int) -> StyledTrack:
    if not (track_id.isdecimal() and int(track_id) < 2**63):
        raise ValueError(f"row {number}: track_id is a whole number, not {track_id!r}")
    if split not in SPLITS:
        raise ValueError(f"row {number}: split is one of {', '.join(SPLITS)}, not {split!r}")
    names = frozenset(style.strip() for style in styles.split("|")) - {""}
    if any(";" in name for name in names):  # it parts styles in reports
        raise ValueError(f"row {number}: a style's name has a semicolon")
    return StyledTrack(int(track_id), split, genre, names)
