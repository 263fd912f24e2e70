"""audiotag learn"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from audiotag.cli.options import Config, Db, Quiet, Verbose, command, to_bytes
from audiotag.cli.output import Messages, plural, show, show_object
from audiotag.errors import ModelError
from audiotag.text import escaped, printable

if TYPE_CHECKING:
    from audiotag.config.settings import Settings
    from audiotag.discovery.learn.figures import Doubt, Worth
    from audiotag.discovery.learn.lessons import Lessons
    from audiotag.discovery.learn.run import LearnOptions, Learnt
    from audiotag.discovery.learn.update import Changes
    from audiotag.model.learnt import LearntModel

_WIDE = 1000  # columns, more than any table needs
_NAMED = 6  # of a long list
_PRECISION = 0.8


@command
def learn(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH...", help="Only from files at or below these.")
    ] = None,
    name: Annotated[str, typer.Option(metavar="NAME", help="What the model is called.")] = "mine",
    precision: Annotated[
        float | None,
        typer.Option(
            metavar="P", help=f"How often what is written is to be right, 0..1. [default: {_PRECISION:g}]"
        ),
    ] = None,
    with_shipped: Annotated[
        bool | None,
        typer.Option(
            "--with-shipped/--no-with-shipped",
            help="Add the genres of the shipped model that you do not use yourself.",
        ),
    ] = None,
    doubts: Annotated[
        int, typer.Option(metavar="N", min=0, help="List N files whose own genre the model doubts most.")
    ] = 0,
    map_file: Annotated[
        Path | None,
        typer.Option("--map", metavar="FILE", help="TOML file that renames, joins or silences your genres."),
    ] = None,
    update: Annotated[
        bool, typer.Option("--update", help="Learn it again as before, and say what became better or worse.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="DIR", help="Write learnt.json and pictures (PNG) here."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object on stdout instead of tables, also with -q.")
    ] = False,
    db: Db = None,
    config: Config = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Make a model of your own genres, from the files that have some.

    It learns from what was scanned, in seconds: no file is opened, and nothing leaves the
    machine. Genres that audiotag wrote do not count; those that you have corrected since do.
    What it is worth is measured on whole artists that were left out.

    \b
      audiotag learn                      a model called "mine"
      audiotag tag --model mine           what it would write; --write-id3 writes
      audiotag learn --update -q          from cron: keeps up with what you tag

    \b
    The map:  "Hip Hop" = "Hip-Hop"         joins two spellings
              "Audiobook" = []              is no genre

    Exit codes: 0 done, 1 fatal, or nothing can be learnt, 2 wrong usage.
    """
    from audiotag.cli.heard import say_if_outdated
    from audiotag.cli.report import must_be_known
    from audiotag.config.sources import load_settings
    from audiotag.discovery.learn.figures import doubts as doubted
    from audiotag.discovery.learn.lessons import read_lessons
    from audiotag.discovery.learn.run import learn as learn_from
    from audiotag.discovery.learn.update import compare
    from audiotag.discovery.learn.words import Cleaning
    from audiotag.extras import need
    from audiotag.library.store import Store
    from audiotag.model.learnt_file import load_learnt, save_learnt

    need("learn", "learn")  # before anything is read
    if output is not None:
        need("learn -o", "pictures")
    settings = load_settings({"db": db}, config)
    voice = Messages(quiet, verbose)
    before = load_learnt(name) if update else None
    if update and before is None:
        raise ModelError(f"there is no model {name!r} to learn again yet; leave out --update")
    options = _options(name, precision, with_shipped, map_file, before)
    if output is not None:
        output.mkdir(parents=True, exist_ok=True)
    under = [os.path.abspath(to_bytes(path)) for path in paths or ()]
    with Store(settings.db, write=False) as store:
        must_be_known(store, under)
        say_if_outdated(store.latest_model(), settings.model, voice)
        lessons = read_lessons(store, under, Cleaning(options.genre_map, settings.placeholders))
    voice.detail(f"learning from {plural(len(lessons.words), 'track')} …")
    learnt = learn_from(lessons, _with_network(options, lessons, settings, before))
    changes = None if before is None else compare(before, learnt.model)
    path = save_learnt(learnt.model)
    found = doubted(learnt.vocabulary.names, learnt.answers, lessons.paths, doubts)
    if output is not None:
        from audiotag.discovery.learn.report import write_report

        write_report(learnt, _object(learnt, lessons, found, changes), output)
        voice.say(f"{output}: learnt.json and pictures")
    if as_json:
        show_object(_object(learnt, lessons, found, changes))
        return
    if not quiet:
        _show_table(learnt)
        _show_closing(learnt, lessons)
    for one in found:
        show(_doubt(one))
    if changes is not None and not quiet:
        _show_changes(changes)
    for line in _passed_over(learnt, lessons):
        voice.say(line)
    voice.say(f"{path}: {learnt.model.identity}. Next: audiotag tag --model {learnt.model.name}")


def _options(
    name: str,
    precision: float | None,
    with_shipped: bool | None,
    map_file: Path | None,
    before: LearntModel | None,
) -> LearnOptions:
    """What is asked for, and where nothing is, what was the last time."""
    from audiotag.discovery.learn.run import LearnOptions
    from audiotag.tags.genremap import load_genre_map

    asked = {} if before is None else dict(before.asked)
    words = {key: tuple(values) for key, values in asked.get("map", {}).items()}
    return LearnOptions(
        name,
        asked.get("precision", _PRECISION) if precision is None else precision,
        asked.get("with_shipped", False) if with_shipped is None else with_shipped,
        genre_map=words if map_file is None else load_genre_map(map_file),
    )


