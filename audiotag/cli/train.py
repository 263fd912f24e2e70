"""audiotag train"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from audiotag.cli.options import Config, Db, Quiet, Verbose, command, must_exist
from audiotag.cli.output import Voice
from audiotag.errors import UsageError


@command
def train(
    archive: Annotated[
        Path, typer.Argument(metavar="ARCHIVE", help="Mel archive (.npz) with splits train and val.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Where weights and card go.")],
    arch: Annotated[str, typer.Option(metavar="NAME", help="Architecture: resnet50.")] = "resnet50",
    init: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Initial weights (.npz of layer/variable arrays).")
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(metavar="N", min=0, help="Passes with the upper trunk stages. [default: the recipe's]"),
    ] = None,
    views: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Random variations of each clip. [default: the recipe's]"),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Of everything random.")] = 1,
    db: Db = None,
    config: Config = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Fine-tune a network on a mel archive; write weights and model card."""
    from audiotag.audio.frontend import FMA_ARCHIVE
    from audiotag.model.card import file_digest
    from audiotag.model.network import NetworkSpec
    from audiotag.training.archive import load_archive
    from audiotag.training.recipe import Recipe

    if arch != "resnet50":
        raise UsageError(f"no architecture {arch!r}; there is: resnet50")
    if init is not None:
        must_exist(init)
    output.mkdir(parents=True, exist_ok=True)  # now, and not after an hour of training
    voice = Voice(quiet, verbose)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    recipe = replace(Recipe(), seed=seed)
    recipe = replace(recipe, views=views) if views is not None else recipe
    if epochs is not None:
        recipe = replace(recipe, trunk=replace(recipe.trunk, epochs=epochs))
    clips = load_archive(archive)
    frontend = FMA_ARCHIVE
    spec = NetworkSpec(
        frontend.bands, frontend.frames, len(clips.genres), recipe.taps, dropout=recipe.dropout
    )

    from audiotag.training.export import Provenance, export_model
    from audiotag.training.train import train as run_training

    trained = run_training(clips, spec, recipe, init, voice.say)
    origin = Provenance(
        arch, archive.name, file_digest(archive), "" if init is None else init.name, clips.genres
    )
    card = export_model(trained, spec, frontend, recipe, origin, output)
    found = trained.figures
    voice.say(
        f"{output / card.name}.json: val top-1 {found.top1:.3f}, top-3 {found.top3:.3f}, "
        f"macro F1 {found.macro_f1:.3f}, threshold {card.threshold:.3f}, {trained.minutes:.0f} min"
    )
