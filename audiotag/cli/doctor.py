"""audiotag doctor"""

from __future__ import annotations

import json as json_format
from dataclasses import asdict
from typing import Annotated

import typer

from audiotag.cli.options import Config, Db, Quiet, Verbose, command
from audiotag.errors import EXIT_FATAL


@command
def doctor(
    json: Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")] = False,
    db: Db = None,
    config: Config = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Tell what is in use, what is wrong and how to mend it. Exit 1 when something is wrong.

    Decoders and engine are tried out, the library is checked for damage, and each setting
    is shown with the place that it comes from. Nothing is changed.
    """
    from audiotag.config import resolve
    from audiotag.doctor import examine_all

    wrong = 0
    section = ""
    for finding in examine_all(resolve({"db": db}, config)):
        wrong += finding.problem is not None
        if json:
            print(json_format.dumps(asdict(finding), ensure_ascii=False), flush=True)
        elif finding.problem is not None or not quiet:
            if finding.section != section:
                section = finding.section
                print(section, flush=True)
            mark = "  " if finding.problem is None else "! "
            print(f"{mark}{finding.name}: {finding.value}", flush=True)
            if finding.problem is not None:
                print(f"    wrong: {finding.problem}", flush=True)
    if wrong:
        raise typer.Exit(EXIT_FATAL)
