"""The files of learnt models (learnt.py), and what a model's name stands for.

It is a card, NAME.json, and a file of weights beside it, in the platform's data folder:

name                       what it is called
embedding                  {"identity", "model", "size"}: which model's embedding it belongs to, and that
                           model's name, or card file; null where nobody knew it
genres                     {NAME: {"slope", "offset", "threshold"}}, as in a model card
shipped                    {NAME: threshold}: genres that the other model says, besides
weights                    {"name", "sha256"}: (classes, size + 1) float32, .npy: a multinomial
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
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from platformdirs import user_data_path

from audiotag.atomic import atomic_text, atomic_write
from audiotag.errors import ModelError, UsageError, in_words
from audiotag.model.calibration import Platt
from audiotag.model.card import GenreOutput, ModelCard, load_card, shipped_models
from audiotag.model.learnt import Embedding, LearntModel, Regression

_KIND = "learnt"
_NAME = re.compile(r"[\w][\w .-]{0,59}")


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
    except (OSError, AttributeError, LookupError, TypeError, ValueError, RecursionError) as fault:
        raise ModelError(f"{path}: damaged ({fault!r}); run 'audiotag learn --name {name}' again") from fault


def load_named(name: str) -> LearntModel | None:
    """The learnt model of this name, None for a network's. Raises ModelError where there is neither."""
    learnt = load_learnt(name)
    if learnt is None and not name.endswith(".json") and name not in shipped_models():
        there = ", ".join([*shipped_models(), *learnt_names()])
        raise ModelError(
            f"no model {name!r}: give one of: {there}; or a card's path (.json). 'audiotag learn --name NAME'"
            " makes one of your own genres"
        )
    return learnt


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
    if not np.isfinite(both).all():
        raise ValueError("weights that are no numbers")
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
    learnt = load_named(name)
    if learnt is None:
        return OpenedModel(load_card(name))
    if learnt.embedding.model is None:
        raise ModelError(f"model {name}: which network it was learnt on is not known; name that with --model")
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


def network_named(identity: str, names: Iterable[str]) -> str | None:
    """Which of these models, by name or card file, has this identity, as it can be called from anywhere; a
    learnt one stands for its network. None where it is none of them."""
    return next((called for called in map(_network, names) if _is(called, identity)), None)


def _network(name: str) -> str | None:
    try:
        learnt = load_learnt(name)
    except ModelError:  # it is damaged, and about to be learnt again
        return None
    called = name if learnt is None else learnt.embedding.model
    return os.path.abspath(called) if called is not None and called.endswith(".json") else called


def _is(called: str | None, identity: str) -> bool:
    try:
        return called is not None and load_card(called).identity == identity
    except ModelError:  # what is damaged or gone is not what heard the tracks
        return False
