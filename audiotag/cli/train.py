"""audiotag train"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from audiotag.cli.options import Config, Db, Quiet, Verbose, command, must_exist
from audiotag.cli.output import Messages, plural
from audiotag.errors import UsageError

if TYPE_CHECKING:
    from audiotag.model.card import ModelCard
    from audiotag.training.figures import Figures
    from audiotag.training.run import Order


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
            help="Instead of a model: figures of a group k-fold over train, by album, and the balance of "
            "the genres that it asks for.",
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
    from audiotag.training.recipe import change, recipe_for
    from audiotag.training.run import Order

    recipe = change(replace(recipe_for(arch), seed=seed), settings or ())
    if epochs is not None:
        recipe = replace(recipe, trunk=replace(recipe.trunk, epochs=epochs))
    if init is not None:
        must_exist(init)
    if (output is None) == (folds == 0):
        raise UsageError("give either -o DIR, for a model, or --folds N, for figures and a balance")
    if folds and recipe.balance:
        raise UsageError("--folds finds a balance and begins without one: leave out --set balance")
    if resume and output is None:
        raise UsageError("--resume needs -o DIR: figures of folds begin anew each time")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    voice = Messages(quiet, verbose)
    order = Order(archive, arch, recipe, init)
    if output is None:
        _cross_validate(order, folds, voice)
    else:
        _train(order, output, resume, voice)


def _train(order: Order, output: Path, resume: bool, voice: Messages) -> None:
    from audiotag.training.run import train_model

    card = train_model(order, output, resume, voice.say)
    found = card.figures
    voice.say(
        f"{output / card.name}.json: val top-1 {found['top1']:.3f}, top-3 {found['top3']:.3f}, "
        f"macro F1 {found['macro_f1']:.3f}, ECE {found['ece']:.3f}, {_thresholds(card)}, "
        f"{card.training['minutes']:.0f} min"
    )


def _thresholds(card: ModelCard) -> str:
    """How many genres are written by default, and from what probability on."""
    limits = sorted(one for one in card.thresholds if one is not None)
    written = f"{len(limits)} of {plural(len(card.genres), 'genre')} written"
    return f"{written} at thresholds from {limits[0]:.3f} to {limits[-1]:.3f}" if limits else written


def _cross_validate(order: Order, folds: int, voice: Messages) -> None:
    from audiotag.training.run import cross_validate_order

    found = cross_validate_order(order, folds, voice.say)
    _print_figures(found.plain, f"over {folds} folds")
    _print_figures(found.balanced, "balanced, each fold as the others ask for")
    print(f"balance of all folds: --set balance={','.join(f'{one:.2f}' for one in found.balance)}")


def _print_figures(folds: list[Figures], what: str) -> None:
    import numpy as np

    for name in ("top1", "top3", "macro_f1"):
        values = [getattr(one, name) for one in folds]
        print(f"{name} {np.mean(values):.4f} ± {np.std(values):.4f} {what}")