def _with_network(
    options: LearnOptions, lessons: Lessons, settings: Settings, before: LearntModel | None
) -> LearnOptions:
    from dataclasses import replace

    from audiotag.model.card import DEFAULT_MODEL
    from audiotag.model.learnt_file import network_named

    known = before.embedding.model if before is not None and before.embedding.model else DEFAULT_MODEL
    return replace(
        options, network=network_named(lessons.model.identity, (settings.model, DEFAULT_MODEL, known))
    )


def _object(
    learnt: Learnt, lessons: Lessons, doubts: list[Doubt], changes: Changes | None
) -> dict[str, object]:
    from dataclasses import asdict

    from audiotag.reports.rows import path_text

    model = learnt.model
    return {
        "name": model.name,
        "identity": model.identity,
        "embedding": model.embedding.identity,
        "precision_wanted": model.asked["precision"],
        **learnt.judgement.to_json(),
        "artists": model.lessons["artists"],
        "grouped": dict(lessons.grouped),
        "genres_left_out": [asdict(one) for one in learnt.vocabulary.left_out],
        "passed_over": dict(lessons.passed_over),
        "shipped_genres": [name for name, _ in model.shipped],
        "shipped_written": learnt.shipped_written,
        "doubts": [asdict(one) | {"path": path_text(one.path)} for one in doubts],
        "changes": None if changes is None else asdict(changes),
    }


def _show_table(learnt: Learnt) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from audiotag.discovery.learn.figures import by_tracks

    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else _WIDE)
    table = Table(box=box.SIMPLE_HEAD, padding=0, show_edge=False)
    table.add_column("genre", no_wrap=True)
    for heading in ("tracks", "artists", "precision", "recall", "threshold", "written", "right"):
        table.add_column(heading, no_wrap=True, justify="right")
    table.add_column("confused with")
    for one in by_tracks(learnt.judgement.genres):
        precision = "–" if one.precision is None else f"{one.precision:.2f}"
        threshold = "–" if one.threshold is None else f"{one.threshold:.2f}"
        figures = [f"{one.tracks:,}", f"{one.artists:,}", precision, f"{one.recall:.2f}", threshold]
        figures += [f"{one.written:,}", f"{one.written_right:,}"]
        others = ", ".join(f"{name} {count:,}" for name, count in list(one.confused.items())[:3])
        table.add_row(Text(escaped(one.name)), *figures, Text(escaped(others)))
    console.print(table)


def _show_closing(learnt: Learnt, lessons: Lessons) -> None:
    from audiotag.discovery.learn.figures import of_kinds

    found = learnt.judgement
    show(
        f"{plural(found.tracks, 'track')} of {plural(len(found.genres), 'genre')}, judged with "
        f"{of_kinds(lessons.grouped)} left out: {_worth(found.own)}"
    )
    show(f"The shipped model, with your words for its genres: {_worth(found.shipped)}")
    show(f"Always {found.most_frequent}, the most frequent: {found.most_frequent_share:.1%} right.")
    curve = ", ".join(f"{point.top1:.3f} by {point.tracks:,}" for point in found.curve)
    last = found.curve[-1].top1
    gain = min(last - found.curve[-2].top1, 1 - last)
    verdict = "would help" if gain >= 0.01 else "would help little"
    show(f"Right by so many tracks: {curve}. More tagged tracks {verdict}.")
    if learnt.model.shipped:
        names = ", ".join(name for name, _ in learnt.model.shipped)
        show(
            f"Added, and not judged by your tracks: {names}. They would get "
            f"{plural(learnt.shipped_written, 'track')} of those that have a genre."
        )


def _worth(found: Worth) -> str:
    written = (
        "nothing would be written."
        if found.precision is None
        else f"{found.coverage:.1%} would be written, {found.precision:.1%} of those right."
    )
    return f"first answer right {found.top1:.1%}; {written}"


def _doubt(one: Doubt) -> str:
    own = ", ".join(f"{name} {probability:.0%}" for name, probability in one.own)
    return f"{printable(one.path)}: {own}; rather {one.instead} {one.probability:.0%}"


def _show_changes(changes: Changes) -> None:
    if changes.same:
        show("Nothing has changed since the last time.")
        return

    def figures(of: str) -> str:
        before, after = changes.before[of], changes.after[of]
        return " → ".join("–" if one is None else f"{one:.1%}" for one in (before, after))

    show(
        f"Since the last time: first answer right {figures('top1')}, written {figures('coverage')}, of those "
        f"right {figures('precision')}"
    )
    for what, each in (("better", changes.better), ("worse", changes.worse)):
        if each:
            show(f"{what}: " + ", ".join(f"{name} (F1 {a:.2f} → {b:.2f})" for name, (a, b) in each.items()))
    for what, names in (("new", changes.new), ("no longer learnt", changes.gone)):
        if names:
            show(f"{what}: {', '.join(names)}")


def _passed_over(learnt: Learnt, lessons: Lessons) -> list[str]:
    """Which genres and tracks teach nothing, and why."""
    from audiotag.discovery.learn.words import by_reason, in_short

    lines = []
    for why, genres in by_reason(learnt.vocabulary.left_out).items():
        named = [f"{in_short(one.name)} ({one.tracks:,})" for one in genres[:_NAMED]]
        more = f" and {len(genres) - _NAMED:,} more" if len(genres) > _NAMED else ""
        lines.append(f"not learnt, {why}: {', '.join(named)}{more}.")
    if lessons.passed_over:
        kinds = ", ".join(f"{count:,} {why}" for why, count in lessons.passed_over.items())
        lines.append(f"Tracks with a genre that teach nothing: {kinds}.")
    return lines
