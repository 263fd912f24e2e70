"""audiotag duplicates"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from audiotag.cli.options import Config, Db, Quiet, Verbose, command, to_bytes
from audiotag.cli.output import Messages, plural, show, show_object


@command
def duplicates(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATH...", readable=False, help="Only files at or below these."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a recording on stdout.")] = False,
    db: Db = None,
    config: Config = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """List the recordings that are in the library more than once.

    "same sound": a copy, whatever its name and tags, but perhaps a damaged one: look at the
    sizes. "sounds the same": another encoding of it, or the recording on another album.
    Listen before you delete. Files that are gone are left out.
    """
    from audiotag.cli.report import must_be_known
    from audiotag.config.sources import load_settings
    from audiotag.discovery.duplicates import duplicates as find_duplicates
    from audiotag.discovery.pairs import CROWD
    from audiotag.library.store import Store
    from audiotag.reports.alike import group_lines, group_row

    voice = Messages(quiet, verbose)
    settings = load_settings({"db": db}, config)
    under = [os.path.abspath(to_bytes(path)) for path in paths or ()]
    groups = files = 0
    with Store(settings.db, write=False) as store:
        must_be_known(store, under)
        found = find_duplicates(store, under)
        for group in found.groups:
            groups, files = groups + 1, files + len(group)
            if json:
                show_object(group_row(group))
            else:
                for line in group_lines(group):
                    show(line)
    voice.say(f"{plural(groups, 'recording')} in {plural(files, 'file')}." if groups else "No duplicates.")
    if found.crowded:
        voice.say(
            f"{plural(found.crowded, 'track')} left out: more than {CROWD} of one length sound the same, "
            "so that the model does not tell them apart."
        )
