"""A learnt model: the owner's own genres, told from the embedding that another model's network gives.

It applies to what the library has already: nothing is heard again. Its files: learnt_file.py.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from audiotag.library.records import StoredModel, Track
from audiotag.model.calibration import calibrated
from audiotag.model.card import GenreOutput

_ROWS = 4096  # at a time: 8 MB of float32 at 512 numbers


@dataclass(frozen=True)
class Regression:
    """slopes (classes, size), offsets (classes,), float32; of the classes the first `genres` are genres, and
    one more may be "none of them"."""

    slopes: np.ndarray
    offsets: np.ndarray
    genres: int

    def predict(self, vectors: np.ndarray) -> np.ndarray:
        """Embeddings (n, size), of length 1 → probabilities (n, genres) float32, before calibration."""
        found = np.empty((len(vectors), self.genres), np.float32)
        for start in range(0, len(vectors), _ROWS):
            logits = vectors[start : start + _ROWS] @ self.slopes.T + self.offsets
            logits -= logits.max(axis=1, keepdims=True)
            np.exp(logits, out=logits)
            found[start : start + _ROWS] = (logits / logits.sum(axis=1, keepdims=True))[:, : self.genres]
        return found


@dataclass(frozen=True)
class Embedding:
    """Which embedding a learnt model belongs to. identity: of the model that gives it; model: that one's
    name or card file, None where it is not known; size: its numbers."""

    identity: str
    model: str | None
    size: int


@dataclass(frozen=True)
class LearntModel:
    """See the module's docstring. outputs: the owner's genres. shipped: name and threshold of each genre
    that the other model says besides."""

    name: str
    embedding: Embedding
    outputs: tuple[GenreOutput, ...]
    regression: Regression
    shipped: tuple[tuple[str, float | None], ...]
    asked: Mapping[str, Any]
    lessons: Mapping[str, Any]
    figures: Mapping[str, Any]

    @cached_property
    def identity(self) -> str:
        """Name and the start of a digest of weights and calibration: changes when an answer may."""
        known = repr([(one.name, *astuple(one.scaling)) for one in self.outputs]) + repr(
            [name for name, _ in self.shipped]
        )
        digest = hashlib.sha256(known.encode() + self.embedding.identity.encode() + self.weights())
        return f"{self.name}-{digest.hexdigest()[:12]}"

    @cached_property
    def stored(self) -> StoredModel:
        """As the library knows it: the owner's genres, then those of the other model."""
        genres = [(one.name, one.threshold) for one in self.outputs] + list(self.shipped)
        return StoredModel(
            self.identity, tuple(name for name, _ in genres), tuple(least for _, least in genres)
        )

    def judge(self, track: Track) -> Track:
        """The same track with this model's answer in the place of the other's. Where it has an embedding of
        another model, or none that is of use, it counts as failed; its file is not touched then."""
        if track.model is None:
            return track
        if track.model.identity != self.embedding.identity:
            return _unheard(track, f"heard by {track.model.identity}; {self.name} needs another scan of it")
        vector = None if track.embedding is None else _unit(track.embedding)
        if vector is None or track.probabilities is None or len(vector) != self.embedding.size:
            return _unheard(track, "its embedding is of no use; scan it again with --rescan")
        own = self.probabilities(vector[None])[0]
        others = [track.model.genres.index(name) for name, _ in self.shipped]
        both = np.concatenate([own, track.probabilities[others]]).astype(np.float32)
        return replace(track, model=self.stored, probabilities=both, styles=None)

    def probabilities(self, vectors: np.ndarray) -> np.ndarray:
        """Embeddings (n, size), of length 1 → how often each of the owner's genres is right, (n, genres)."""
        return calibrated(self.regression.predict(vectors), [one.scaling for one in self.outputs])

    def weights(self) -> bytes:
        """The content of its file of weights."""
        file = io.BytesIO()
        both = np.column_stack([self.regression.slopes, self.regression.offsets])
        np.save(file, both.astype("<f4"), allow_pickle=False)
        return file.getvalue()


def _unheard(track: Track, reason: str) -> Track:
    return replace(
        track, status="failed", error_kind="failed", error=reason, model=None, probabilities=None, styles=None
    )


def _unit(vector: np.ndarray) -> np.ndarray | None:
    values = vector.astype(np.float32)
    length = float(np.linalg.norm(values))
    return values / np.float32(length) if np.isfinite(length) and length > 0 else None
