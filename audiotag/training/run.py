"""A training run from archives' files to a model's files; what `audiotag train` does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from audiotag.errors import ArchiveError, UsageError
from audiotag.model.card import ModelCard
from audiotag.model.network import NetworkSpec
from audiotag.text import printable
from audiotag.training.archives.archive import load_archive
from audiotag.training.archives.collections import Collection, split_collections
from audiotag.training.archives.styles import Styles, choose_styles, read_styles
from audiotag.training.crossval import cross_validate
from audiotag.training.evaluation.figures import Figures
from audiotag.training.evaluation.plots import plot_learning
from audiotag.training.export import Design, Provenance, SourceFile, export_model
from audiotag.training.learning.checkpoint import Checkpoint
from audiotag.training.learning.corpus import Corpus
from audiotag.training.outputs.network_files import Calibrating
from audiotag.training.recipe import Recipe
from audiotag.training.train import TrainConfig, train

Say = Callable[[str], None]

# Of `train`, that a style is tried with: fewer do not say how it sounds elsewhere.
_STYLE_TRACKS = 60
_STYLE_ALBUMS = 15


@dataclass(frozen=True)
class Order:
    """What is to be trained: the mel archives, the architecture, how, and from which initial weights
    (None: from nothing). styles: a file with the styles of tracks, or None. left_out: names of
    collections that have no part."""

    archives: tuple[Path, ...]
    arch: str
    recipe: Recipe
    init: Path | None = None
    styles: Path | None = None
    left_out: tuple[str, ...] = ()


def train_model(order: Order, folder: Path, resume: bool, say: Say) -> ModelCard:
    """Train, and write NAME.onnx, NAME.int8.onnx, NAME.json and the learning curve into `folder`, NAME being
    the architecture's.

    With `resume`, a run that was stopped goes on after its last finished epoch. Raises ArchiveError
    for what does not fit (see train.py), OSError when the folder cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)  # now, and not after an hour of training
    corpus = load_corpus(order)
    origin = _provenance(order)
    run = {
        "name": origin.name,
        "data": [asdict(one) for one in origin.data],
        "left_out": list(origin.left_out),
        "init": None if origin.init is None else asdict(origin.init),
        "recipe": _of_trunk(origin.recipe),
    }
    checkpoint = Checkpoint(folder / f"{origin.name}.checkpoint.npz", run)
    for name in corpus.scanty:
        say(f"{name}: few clips, and no val. Does another archive have them too? Then --leave-out {name}")
    spec = _spec(order, corpus)
    trained = train(corpus, TrainConfig(spec, order.recipe, order.init, checkpoint, resume), say)
    found = trained.fitted
    spec = replace(spec, styles=len(found.styles))
    design = Design(spec, corpus.first.window, corpus.genres, corpus.vocabulary, found.styles, found.song)
    origin = replace(origin, minutes=trained.minutes, history=trained.history, areas=found.areas)
    calibrating = Calibrating.of(corpus, spec.frames, order.recipe.seed)
    card = export_model(trained.network, design, found.judged, origin, calibrating, folder)
    (folder / "learning.png").unlink(missing_ok=True)  # of an earlier run
    if trained.history:
        plot_learning(trained.history, folder / "learning.png")
    checkpoint.remove()
    return card


def _of_trunk(recipe: Recipe) -> dict[str, Any]:
    """What a checkpoint depends on: all but what is settled after the trunk has learnt."""
    values = recipe.to_card()
    return {
        name: value for name, value in values.items() if name not in ("experts", "precision", "song_power")
    }


def cross_validate_order(order: Order, folds: int, say: Say) -> list[dict[str, Figures]]:
    """The figures of a group k-fold over `train`: see crossval.py."""
    corpus = load_corpus(order)
    return cross_validate(corpus, TrainConfig(_spec(order, corpus), order.recipe, order.init), folds, say)


def load_corpus(order: Order) -> Corpus:
    """Raises ArchiveError for archives that do not go together, UsageError for names that there are not."""
    collections: list[Collection] = []
    for path in order.archives:
        clips = load_archive(path)
        first = collections[0].clips if collections else clips
        try:
            clips.require_frontend(first.window)
        except ArchiveError as fault:
            raise ArchiveError(f"{printable(path)}: {fault}") from fault
        collections += split_collections(clips, path.stem)
    names = [one.name for one in collections]
    unknown = sorted(set(order.left_out) - set(names))
    if unknown:
        raise UsageError(f"--leave-out {unknown[0]}: no such collection; there are: {', '.join(names)}")
    kept = [one for one in collections if one.name not in order.left_out]
    twice = sorted({one.name for one in kept if [other.name for other in kept].count(one.name) > 1})
    if twice:
        raise ArchiveError(f"two collections are named {printable(twice[0])!r}: rename an archive")
    corpus = Corpus(tuple(kept))
    return corpus if order.styles is None else replace(corpus, styles=_styles(order.styles, corpus))


def _styles(path: Path, corpus: Corpus) -> Styles:
    return choose_styles(read_styles(path), _STYLE_TRACKS, _STYLE_ALBUMS, corpus.genres)


def _spec(order: Order, corpus: Corpus) -> NetworkSpec:
    frontend, recipe = corpus.first.window, order.recipe
    return NetworkSpec(
        bands=frontend.bands,
        frames=frontend.frames,
        genres=len(corpus.genres),
        taps=recipe.taps,
        hidden=recipe.hidden,
        dropout=recipe.dropout,
        arch=order.arch,
        enlarge=recipe.enlarge,
        embedding=recipe.embedding,
        collections=len(corpus.known),
    )


def _provenance(order: Order) -> Provenance:
    files = (*order.archives, *(() if order.styles is None else (order.styles,)))
    return Provenance(
        name=order.arch,
        data=tuple(SourceFile.of(path) for path in files),
        init=None if order.init is None else SourceFile.of(order.init),
        recipe=order.recipe,
        left_out=order.left_out,
    )
