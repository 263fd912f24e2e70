"""What the library keeps of a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

Status = Literal["ok", "too-short", "failed"]


@dataclass(frozen=True)
class StoredModel:
    """The model a track was heard with. genres: in the order of its probabilities."""

    identity: str
    genres: tuple[str, ...]
    threshold: float


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
    """What the file's tags say. Missing values are empty; tags is None where nobody knows them."""

    artist: str = ""
    album: str = ""
    title: str = ""
    tags: KnownTags | None = None


@dataclass(frozen=True)
class Track:
    """One file's row.

    size, mtime_ns: of the file when it was heard. duration: seconds of sound.
    windows: how many were averaged; windows_asked: 'all' or the --windows number.
    error_kind, error: why, when status is not 'ok'. model and probabilities (genres,)
    and embedding (hidden,) are None then. missing: the file was gone when last looked for.
    fingerprint: of its sound, see fingerprint.py.
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

    def ranked(self) -> list[tuple[str, float]]:
        """(genre, probability), the most probable first; empty when nothing was predicted."""
        if self.model is None or self.probabilities is None:
            return []
        order = np.argsort(-self.probabilities, kind="stable")
        return [(self.model.genres[i], float(self.probabilities[i])) for i in order]

    @property
    def certain(self) -> bool:
        """Whether the top probability reaches the threshold of the model that gave it."""
        return self.model is not None and self.ranked()[0][1] >= self.model.threshold
