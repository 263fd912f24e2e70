"""audiotag tag"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from audiotag.cli.changes import Changes, FileChange, common_folder
from audiotag.cli.completion import one_of
from audiotag.cli.echo import same_command
from audiotag.cli.options import (
    BreakHardlinks,
    ChangeOwner,
    Config,
    Db,
    Judge,
    KeepMtime,
    Quiet,
    Verbose,
    Wait,
    command,
    must_exist,
    to_bytes,
)
from audiotag.cli.output import Messages, listed, plural, show_object
from audiotag.config.settings import choices_of, with_default
from audiotag.errors import EXIT_SOME_FAILED, FileFault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audiotag.config.settings import Settings
    from audiotag.library.store import Store
    from audiotag.tags.plan import Planned, TagOptions


@command
def tag(
    context: typer.Context,
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH...", help="Only files at or below these.")
    ] = None,
    write: Annotated[
        bool, typer.Option("--write-id3", "--write", help="Write the genres; without it, only show the plan.")
    ] = False,
    policy: Annotated[
        str | None,
        typer.Option(
            metavar=choices_of("policy"),
            autocompletion=one_of(choices_of("policy")),
            help=with_default("policy", "Where a genre is there already: leave it, add to it, replace it."),
        ),
    ] = None,
    top: Annotated[
        int | None, typer.Option(metavar="N", help=with_default("top", "Genres a track at most."))
    ] = None,
    min_confidence: Annotated[
        float | None,
        typer.Option(metavar="P", help=with_default("min_confidence", "Least probability, 0..1.")),
    ] = None,
    model: Judge = None,
    styles: Annotated[
        bool | None,
        typer.Option("--styles/--no-styles", help=with_default("styles", "Each genre's styles after it.")),
    ] = None,
    map_file: Annotated[
        Path | None,
        typer.Option(
            "--map", metavar="FILE", help="TOML file that renames, splits or silences genres and styles."
        ),
    ] = None,
    id3_version: Annotated[
        str | None,
        typer.Option(
            metavar=choices_of("id3_version"),
            autocompletion=one_of(choices_of("id3_version")),
            help=with_default("id3_version", "Version of the ID3 tags in files that are written."),
        ),
    ] = None,
    provenance: Annotated[
        bool, typer.Option("--provenance", help="Write model and probabilities into the tags as well.")
    ] = False,
    keep_mtime: KeepMtime = False,
    break_hardlinks: BreakHardlinks = False,
    change_owner: ChangeOwner = False,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="The plan as JSON Lines, one object a file, on stdout, also with -q."),
    ] = False,
    wait: Wait = None,
    db: Db = None,
    config: Config = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Write genres into the files. Shows what it would do; --write-id3 does it.

    ID3 in mp3, wav, aiff and dsf; the native genre field of flac, ogg, opus, m4a, wma,
    ape, wv and others. Nothing but the genre changes. Each file is copied, the copy is
    written and checked, and then takes the file's place; a file that would not change
    is not touched, and 'audiotag undo' puts back what was there. What is kept, and why,
    is shown with -v.

    The best genre that reaches its threshold is written; each has its own, and some models
    have genres without one, which only --min-confidence writes. 'audiotag doctor' lists them.

    A genre that audiotag wrote itself is updated under every policy; one that you have
    changed since is yours. A placeholder ("Unknown", "Other", "-") counts as no genre;
    'placeholders' in the config file is the list.

    \b
      audiotag tag ~/Music/New          show the plan for a folder
      audiotag tag --write-id3          write, where there is no genre yet
      audiotag tag --policy append --top 2 --map genres.toml

    \b
    The map:  "Hip-Hop" = ["Hip-Hop", "Rap"]    writes two genres
              "Experimental" = []               writes none

    Exit codes: 0 done, 1 fatal, 2 wrong usage, 3 some files failed (each is named), or,
    in a plan, cannot be written, 4 another run holds the library.
    """
    from audiotag.cli.heard import say_if_outdated
    from audiotag.config.sources import load_settings
    from audiotag.model.seen import open_seen

    given = {
        "db": db, "policy": policy, "top": top, "min_confidence": min_confidence, "map": map_file,
        "model": model, "styles": styles, "id3_version": id3_version, "wait": wait,
    }  # fmt: skip
    settings = load_settings(given, config)
    voice = Messages(quiet, verbose)
    under = [os.path.abspath(to_bytes(path)) for path in paths or ()]
    for path in paths or ():
        must_exist(path)
    with open_seen(settings.db, settings.model, write, settings.wait) as store:
        options = tag_options(settings, store, keep_mtime, break_hardlinks, provenance)
        options = replace(options, change_owner=change_owner)
        outcome = _carry_out(store, under, options, voice, write, as_json)
        heard_by = store.latest_model()
    _tell(voice, outcome, write)
    say_if_outdated(heard_by, settings.model, voice)
    if outcome["written"] and not write:
        voice.say(f"Nothing has been changed. To write: {same_command(context, '--write-id3')}")
    if outcome["failed"] or outcome["refused"]:
        raise typer.Exit(EXIT_SOME_FAILED)


