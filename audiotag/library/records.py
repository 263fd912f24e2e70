"""What the library keeps of a file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np

Status = Literal["ok", "too-short", "failed"]


@dataclass(frozen=True)
class StyleOutput:
    """A style, which is written after its parent where its probability is at least the threshold."""

    name: str
    parent: str
    threshold: float


@dataclass(frozen=True)
class StoredModel:
    """The model a track was heard with. genres, styles: in the order of its probabilities.
    thresholds: of each genre, the least probability at which it is written; None: never by default."""

    identity: str
    genres: tuple[str, ...]
    thresholds: tuple[float | None, ...]
    styles: tuple[StyleOutput, ...] = ()


class Judged(NamedTuple):
    """How likely a genre or a style is, 0..1, and from what on it is written; None: never."""

    name: str
    probability: float
    threshold: float | None

    @property
    def reaches(self) -> bool:
        """Whether it is likely enough to be written."""
        return self.threshold is not None and self.probability >= self.threshold

    @property
    def place(self) -> tuple[bool, float, float]:
        """The less, the better: first those that reach their threshold, the most probable first, of
        two as probable the one that is farther above it; then the others by probability."""
        above = self.probability - self.threshold if self.threshold is not None and self.reaches else 0.0
        return not self.reaches, -self.probability, -above


def best_first(judged: Iterable[Judged]) -> list[Judged]:
    """In the order of Judged.place."""
    return sorted(judged, key=lambda one: one.place)


@dataclass(frozen=True)
class KnownTags:
    """What planning needs of a file's tags, as tags.formats.TrackTags has it.

    state: of the file when they were read, see tags/known.py; in any other state they count for
    nothing. container: empty where they could not be read.
    """

    state: str
    container: str = ""
    genres: tuple[str, ...] = ()
    stored: tuple[str, ...] = ()
    id3_version: int | None = None
    texts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def to_json(self) -> str:
        """All but the state."""
        values = (self.container, self.genres, self.stored, self.id3_version, dict(self.texts))
        return json.dumps(values)

    @classmethod
    def from_json(cls, state: str, text: str) -> KnownTags:
        """The reverse of `to_json`."""
        container, genres, stored, version, texts = json.loads(text)
        values = {name: tuple(parts) for name, parts in texts.items()}
        return cls(state, container, tuple(genres), tuple(stored), version, values)


@dataclass(frozen=True)
class TrackInfo:
    """What the file's tags say. Missing values are empty, or None; tags is None where nobody knows them."""

    artist: str = ""
    album: str = ""
    title: str = ""
    tags: KnownTags | None = None
    year: int | None = None


@dataclass(frozen=True)
class Track:
    """One file's row.

    size, mtime_ns: of the file when it was heard. duration: seconds of sound.
    windows: how many were averaged; windows_asked: 'all' or the --windows number.
    error_kind, error: why, when status is not 'ok'. model, probabilities (genres,), calibrated,
    embedding, of any size, and styles (styles,) are None then; styles too for a model that has none.
    missing: the file was gone when last looked for. fingerprint: of its sound, see fingerprint.py.
    """

    path: bytes
    size: int
    mtime_ns: int
    status: Status
    info: TrackInfo
    duration: float | None
    windows: int
    windows_asked: str
    scanned_at: str
    error_kind: str | None = None
    error: str | None = None
    model: StoredModel | None = None
    probabilities: np.ndarray | None = None
    embedding: np.ndarray | None = None
    missing: bool = False
    fingerprint: bytes | None = None
    styles: np.ndarray | None = None

    def judged(self) -> list[Judged]:
        """Every genre of its model, best first; empty when nothing was predicted."""
        if self.model is None or self.probabilities is None:
            return []
        values = zip(self.model.genres, self.probabilities.tolist(), self.model.thresholds, strict=True)
        return best_first(Judged(*one) for one in values)

    def judged_styles(self) -> list[Judged]:
        """Every style of its model, best first; empty where that has none."""
        return best_first(judged for _parent, judged in self._each_style())

    def styles_by_genre(self) -> dict[str, tuple[Judged, ...]]:
        """Those below each genre that has some, in the model's order."""
        below: dict[str, list[Judged]] = {}
        for parent, judged in self._each_style():
            below.setdefault(parent, []).append(judged)
        return {genre: tuple(styles) for genre, styles in below.items()}

    def _each_style(self) -> Iterator[tuple[str, Judged]]:
        if self.model is None or self.styles is None:
            return
        for style, probability in zip(self.model.styles, self.styles.tolist(), strict=True):
            yield style.parent, Judged(style.name, probability, style.threshold)

    def ranked(self) -> list[tuple[str, float]]:
        """(genre, probability), best first: see Judged.place. Empty when nothing was predicted."""
        return [(one.name, one.probability) for one in self.judged()]

    @property
    def certain(self) -> bool:
        """Whether any genre reaches its threshold: the best one does then."""
        return any(one.reaches for one in self.judged()[:1])
