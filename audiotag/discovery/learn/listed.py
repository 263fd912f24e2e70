"""The models that there are, for a list of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from audiotag.errors import ModelError
from audiotag.model.card import load_card, shipped_models
from audiotag.model.learnt_file import learn_again, learnt_names, load_learnt


@dataclass(frozen=True)
class ListedModel:
    """kind: shipped or learnt. tracks: that it was learnt from. top1, coverage, precision: as figures.Worth,
    of the owner's tracks, left out; None for a shipped model. problem: what is wrong with it, in a line."""

    name: str
    kind: str
    identity: str | None = None
    genres: tuple[str, ...] = ()
    tracks: int | None = None
    top1: float | None = None
    coverage: float | None = None
    precision: float | None = None
    problem: str | None = None


def listed_models() -> Iterator[ListedModel]:
    """The shipped ones, then those that were learnt; each by name."""
    yield from map(_shipped, shipped_models())
    yield from map(_learnt, learnt_names())


def _shipped(name: str) -> ListedModel:
    try:
        card = load_card(name)
    except ModelError as fault:
        return ListedModel(name, "shipped", problem=str(fault))
    return ListedModel(name, "shipped", card.identity, card.genres)


def _learnt(name: str) -> ListedModel:
    try:
        model = load_learnt(name)
        if model is None:
            return ListedModel(name, "learnt", problem=f"model {name}: no name for a model")
        own = model.figures["own"]
        problem = None
        if model.embedding.model is not None:
            present = load_card(model.embedding.model).identity
            if present != model.embedding.identity:
                problem = learn_again(model, present)
        return ListedModel(
            name, "learnt", model.identity, model.stored.genres, model.lessons["tracks"],
            own["top1"], own["coverage"], own["precision"], problem,
        )  # fmt: skip
    except ModelError as fault:
        return ListedModel(name, "learnt", problem=str(fault))
