"""audiotag tag"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from audiotag.cli.options import Config, Db, Quiet, Verbose, command, must_exist, silence_stdout, to_bytes
from audiotag.cli.output import Voice, plural
from audiotag.errors import EXIT_SOME_FAILED, FileFault

if TYPE_CHECKING:
    from audiotag.config import Settings
    from audiotag.library.store import Store
    from audiotag.tagging import Planned, TagOptions


@command
def tag(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH", help="Only files at or below these.")
    ] = None,
    write: Annotated[
        bool, typer.Option("--write-id3", "--write", help="Write the genres; without it, only show the plan.")
    ] = False,
    policy: Annotated[
        str | None,
        typer.Option(
            metavar="fill|append|replace",
            help="Where a genre is there already: leave it, add to it, replace it. [default: fill]",
        ),
    ] = None,
    top: Annotated[int | None, typer.Option(metavar="N", help="Genres a track at most. [default: 1]")] = None,
    min_confidence: Annotated[
        float | None, typer.Option(metavar="P", help="Least probability, 0..1. [default: the model card's]")
    ] = None,
    map_file: Annotated[
        Path | None,
        typer.Option("--map", metavar="FILE", help="TOML file that renames, splits or silences genres."),
    ] = None,
    keep_mtime: Annotated[
        bool, typer.Option("--keep-mtime", help="Keep the files' modification times.")
    ] = False,
    break_hardlinks: Annotated[
        bool,
        typer.Option(
            "--break-hardlinks", help="Write files with other hard links too; those keep the old file."
        ),
    ] = False,
    db: Db = None,
    config: Config = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Write genres into the files. Shows what it would do; --write-id3 does it.

    ID3 in mp3, wav and aiff; the native genre field of flac, ogg, opus, m4a, wma, ape,
    wv and others. Nothing but the genre changes. Each file is copied, the copy is
    written and checked, and then takes the file's place.
    """
    from audiotag.config import load_settings
    from audiotag.library.store import Store

    given = {
        "db": db, "policy": policy, "top": top, "min_confidence": min_confidence, "map": map_file,
    }  # fmt: skip
    settings = load_settings(given, config)
    voice = Voice(quiet, verbose)
    under = [os.path.abspath(to_bytes(path)) for path in paths or ()]
    for path in paths or ():
        must_exist(path)
    if write:
        # Opened for reading first: where there is no library yet, none is made.
        Store(settings.db, write=False).close()
    with Store(settings.db, write=write) as store:
        options = _options(settings, store, keep_mtime, break_hardlinks)
        outcome = _carry_out(store, under, options, write, voice)
    _tell(voice, outcome, write)
    if outcome["failed"]:
        raise typer.Exit(EXIT_SOME_FAILED)


def _options(settings: Settings, store: Store, keep_mtime: bool, break_hardlinks: bool) -> TagOptions:
    from audiotag.tagging import TagOptions
    from audiotag.tags.genremap import load_genre_map
    from audiotag.tags.policy import Policy, Rules

    model = store.latest_model()
    known = () if model is None else model.genres
    rules = Rules(Policy(settings.policy), settings.top)
    if settings.map is not None:
        rules = Rules(rules.policy, rules.top, genre_map=load_genre_map(settings.map, known))
    own_threshold = settings.min_confidence is not None
    if settings.min_confidence is not None:
        rules = Rules(rules.policy, rules.top, settings.min_confidence, rules.genre_map)
    return TagOptions(rules, own_threshold, keep_mtime, break_hardlinks)


def _carry_out(
    store: Store, under: list[bytes], options: TagOptions, write: bool, voice: Voice
) -> Counter[str]:
    """Plan and, if asked, write one file after the other; returns how many had which outcome."""
    from audiotag.names import printable
    from audiotag.tagging import plan
    from audiotag.tagging import write as write_planned

    outcome: Counter[str] = Counter()
    for planned in plan(store, under, options):
        fault = planned.fault
        if fault is None and write and planned.decision.action == "write":
            try:
                write_planned(store, planned, options)
            except FileFault as refused:
                fault = refused
        if fault is not None:
            outcome["failed"] += 1
            voice.wrong(f"failed: {fault}")
            continue
        if planned.decision.action == "write":
            outcome["written"] += 1
        else:
            outcome[planned.decision.reason.split(" ", 1)[0]] += 1
            outcome["kept"] += 1
        if not voice.quiet:
            _show(f"{printable(planned.path)}: {_diff(planned)}")
    return outcome


def _show(line: str) -> None:
    """On stdout; a reader that has gone (`| head`) does not end the writing."""
    try:
        print(line, flush=True)
    except BrokenPipeError:
        silence_stdout()


def _diff(planned: Planned) -> str:
    """'(no genre) → Folk   81 %', or what the file keeps and why."""
    decision = planned.decision
    old = _listed(decision.old)
    if decision.action == "write":
        return f"{old} → {_listed(decision.new)}   {decision.confidence:.0%}"
    return f"{old}   kept: {decision.reason}"


def _listed(genres: tuple[str, ...]) -> str:
    return "; ".join(genres) or "(no genre)"


def _tell(voice: Voice, outcome: Counter[str], write: bool) -> None:
    total = outcome["written"] + outcome["kept"] + outcome["failed"]
    if total == 0:
        voice.say("Nothing to tag: no scanned tracks there. Run 'audiotag scan FOLDER' first.")
        return
    done = "written" if write else "would be written"
    parts = [f"{outcome['written']:,} of {plural(total, 'file')} {done}"]
    for word, meaning in (("has", "had a genre already"), ("below", "uncertain, left alone")):
        if outcome[word]:
            parts.append(f"{outcome[word]:,} {meaning}")
    others = outcome["kept"] - outcome["has"] - outcome["below"]
    if others:
        parts.append(f"{others:,} left as they are")
    if outcome["failed"]:
        parts.append(f"{outcome['failed']:,} failed")
    voice.say(", ".join(parts) + ".")
    if outcome["written"] and not write:
        voice.say("Nothing has been changed. To write: audiotag tag --write-id3")
