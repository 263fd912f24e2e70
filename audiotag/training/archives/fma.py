"""The layout of the FMA data set (Defferrard et al., 2017): numbered clips and tracks.csv.

tracks.csv has three header rows: what a column is of (album, artist, set, track), what it
says, and `track_id` over the first column with nothing else. Texts in it run over lines.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from audiotag.errors import ArchiveError
from audiotag.text import printable

METADATA = "tracks.csv"
# Each has all tracks of those before it. What is in fma_full has no subset of its own: it
# is fma_large with the songs whole.
_SUBSETS = ("small", "medium", "large")
_FOLDERS = {f"fma_{name}": name for name in _SUBSETS} | {"fma_full": "large"}
_SPLITS = {"training": "train", "validation": "val", "test": "test"}


@dataclass(frozen=True)
class FmaTrack:
    """A row of tracks.csv. split: train, val or test. genre: the top genre, empty where it has none."""

    track_id: int
    split: str
    subset: str
    genre: str

    @property
    def name(self) -> str:
        """Where its clip is below the audio folder."""
        number = f"{self.track_id:06d}"
        return f"{number[:3]}/{number}.mp3"


@dataclass(frozen=True)
class FmaLayout:
    """audio: the folder with 000, 001, …. metadata: tracks.csv. subset: what the folder holds."""

    audio: Path
    metadata: Path
    subset: str

    def tracks(self) -> list[FmaTrack]:
        """The tracks of the subset, by id. Raises ArchiveError when tracks.csv is not what it should be."""
        held = _SUBSETS[: _SUBSETS.index(self.subset) + 1]
        found = (track for track in read_tracks(self.metadata) if track.subset in held)
        return sorted(found, key=lambda track: track.track_id)


def find_layout(folder: Path) -> FmaLayout | None:
    """FMA's layout in `folder`, or None: that above fma_small and fma_metadata, or fma_small itself.

    Raises ArchiveError where tracks.csv is there but not one audio folder.
    """
    folder = folder.absolute()
    if folder.name in _FOLDERS:
        audio, places = [folder], [folder, folder.parent]
    else:
        audio, places = [folder / name for name in _FOLDERS if (folder / name).is_dir()], [folder]
    candidates = [place / part for place in places for part in (METADATA, f"fma_metadata/{METADATA}")]
    metadata = next((path for path in candidates if path.is_file()), None)
    if metadata is None:
        if audio:
            raise ArchiveError(f"{printable(folder)}: audio without {METADATA}; put fma_metadata beside it")
        return None
    if len(audio) != 1:
        found = " and ".join(path.name for path in audio) or "no fma_small, fma_medium or fma_large"
        advice = "name one of them" if audio else "unpack one there"
        raise ArchiveError(f"{printable(folder)}: has {METADATA} and {found}; {advice}")
    return FmaLayout(audio[0], metadata, _FOLDERS[audio[0].name])


def read_tracks(metadata: Path) -> Iterator[FmaTrack]:
    """The rows of tracks.csv as they come. Raises ArchiveError when it is damaged or something else."""
    try:
        with metadata.open(encoding="utf-8", newline="") as file, _long_fields():
            rows = csv.reader(file, strict=True)
            columns = _columns(next(rows), next(rows))
            if next(rows)[0] != "track_id":
                raise ValueError("its third row is not that of track_id")
            for row in rows:
                yield _track(row, columns)
    except (OSError, ValueError, KeyError, IndexError, StopIteration, csv.Error) as fault:
        reason = f"{type(fault).__name__}: {fault}" if isinstance(fault, KeyError | StopIteration) else fault
        raise ArchiveError(f"{printable(metadata)}: not FMA's {METADATA} ({reason})") from fault


@contextmanager
def _long_fields() -> Iterator[None]:
    """Biographies may be long; the limit is the whole process's, and others rely on it."""
    before = csv.field_size_limit(1 << 30)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _columns(of: Sequence[str], what: Sequence[str]) -> tuple[int, int, int]:
    """Where split, subset and top genre stand."""
    names = list(zip(of, what, strict=True))
    wanted = (("set", "split"), ("set", "subset"), ("track", "genre_top"))
    missing = [" ".join(name) for name in wanted if name not in names]
    if missing:
        raise ValueError(f"it has no column {', '.join(missing)}")
    split, subset, genre = (names.index(name) for name in wanted)
    return split, subset, genre


def _track(row: Sequence[str], columns: tuple[int, int, int]) -> FmaTrack:
    split, subset, genre = (row[column] for column in columns)
    if split not in _SPLITS:
        raise ValueError(f"track {row[0]} has split {split!r}")
    return FmaTrack(int(row[0]), _SPLITS[split], subset, genre.strip())
