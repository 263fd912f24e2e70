"""A model judged by several collections, each of which knows genres of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from audiotag.errors import ArchiveError
from audiotag.model.card import ModelCard
from audiotag.model.engines import Engine
from audiotag.text import printable
from audiotag.training.archives.archive import MelArchive, load_archive
from audiotag.training.archives.collections import split_collections
from audiotag.training.evaluation.evaluate import Evaluation, Overall, evaluate, to_json
from audiotag.training.evaluation.genre_figures import (
    BeyondFigures,
    GenreFigures,
    mean_genre,
    mean_of_known,
    sum_beyond,
)

Figures = TypeVar("Figures")


@dataclass(frozen=True)
class Evaluations:
    """collections: what was judged, by name, at least one. passed_over: collections that could not be
    judged, and why."""

    collections: Mapping[str, Evaluation]
    passed_over: Mapping[str, str]

    @property
    def figures(self) -> Overall:
        """Means over the collections, in which each counts the same; n and left_out are sums."""
        return mean_overall([one.figures for one in self.collections.values()])

    @property
    def per_genre(self) -> dict[str, GenreFigures]:
        """Of each genre the means over the collections in which it occurs; counts are sums."""
        grouped = _grouped(one.per_genre for one in self.collections.values())
        return {genre: mean_genre(grouped[genre]) for genre in self._in_order(grouped)}

    @property
    def beyond(self) -> dict[str, BeyondFigures]:
        """Sums over the collections that do not have the genre."""
        grouped = _grouped(one.beyond for one in self.collections.values())
        return {genre: sum_beyond(grouped[genre]) for genre in self._in_order(grouped)}

    def to_json(self) -> dict[str, Any]:
        """A single collection's object; of several that of their means, and theirs under `collections`."""
        if len(self.collections) == 1:
            return next(iter(self.collections.values())).to_json()
        each = {name: one.to_json() for name, one in self.collections.items()}
        return {**to_json(self.figures, self.per_genre, self.beyond), "collections": each}

    def _in_order(self, grouped: Mapping[str, object]) -> list[str]:
        genres = next(iter(self.collections.values())).genres
        return [genre for genre in genres if genre in grouped]


def evaluate_archives(paths: Sequence[Path], split: str, card: ModelCard, engine: Engine) -> Evaluations:
    """Judge a model by one split of all collections of some archives, one archive in memory at a time.

    Where some collections of an archive cannot be judged, they are passed over. Raises ArchiveError for an
    archive that cannot be read, is of another front-end than the model's, or has no collection to judge by.
    """
    judged: dict[str, Evaluation] = {}
    passed_over: dict[str, str] = {}
    for path in paths:
        archive = load_archive(path)
        archive.require_frontend(card.frontend)
        found = {
            collection.name: _evaluation_or_fault(collection.clips, split, card, engine)
            for collection in split_collections(archive, path.stem)
        }
        faults = {name: one for name, one in found.items() if isinstance(one, ArchiveError)}
        if len(faults) == len(found):
            fault = next(iter(faults.values()))
            raise ArchiveError(f"{printable(path)}: {fault}") from fault
        for name, one in found.items():
            if isinstance(one, ArchiveError):
                passed_over[_unused(name, passed_over)] = str(one)
            else:
                judged[_unused(name, judged)] = one
    return Evaluations(judged, passed_over)


def _evaluation_or_fault(
    collection: MelArchive, split: str, card: ModelCard, engine: Engine
) -> Evaluation | ArchiveError:
    try:
        return evaluate(collection, split, card, engine)
    except ArchiveError as fault:
        return fault


def mean_overall(found: Sequence[Overall]) -> Overall:
    """Means over collections, in which each counts the same; n and left_out are sums."""
    values: dict[str, Any] = {
        field.name: mean_of_known([getattr(one, field.name) for one in found]) for field in fields(Overall)
    }
    sums = {name: sum(getattr(one, name) for one in found) for name in ("n", "left_out")}
    return Overall(**(values | sums))


def _grouped(found: Iterable[Mapping[str, Figures]]) -> dict[str, list[Figures]]:
    """Of each genre the figures of the collections that have some."""
    grouped: dict[str, list[Figures]] = {}
    for collection in found:
        for genre, one in collection.items():
            grouped.setdefault(genre, []).append(one)
    return grouped


def _unused(name: str, taken: Mapping[str, object]) -> str:
    """The name itself, or with a number where another archive has one of that name."""
    names = (name, *(f"{name}-{number}" for number in range(2, len(taken) + 3)))
    return next(one for one in names if one not in taken)
