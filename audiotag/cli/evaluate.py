"""audiotag evaluate"""

from __future__ import annotations

import json as jsonlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from audiotag.atomic import atomic_text
from audiotag.cli.options import BatchSize, Config, Db, EngineName, Model, Quiet, Verbose, command
from audiotag.cli.output import Messages, plural, show

if TYPE_CHECKING:
    from audiotag.training.evaluate import Evaluation


@command
def evaluate(
    archive: Annotated[Path, typer.Argument(metavar="ARCHIVE", help="Labelled mel archive (.npz).")],
    model: Model = None,
    split: Annotated[str, typer.Option(metavar="NAME", help="Which split of the archive.")] = "val",
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="DIR", help="Write evaluation.json, misread.csv and plots (PNG) here."
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
    """Measure a model on a labelled mel archive: figures, plots, and the tracks it got wrong.

    Tracks of genres that the model does not have are left out and counted.
    """
    from audiotag.config.settings import load_settings
    from audiotag.model.card import load_card
    from audiotag.model.engines import open_engine
    from audiotag.training.archive import load_archive
    from audiotag.training.evaluate import evaluate as run_evaluation

    settings = load_settings({"db": db, "model": model, "engine": engine, "batch_size": batch_size}, config)
    voice = Messages(quiet, verbose)
    card = load_card(settings.model)
    if output is not None:
        output.mkdir(parents=True, exist_ok=True)
    clips = load_archive(archive)
    clips.require_frontend(card.frontend)
    found = run_evaluation(clips, split, card, open_engine(card, settings.engine, settings.batch_size))
    if found.left_out:
        voice.wrong(f"left out: {plural(found.left_out, 'clip')} of genres that {card.name} does not have")
    if output is not None:
        misread = _write(found, output)
        voice.say(f"{output}: evaluation.json, misread.csv ({plural(misread, 'track')}), 3 plots")
    if json:
        show(jsonlib.dumps(found.to_json()))
    else:
        _show(found, f"{card.name} on {archive.name}, split {split}")


def _write(found: Evaluation, folder: Path) -> int:
    from audiotag.training.misread import write_misread
    from audiotag.training.plots import plot_confusion, plot_reliability, plot_risk_coverage

    text = jsonlib.dumps(found.to_json(), indent=2, ensure_ascii=False)
    with atomic_text(folder / "evaluation.json") as file:
        file.write(text + "\n")
    plot_confusion(found, folder / "confusion.png")
    plot_reliability(found, folder / "reliability.png")
    plot_risk_coverage(found, folder / "risk_coverage.png")
    with atomic_text(folder / "misread.csv") as file:
        return write_misread(found, file)


def _show(found: Evaluation, title: str) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from audiotag.text import escaped

    console = Console(file=sys.stdout, soft_wrap=True)
    table = Table(title=title)
    for heading in ("genre", "precision", "recall", "F1", "tracks", "mistaken for"):
        table.add_column(heading, justify="left" if heading in ("genre", "mistaken for") else "right")
    for genre, one in found.per_genre.items():
        others = ", ".join(f"{name} {count}" for name, count in list(one.mistaken_for.items())[:3])
        figures = [f"{one.precision:.3f}", f"{one.recall:.3f}", f"{one.f1:.3f}", str(one.support)]
        table.add_row(Text(escaped(genre)), *figures, Text(escaped(others)))
    console.print(table)
    overall = found.figures
    console.print(
        f"{plural(overall.n, 'track')}: top-1 {overall.top1:.3f}, top-3 {overall.top3:.3f}, "
        f"macro F1 {overall.macro_f1:.3f}, ECE {found.ece:.3f}"
    )
    if found.precision is None:
        console.print(f"At threshold {found.threshold:.3f} nothing is written.")
    else:
        console.print(
            f"At threshold {found.threshold:.3f}, {found.share:.1%} of the tracks are written, "
            f"{found.precision:.1%} of them right."
        )
