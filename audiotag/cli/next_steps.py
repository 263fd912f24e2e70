"""audiotag alone: what to do next, from the state of things."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from audiotag.cli.options import command
from audiotag.cli.output import plural, show
from audiotag.errors import ModelError
from audiotag.text import printable

if TYPE_CHECKING:
    from audiotag.config.settings import Settings
    from audiotag.reports.state import LibraryState

_FIRST = (
    "audiotag listens to music and writes genres into files. No library yet:",
    "  audiotag scan ~/Music     listens; the files are only read",
    "  audiotag tag              shows what would be written; --write writes it",
    "  audiotag undo             puts back what was there",
    "'audiotag --help' lists all commands, 'audiotag doctor' says what is amiss.",
)
_LAST = "'audiotag scan FOLDER' listens to what is new, 'audiotag --help' lists all commands."


@command
def next_steps(
    db: Path | None = None, config: Path | None = None, quiet: bool = False, verbose: bool = False
) -> None:
    """Say in five lines what there is and what can be done with it."""
    from audiotag.config.sources import load_settings

    settings = load_settings({"db": db}, config)
    if quiet:
        return
    for line in _of_library(settings) if settings.db.exists() else _FIRST:
        show(line)


def _of_library(settings: Settings) -> list[str]:
    from audiotag.cli.tag import tag_options
    from audiotag.library.store import Store
    from audiotag.model.seen import open_seen
    from audiotag.reports.state import state_of_library

    library = printable(_from_home(settings.db))
    try:
        with open_seen(settings.db, settings.model, write=False) as store:
            return _lines(state_of_library(store, tag_options(settings, store)), library)
    except ModelError as fault:  # which says what to do; what there is can be told without a model
        with Store(settings.db, write=False) as store:
            tracks = int(store.execute("SELECT count(*) FROM tracks")[0][0])
        return [f"{plural(tracks, 'track')} in {library}", f"  {fault}", _LAST]


def _lines(state: LibraryState, library: str) -> list[str]:
    of = "" if state.whole else f"; of the first {state.looked_at:,}:"
    lines = [f"{plural(state.tracks, 'track')} in {library}{of}"]
    failed, uncertain = state.statuses["failed"], state.statuses["uncertain"]
    steps = [
        (state.ready, "ready to be tagged", "audiotag tag, then audiotag tag --write"),
        (uncertain, "uncertain", "audiotag report --status uncertain"),
        (failed, "failed", "audiotag report --status failed"),
    ]
    lines += [f"  {f'{count:,} {what}':<26}{todo}" for count, what, todo in steps if count]
    if not state.ready:
        lines.append(f"  {'nothing to be tagged':<26}audiotag report shows what there is")
    return [*lines, _LAST]


def _from_home(path: os.PathLike[str]) -> str:
    """'~/…' where it is there."""
    home = os.path.expanduser("~")
    text = os.fspath(path)
    return f"~{text[len(home) :]}" if home != "/" and text.startswith(f"{home}/") else text
