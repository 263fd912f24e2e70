"""audiotag doctor"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from audiotag.cli.options import Config, Db, Quiet, Verbose, command
from audiotag.cli.output import show, show_object
from audiotag.errors import EXIT_FATAL


@command
def doctor(
    json: Annotated[bool, typer.Option("--json", help="Print JSON Lines: one object a line.")] = False,
    db: Db = None,
    config: Config = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Tell what is in use, what is wrong and how to mend it. Exit 1 when something is wrong.

    Decoders and engine are tried out, the library is checked for damage, and each setting
    is shown with the place that it comes from. Nothing is changed.
    """
    from audiotag.config.sources import resolve
    from audiotag.doctor import examine_all

    wrong = 0
    section = ""
    for finding in examine_all(resolve({"db": db}, config)):
        wrong += finding.problem is not None
        if json:
            show_object(asdict(finding))
        elif finding.problem is not None or not quiet:
            if finding.section != section:
                section = finding.section
                show(section)
            mark = "  " if finding.problem is None else "! "
            show(f"{mark}{finding.name}: {finding.value}")
            if finding.problem is not None:
                show(f"    wrong: {finding.problem}")
    if wrong:
        raise typer.Exit(EXIT_FATAL)