def tag_options(
    settings: Settings,
    store: Store,
    keep_mtime: bool = False,
    break_hardlinks: bool = False,
    provenance: bool = False,
) -> TagOptions:
    """What the settings ask of a run of `tag`."""
    from audiotag.cli.rules import rules_of
    from audiotag.tags.plan import TagOptions

    version = {"keep": None, "2.3": 3, "2.4": 4}[settings.id3_version]
    return TagOptions(rules_of(settings, store), keep_mtime, break_hardlinks, provenance, version)


def _carry_out(
    store: Store, under: list[bytes], options: TagOptions, voice: Messages, write: bool, as_json: bool
) -> Counter[str]:
    """Plan and, if asked, write one file after the other; returns how many had which outcome."""
    from audiotag.cli.session import open_session
    from audiotag.tags.plan import plan, tag_all

    outcome: Counter[str] = Counter()
    changes = Changes(common_folder(store, under), singly=voice.verbose)
    done: Iterator[tuple[Planned, FileFault | None]]
    with open_session(store, "tag", write, voice) as session:
        if session is None:
            done = ((planned, planned.fault) for planned in plan(store, under, options))
        else:
            done = tag_all(session, store, under, options)
        for planned, fault in done:
            decision = planned.decision
            if fault is not None and not write and decision.action == "write":
                outcome["refused"] += 1
                voice.wrong(f"cannot be written: {_before_writing(fault)}")
            elif fault is not None:
                outcome["failed"] += 1
                voice.wrong(f"failed: {fault}")
            elif decision.action == "write":
                outcome["written"] += 1
            else:
                outcome[decision.reason.split(" ", 1)[0]] += 1
                outcome["kept"] += 1
            if as_json:
                show_object(_object(planned, fault, write))
            elif fault is None and not voice.quiet and (decision.action == "write" or voice.verbose):
                changes.add(_change(planned))
        changes.close()
    return outcome


def _change(planned: Planned) -> FileChange:
    """A line of the plan: what is written, what is added beside the genre, or what the file keeps and why."""
    decision = planned.decision
    old = listed(decision.old) if planned.genre_known else "(genre not known)"
    if decision.action == "write" and decision.new == decision.old:
        return FileChange(planned.path, old, old, f"{decision.reason} added")
    if decision.action == "write":
        added = tuple(genre for genre in decision.new if genre not in decision.old)
        new = listed(decision.new)
        return FileChange(planned.path, old, new, confidence=decision.confidence, added=added)
    detail = f" ({planned.detail})" if planned.detail else ""
    return FileChange(planned.path, old, None, f"kept: {decision.reason}{detail}")


def _before_writing(fault: FileFault) -> str:
    """Why a write would be refused: as it will be said then, but for what it will add."""
    return str(fault).removesuffix("; the file is as it was")


def _object(planned: Planned, fault: FileFault | None, write: bool) -> dict[str, object]:
    """One file of the plan, for machines."""
    from audiotag.reports.rows import path_text

    decision = planned.decision
    confidence = decision.confidence
    wanted = decision.action == "write"
    return {
        "path": path_text(planned.path),
        "action": "failed" if fault is not None else decision.action,
        "old": decision.old if planned.genre_known else None,
        "new": decision.old if fault is not None else decision.new if planned.genre_known else None,
        "confidence": None if confidence is None else round(confidence, 4),
        "reason": decision.reason,
        "written": write and wanted and fault is None,
        "error": (planned.detail or None) if fault is None else str(fault),
    }


def _tell(voice: Messages, outcome: Counter[str], write: bool) -> None:
    total = outcome["written"] + outcome["kept"] + outcome["failed"] + outcome["refused"]
    if total == 0:
        voice.say("Nothing to tag: no scanned tracks there. Run 'audiotag scan FOLDER' first.")
        return
    done = "written" if write else "would be written"
    parts = [f"{outcome['written']:,} of {plural(total, 'file')} {done}"]
    had = outcome["has"] + outcome["already"]
    if had:
        parts.append(f"{had:,} had a genre already")
    uncertain = outcome["below"] + outcome["not"]  # below threshold; not written by default
    if uncertain:
        parts.append(f"{uncertain:,} uncertain, left alone")
    if outcome["no"]:
        parts.append(f"{outcome['no']:,} without a prediction")
    others = outcome["kept"] - had - uncertain - outcome["no"]
    if others:
        parts.append(f"{others:,} left as they are")
    if outcome["refused"]:
        parts.append(f"{outcome['refused']:,} cannot be written")
    if outcome["failed"]:
        parts.append(f"{outcome['failed']:,} failed")
    voice.say(", ".join(parts) + ".")
