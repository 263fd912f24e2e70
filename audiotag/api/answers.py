"""What the model says of a file, and what came of a scan."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from audiotag.errors import UsageError
from audiotag.library.records import Judged, Track
from audiotag.reports.rows import report_status

# A file's name; bytes for one that is no text.
AnyPath = str | bytes | os.PathLike[str]


@dataclass(frozen=True)
class Genre:
    """A genre or a style of the model.

    probability: calibrated, 0..1, of this genre alone: several may be likely. threshold: from what
    probability on it is written by default; None: it never is.
    """

    name: str
    probability: float
    threshold: float | None

    @property
    def certain(self) -> bool:
        """Whether it is likely enough to be written by default."""
        return self.threshold is not None and self.probability >= self.threshold


@dataclass(frozen=True)
class Style(Genre):
    """parent: the genre that it is a style of."""

    parent: str = ""


@dataclass(frozen=True)
class Answer:
    """What is known of one file.

    status: as in the report: 'ok', 'uncertain', 'too-short', 'failed' or 'missing'. error: why there are no
    genres, else empty. genres, styles: all of the model's, best first. seconds: of sound. windows: of 23.8 s
    each, how many were averaged. model: its name and version. embedding: (size,) float32, None without
    genres; near to that of what sounds like it, by cosine. sound: by what the library knows the recording,
    whatever its file is called; empty where that is not known.
    """

    path: Path
    status: str
    genres: tuple[Genre, ...] = ()
    styles: tuple[Style, ...] = ()
    error: str = ""
    artist: str = ""
    album: str = ""
    title: str = ""
    seconds: float = 0.0
    windows: int = 0
    model: str = ""
    embedding: np.ndarray | None = None
    sound: str = ""

    @property
    def genre(self) -> Genre | None:
        """The best one, certain or not; None where nothing was predicted."""
        return self.genres[0] if self.genres else None


@dataclass(frozen=True)
class ScanResult:
    """Counts of files. predicted: decoded and judged. recognised: known by their sound, under another name or
    with other tags. unchanged: not opened. failed: why, by the file's name. waiting: changed while it was
    looked at, for the next scan."""

    predicted: int
    recognised: int
    unchanged: int
    waiting: int
    too_short: int
    missing: int
    failed: Mapping[Path, str]


def must_be_windows(windows: int | None) -> None:
    """Raises UsageError for a number of windows that is none."""
    if windows is not None and windows < 1:
        raise UsageError(f"windows must be at least 1, or None for all, not {windows}")


def as_bytes(path: AnyPath) -> bytes:
    """An absolute path as the file system has it."""
    return os.path.abspath(os.fsencode(path))


def as_path(path: bytes) -> Path:
    """The same for Python; bytes that are no text become surrogates, which os.fsencode gives back."""
    return Path(os.fsdecode(path))


def answer_of(track: Track) -> Answer:
    """A row of the library for other programs."""
    parents = {} if track.model is None else {style.name: style.parent for style in track.model.styles}
    return Answer(
        path=as_path(track.path),
        status=report_status(track),
        genres=tuple(_genre(one) for one in track.judged()),
        styles=tuple(
            Style(one.name, one.probability, one.threshold, parents[one.name])
            for one in track.judged_styles()
        ),
        error=track.error or "",
        artist=track.info.artist,
        album=track.info.album,
        title=track.info.title,
        seconds=track.duration or 0.0,
        windows=track.windows,
        model="" if track.model is None else track.model.identity,
        embedding=None if track.embedding is None else track.embedding.astype(np.float32),
        sound="" if track.fingerprint is None else track.fingerprint.hex(),
    )


def _genre(judged: Judged) -> Genre:
    return Genre(judged.name, judged.probability, judged.threshold)
