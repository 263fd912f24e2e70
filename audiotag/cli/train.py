"""audiotag train"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from audiotag.cli.options import Config, Db, Quiet, Verbose, command, must_exist
from audiotag.cli.output import Voice
from audiotag.errors import UsageError

if TYPE_CHECKING:
    from audiotag.training.archive import MelArchive
    from audiotag.training.export import Design, Provenance
    from audiotag.training.recipe import Recipe
    from audiotag.training.train import Course


@command
def train(
    archive: Annotated[
        Path, typer.Argument(metavar="ARCHIVE", help="Mel archive (.npz) with splits train and val.")
    ],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="DIR", help="Where weights, card and plot go.")
    ] = None,
    arch: Annotated[
        str, typer.Option(metavar="NAME", help="Architecture: resnet50, convpool or convconvpool.")
    ] = "resnet50",
    init: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Initial weights (.npz of layer/variable arrays).")
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(metavar="N", min=0, help="Passes with all parts together. [default: the recipe's]"),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Change the recipe, as in mixup=0 or trunk.epochs=3; repeatable.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Of everything random.")] = 1,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on after the last finished epoch of a run that was stopped.")
    ] = False,
    folds: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=0,
            help="Instead of a model: figures of a group k-fold over train, by album.",
        ),
    ] = 0,
    db: Db = None,
    config: Config = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Fine-tune a network on a mel archive; write weights, model card and learning curves.

    After each epoch the run is on disk, in DIR/NAME.checkpoint.npz until it is complete.
    """
    from audiotag.model.card import file_digest
    from audiotag.training.archive import load_archive
    from audiotag.training.export import Provenance
    from audiotag.training.recipe import change, recipe_for
    from audiotag.training.train import Course

    recipe = change(replace(recipe_for(arch), seed=seed), settings or ())
    if epochs is not None:
        recipe = replace(recipe, trunk=replace(recipe.trunk, epochs=epochs))
    if init is not None:
        must_exist(init)
    if (output is None) == (folds == 0):
        raise UsageError("give either -o DIR, for a model, or --folds N, for figures alone")
    if output is not None:
        output.mkdir(parents=True, exist_ok=True)  # now, and not after an hour of training
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    voice = Voice(quiet, verbose)
    clips = load_archive(archive)
    design = _design(arch, clips, recipe)
    if output is None:
        _cross_validate(clips, Course(design.spec, recipe, init), folds, voice)
    else:
        origin = Provenance(arch, archive.name, file_digest(archive), init.name if init else "", recipe)
        _train(clips, design, origin, _Place(output, init, resume), voice)


def _design(arch: str, clips: MelArchive, recipe: Recipe) -> Design:
    from audiotag.audio.frontend import FMA_ARCHIVE
    from audiotag.model.network import NetworkSpec
    from audiotag.training.export import Design

    frontend = FMA_ARCHIVE
    clips.require_frontend(frontend)
    genres = clips.genres
    spec = NetworkSpec(
        frontend.bands, frontend.frames, len(genres), recipe.taps, recipe.hidden, recipe.dropout, arch,
        recipe.enlarge,
    )  # fmt: skip
    return Design(spec, frontend, genres)


@dataclass(frozen=True)
class _Place:
    """output: the folder. init: initial weights. resume: go on with what is there."""

    output: Path
    init: Path | None
    resume: bool


def _train(clips: MelArchive, design: Design, origin: Provenance, place: _Place, voice: Voice) -> None:
    from audiotag.training.checkpoint import Checkpoint
    from audiotag.training.export import export_model
    from audiotag.training.judge import Judge
    from audiotag.training.plots import plot_learning
    from audiotag.training.train import Course
    from audiotag.training.train import train as run_training

    run = {
        "name": origin.name,
        "data": origin.data_sha256,
        "init": origin.init,
        "recipe": origin.recipe.to_card(),
    }
    checkpoint = Checkpoint(place.output / f"{origin.name}.checkpoint.npz", run)
    course = Course(design.spec, origin.recipe, place.init, checkpoint, place.resume)
    trained = run_training(clips, course, voice.say)
    origin = replace(origin, minutes=trained.minutes, history=trained.history)
    judge = Judge.of(clips.select("val"), design.genres, design.spec.frames)
    card = export_model(trained.network, design, judge, origin, place.output)
    if trained.history:
        plot_learning(trained.history, place.output / "learning.png")
    checkpoint.remove()
    found = card.figures
    voice.say(
        f"{place.output / card.name}.json: val top-1 {found['top1']:.3f}, top-3 {found['top3']:.3f}, "
        f"macro F1 {found['macro_f1']:.3f}, ECE {found['ece']:.3f}, threshold {card.threshold:.3f}, "
        f"{trained.minutes:.0f} min"
    )


def _cross_validate(clips: MelArchive, course: Course, folds: int, voice: Voice) -> None:
    import numpy as np

    from audiotag.training.crossval import cross_validate

    found = cross_validate(clips, course, folds, voice.say)
    for name in ("top1", "top3", "macro_f1"):
        values = [getattr(one, name) for one in found]
        print(f"{name} {np.mean(values):.4f} ± {np.std(values):.4f} over {len(values)} folds")
