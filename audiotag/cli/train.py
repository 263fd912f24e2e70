"""audiotag train"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from audiotag.cli.completion import one_of
from audiotag.cli.options import Config, Db, Quiet, Verbose, command, must_exist
from audiotag.cli.output import Messages, plural
from audiotag.errors import UsageError

if TYPE_CHECKING:
    from audiotag.model.card import ModelCard
    from audiotag.training.run import Order

_ARCHITECTURES = "resnet50|convpool|convconvpool"


@command
def train(
    archives: Annotated[
        list[Path],
        typer.Argument(
            metavar="ARCHIVE...", help="Mel archives (.npz), at least one with splits train and val."
        ),
    ],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="DIR", help="Where weights, card and plot go.")
    ] = None,
    arch: Annotated[
        str,
        typer.Option(metavar=_ARCHITECTURES, help="Architecture.", autocompletion=one_of(_ARCHITECTURES)),
    ] = "resnet50",
    init: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Initial weights: .npz of layer/variable arrays, or a model's .onnx or .keras file.",
        ),
    ] = None,
    styles: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Styles of the tracks (.csv: track_id, split, genre, styles)."),
    ] = None,
    leave_out: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A collection of the archives that has no part; repeatable."),
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
    """Fine-tune a network on mel archives; write weights, model card and learning curves.

    After each epoch the run is on disk, in DIR/NAME.checkpoint.npz until it is complete.
    """
    from audiotag.extras import need

    need("train", "train")
    from audiotag.training.recipe import change, recipe_for
    from audiotag.training.run import Order

    recipe = change(replace(recipe_for(arch), seed=seed), settings or ())
    if epochs is not None:
        recipe = replace(recipe, trunk=replace(recipe.trunk, epochs=epochs))
    for path in (init, styles):
        if path is not None:
            must_exist(path)
    if (output is None) == (folds == 0):
        raise UsageError("give either -o DIR, for a model, or --folds N, for figures")
    if resume and output is None:
        raise UsageError("--resume needs -o DIR: figures of folds begin anew each time")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    voice = Messages(quiet, verbose)
    order = Order(tuple(archives), arch, recipe, init, styles, tuple(leave_out or ()))
    if output is None:
        _cross_validate(order, folds, voice)
    else:
        _train(order, output, resume, voice)


def _train(order: Order, output: Path, resume: bool, voice: Messages) -> None:
    from audiotag.training.run import train_model

    card = train_model(order, output, resume, voice.say)
    for name, found in card.figures["collections"].items():
        voice.say(f"{name}: {_in_words(found)}")
    voice.say(f"{output / card.name}.json: {_thresholds(card)}, {card.training['minutes']:.0f} min")


def _in_words(found: Mapping[str, Any]) -> str:
    apart = found["cross_fitted"]
    precision = apart["precision_at_threshold"]
    right = "none" if precision is None else f"{precision:.1%} of them"
    return (
        f"top-1 {found['top1']:.3f} among all genres, {found['top1_closed']:.3f} among its own; "
        f"{apart['share_at_threshold']:.1%} written, {right} right"
    )


def _thresholds(card: ModelCard) -> str:
    """How many genres are written by default, and from what probability on."""
    limits = sorted(one for one in card.thresholds if one is not None)
    written = f"{len(limits)} of {plural(len(card.genres), 'genre')} written"
    return f"{written} at thresholds from {limits[0]:.3f} to {limits[-1]:.3f}" if limits else written


def _cross_validate(order: Order, folds: int, voice: Messages) -> None:
    import numpy as np

    from audiotag.training.run import cross_validate_order

    found = cross_validate_order(order, folds, voice.say)
    for name in found[0]:
        for figure in ("top1", "top3", "macro_f1"):
            values = [getattr(fold[name], figure) for fold in found]
            print(f"{name} {figure} {np.mean(values):.4f} ± {np.std(values):.4f} over {folds} folds")
