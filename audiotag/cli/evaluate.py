"""audiotag evaluate"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from audiotag.cli.options import (
    BatchSize,
    Config,
    Db,
    EngineName,
    Model,
    Quiet,
    Verbose,
    command,
    must_exist,
)
from audiotag.cli.output import Messages, plural, show, show_object
from audiotag.text import escaped

if TYPE_CHECKING:
    from audiotag.training.evaluation.evaluate import Evaluation, Overall
    from audiotag.training.evaluation.evaluations import Evaluations

_WIDE = 1000  # columns, more than any table needs
_ROOMY = 110  # columns in which three other genres stand beside the figures of one


@command
def evaluate(
    archives: Annotated[
        list[Path], typer.Argument(metavar="ARCHIVE...", help="Labelled mel archives (.npz).")
    ],
    model: Model = None,
    split: Annotated[str, typer.Option(metavar="NAME", help="Which split of the archives.")] = "val",
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="DIR",
            help="Write evaluation.json, misread.csv and plots (PNG) here, a folder a collection.",
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False,
    engine: EngineName = None,
    batch_size: BatchSize = None,
    db: Db = None,
    config: Config = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Measure a model on labelled mel archives: figures, plots, and the tracks it got wrong.

    An archive may know other genres than the model. Clips of genres that the model does not have
    are left out and counted.
    """
    from audiotag.config.sources import load_settings
    from audiotag.extras import need
    from audiotag.model.engines import open_engine
    from audiotag.model.learnt_file import open_model
    from audiotag.training.evaluation.evaluations import evaluate_archives

    if output is not None:
        need("evaluate -o", "map", "pictures")
    settings = load_settings({"db": db, "model": model, "engine": engine, "batch_size": batch_size}, config)
    voice = Messages(quiet, verbose)
    card = open_model(
        settings.model
    ).card  # of a learnt model the network; 'learn' says how good it is itself
    for archive in archives:
        must_exist(archive)
    if output is not None:
        output.mkdir(parents=True, exist_ok=True)  # to be found out before minutes of work
    judge = open_engine(card, settings.engine, settings.batch_size)
    found = evaluate_archives(archives, split, card, judge)
    for name, why in found.passed_over.items():
        voice.wrong(f"passed over: {name}: {why}")
    left_out = found.figures.left_out
    if left_out:
        voice.wrong(f"left out: {plural(left_out, 'clip')} without a genre that {card.name} has")
    if output is not None:
        from audiotag.training.evaluation.evaluation_report import write_report

        misread = write_report(found, output)
        voice.say(f"{output}: evaluation.json, misread.csv ({plural(misread, 'track')}), plots")
    if json:
        show_object(found.to_json())
    else:
        _show(found, card.name, split)


def _show(found: Evaluations, model: str, split: str) -> None:
    several = len(found.collections) > 1
    for name, one in found.collections.items():
        _show_table(one, f"{model} on {name}, split {split}")
        whose = "the collection's" if several else "the archive's"
        _show_closing(one.figures, plural(one.figures.n, "track"), whose)
        if several:
            show("")
    if several:
        _show_closing(found.figures, f"Mean of {len(found.collections)} collections", "their")


def _show_table(found: Evaluation, title: str) -> None:
    """Lines are as long as they need to be where nobody's terminal breaks them."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from audiotag.cli.console import Console

    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else _WIDE)
    table = Table(
        box=box.SIMPLE_HEAD, padding=0, show_edge=False, title=Text(escaped(title)), title_justify="left"
    )
    table.add_column("genre", no_wrap=True)
    for heading in ("precision", "recall", "F1", "tracks", "threshold", "written", "right"):
        table.add_column(heading, no_wrap=True, justify="right")
    table.add_column("mistaken for")
    for genre, one in found.per_genre.items():
        names = list(one.mistaken_for.items())[: 3 if console.width >= _ROOMY else 1]
        figures = [f"{one.precision:.3f}", f"{one.recall:.3f}", f"{one.f1:.3f}", str(one.support)]
        threshold = "–" if one.threshold is None else f"{one.threshold:.3f}"
        figures += [threshold, str(one.written), str(one.written_right)]
        others = ", ".join(f"{name} {count}" for name, count in names)
        table.add_row(Text(escaped(genre)), *figures, Text(escaped(others)))
    console.print(table)


def _show_closing(found: Overall, of: str, whose: str) -> None:
    show(
        f"{of}: top-1 {found.top1:.3f} ({found.top1_closed:.3f} among {whose} own genres), "
        f"top-3 {found.top3:.3f}, macro F1 {found.macro_f1:.3f}, "
        f"mean average precision {found.map:.3f}, ECE {found.ece:.3f}"
    )
    if found.precision_at_threshold is None:
        show("At the model's thresholds nothing is written.")
    else:
        show(
            f"At the model's thresholds, {found.share_at_threshold:.1%} of the tracks are written, "
            f"{found.precision_at_threshold:.1%} of them right."
        )
