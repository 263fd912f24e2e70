"""A learnt model: the owner's own genres, told from the embedding that another model's network gives.

It is a card, NAME.json, and a file of weights beside it, in the platform's data folder:

name                       what it is called
embedding                  {"identity", "model", "size"}: which model's embedding it belongs to, and that
                           model's name, or card file; null where nobody knew it
genres                     {NAME: {"slope", "offset", "threshold"}}, as in a model card
shipped                    {NAME: threshold}: genres that the other model says, besides
weights                    {"name", "sha256"}: (classes, size + 1) float32, .npy: a multinomial logistic
                           regression, its last column the offsets; its last row, where there is one more than
                           there are genres, is "none of them"
asked                      {"precision", "map"}: how it was learnt, for the next time
lessons, figures           counts, and what was measured on tracks left out

Nothing of a library is in it but words, weights and counts.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from platformdirs import user_data_path

from audiotag.atomic import atomic_text, atomic_write
from audiotag.errors import ModelError, UsageError, in_words
from audiotag.library.records import StoredModel, Track
from audiotag.model.calibration import Platt, calibrated
from audiotag.model.card import GenreOutput, ModelCard, load_card, shipped_models

_KIND = "learnt"
_ROWS = 4096  # at a time: 8 MB of float32 at 512 numbers
_NAME = re.compile(r"[\w][\w .-]{0,59}")


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


def learnt_folder() -> Path:
    """Where the platform expects what a program has learnt."""
    return user_data_path("audiotag") / "models"


def learnt_names() -> list[str]:
    """Those that there are, sorted."""
    return sorted(path.stem for path in learnt_folder().glob("*.json"))


def check_name(name: str) -> None:
    """Raises UsageError for one that cannot be a file's name, or is taken."""
    if not _NAME.fullmatch(name) or name.endswith((".json", " ", ".")):
        raise UsageError(f"--name {name!r}: letters, digits, spaces, '-' and '_', and at most 60 of them")
    if name in shipped_models():
        raise UsageError(f"--name {name}: that is a shipped model's; choose another")


def save_learnt(model: LearntModel) -> Path:
    """Write card and weights; returns the card's path. The weights' name has their digest, so that a card
    never stands beside those of another. Raises ModelError where that cannot be."""
    folder = learnt_folder()
    weights = model.weights()
    digest = hashlib.sha256(weights).hexdigest()
    name = f"{model.name}-{digest[:12]}.npy"
    path = folder / f"{model.name}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with atomic_write(folder / name) as file:
            file.write(weights)
        with atomic_text(path) as text:
            text.write(json.dumps(_card(model, name, digest), indent=1, ensure_ascii=False) + "\n")
        for old in folder.glob("*.npy"):
            if re.fullmatch(re.escape(model.name) + "-[0-9a-f]{12}.npy", old.name) and old.name != name:
                old.unlink()
    except OSError as fault:
        raise ModelError(f"{path}: cannot be written ({in_words(fault)})") from fault
    return path


def _card(model: LearntModel, weights: str, digest: str) -> dict[str, Any]:
    return {
        "kind": _KIND,
        "name": model.name,
        "embedding": vars(model.embedding),
        "genres": {
            one.name: {"slope": one.scaling.slope, "offset": one.scaling.offset, "threshold": one.threshold}
            for one in model.outputs
        },
        "shipped": dict(model.shipped),
        "weights": {"name": weights, "sha256": digest},
        "asked": dict(model.asked),
        "lessons": dict(model.lessons),
        "figures": dict(model.figures),
    }


def load_learnt(name: str) -> LearntModel | None:
    """The learnt model of this name, None where there is none. Raises ModelError for one that is damaged."""
    if not _NAME.fullmatch(name):
        return None
    path = learnt_folder() / f"{name}.json"
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return _parse(path, values)
    except FileNotFoundError:
        if not path.exists():
            return None
        raise ModelError(f"{path}: its weights are gone; run 'audiotag learn --name {name}' again") from None
    except (OSError, AttributeError, KeyError, IndexError, TypeError, ValueError) as fault:
        raise ModelError(f"{path}: damaged ({fault!r}); run 'audiotag learn --name {name}' again") from fault


def _parse(path: Path, values: Mapping[str, Any]) -> LearntModel:
    if values["kind"] != _KIND:
        raise ValueError(f"kind {values['kind']!r}")
    content = (path.parent / Path(values["weights"]["name"]).name).read_bytes()
    if hashlib.sha256(content).hexdigest() != values["weights"]["sha256"]:
        raise ValueError("the weights are not the card's")
    both = np.load(io.BytesIO(content), allow_pickle=False)
    outputs = tuple(_genre(name, entry) for name, entry in values["genres"].items())
    embedding = Embedding(**values["embedding"])
    if both.ndim != 2 or both.shape[1] != embedding.size + 1 or not 0 <= len(both) - len(outputs) <= 1:
        raise ValueError(f"weights of shape {both.shape}")
    return LearntModel(
        path.stem,
        embedding,
        outputs,
        Regression(both[:, :-1].copy(), both[:, -1].copy(), len(outputs)),
        tuple((str(name), _threshold(least)) for name, least in values["shipped"].items()),
        dict(values["asked"]),
        dict(values["lessons"]),
        dict(values["figures"]),
    )


def _genre(name: str, entry: Mapping[str, Any]) -> GenreOutput:
    scaling = Platt(float(entry["slope"]), float(entry["offset"]))
    return GenreOutput(name, scaling, _threshold(entry["threshold"]))


def _threshold(least: Any) -> float | None:
    return None if least is None else float(least)


@dataclass(frozen=True)
class OpenedModel:
    """What a name stands for. card: of the network that listens. learnt: what judges its embeddings, None
    where the card's own outputs do. note: what is wrong about the two, in a line, or nothing."""

    card: ModelCard
    learnt: LearntModel | None = None
    note: str = ""


def open_model(name: str) -> OpenedModel:
    """By the name of a shipped or a learnt model, or by a card file. Raises ModelError."""
    learnt = load_learnt(name)
    if learnt is None:
        return OpenedModel(load_card(name))
    if learnt.embedding.model is None:
        raise ModelError(f"model {name}: which network it was learnt on is not known; learn it again")
    card = load_card(learnt.embedding.model)
    if card.identity == learnt.embedding.identity:
        return OpenedModel(card, learnt)
    return OpenedModel(card, None, learn_again(learnt, card.identity))


def learn_again(learnt: LearntModel, present: str) -> str:
    """The line that says that its network is not the present one any more."""
    return (
        f"model {learnt.name} was learnt on what {learnt.embedding.identity} heard, and the network is now "
        f"{present}: scan, then run 'audiotag learn --update --name {learnt.name}'"
    )
