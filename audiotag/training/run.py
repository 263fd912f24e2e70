"""A training run from an archive's file to a model's files; what `audiotag train` does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from audiotag.model.card import ModelCard, file_digest
from audiotag.model.network import NetworkSpec
from audiotag.training.archive import MelArchive, load_archive
from audiotag.training.checkpoint import Checkpoint
from audiotag.training.crossval import Folds, cross_validate
from audiotag.training.export import Design, Provenance, export_model
from audiotag.training.plots import plot_learning
from audiotag.training.recipe import Recipe
from audiotag.training.tracks import LabelledTracks
from audiotag.training.train import TrainConfig, member_shares, train

Say = Callable[[str], None]


@dataclass(frozen=True)
class Order:
    """What is to be trained: the mel archive, the architecture, how, and from which initial weights
    (None: from nothing)."""

    archive: Path
    arch: str
    recipe: Recipe
    init: Path | None = None


def train_model(order: Order, folder: Path, resume: bool, say: Say) -> ModelCard:
    """Train, and write NAME.keras, .onnx and .json and the learning curve into `folder`, NAME being
    the architecture's.

    With `resume`, a run that was stopped goes on after its last finished epoch. Raises ArchiveError
    for what does not fit (see train.py), OSError when the folder cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)  # now, and not after an hour of training
    clips = load_archive(order.archive)
    design = _design(order, clips)
    origin = _provenance(order)
    run = {
        "name": origin.name,
        "data": origin.data_sha256,
        "init": origin.init_sha256,
        "recipe": origin.recipe.to_card(),
    }
    checkpoint = Checkpoint(folder / f"{origin.name}.checkpoint.npz", run)
    trained = train(clips, TrainConfig(design.spec, order.recipe, order.init, checkpoint, resume), say)
    origin = replace(origin, minutes=trained.minutes, history=trained.history)
    val = LabelledTracks.of(clips.select("val"), design.genres, design.spec.frames)
    card = export_model(trained.network, design, val, origin, folder)
    (folder / "learning.png").unlink(missing_ok=True)  # of an earlier run
    if trained.history:
        plot_learning(trained.history, folder / "learning.png")
    checkpoint.remove()
    return card


def cross_validate_order(order: Order, folds: int, say: Say) -> Folds:
    """The figures of a group k-fold over `train`, and the balance it asks for: see crossval.py."""
    clips = load_archive(order.archive)
    return cross_validate(
        clips, TrainConfig(_design(order, clips).spec, order.recipe, order.init), folds, say
    )


def _design(order: Order, clips: MelArchive) -> Design:
    """Raises ArchiveError when the clips are not what their front-end says."""
    frontend, recipe = clips.window, order.recipe
    clips.require_frontend(frontend)
    # What `train` does not have is not learnt, whatever `test` may hold.
    genres = clips.select("train").genres
    spec = NetworkSpec(
        bands=frontend.bands,
        frames=frontend.frames,
        genres=len(genres),
        taps=recipe.taps,
        hidden=recipe.hidden,
        dropout=recipe.dropout,
        arch=order.arch,
        enlarge=recipe.enlarge,
        shares=member_shares(order.arch, recipe),
    )
    return Design(spec, frontend, genres)


def _provenance(order: Order) -> Provenance:
    return Provenance(
        name=order.arch,
        data=order.archive.name,
        data_sha256=file_digest(order.archive),
        init=order.init.name if order.init else "",
        init_sha256=file_digest(order.init) if order.init else "",
        recipe=order.recipe,
    )
