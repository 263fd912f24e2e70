"""The files that `report` writes, and what it says of them."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from audiotag.atomic import atomic_text
from audiotag.cli.output import Messages, plural
from audiotag.cli.report_playlists import Playlists, write_playlists
from audiotag.errors import AudiotagError, in_words
from audiotag.text import printable

if TYPE_CHECKING:
    from audiotag.library.store import Store
    from audiotag.reports.selection import Selection


@dataclass(frozen=True)
class Files:
    """Where what is to go; '-' is stdout."""

    csv: Path | None = None
    json: Path | None = None
    playlists: Playlists | None = None

    @property
    def are_none(self) -> bool:
        return self.csv is None and self.json is None and self.playlists is None


def write_files(store: Store, under: list[bytes], chosen: Selection, files: Files, voice: Messages) -> bool:
    """Write them; returns whether all could be. Raises AudiotagError where one cannot be made."""
    from audiotag.reports.csv import write_csv
    from audiotag.reports.json import write_json
    from audiotag.reports.rows import model_columns
    from audiotag.reports.selection import select

    shown = model_columns(store)
    for path, write in ((files.csv, write_csv), (files.json, write_json)):
        if path is not None:
            with output(path) as file:
                count = write(select(store, under, chosen), shown, file)
            if str(path) != "-":
                voice.say(f"{printable(path)}: {plural(count, 'track')}")
    return files.playlists is None or write_playlists(store, under, files.playlists, voice)


@contextmanager
def output(path: Path) -> Iterator[TextIO]:
    """stdout for '-'; else a file that takes its name only when it is complete."""
    if str(path) == "-":
        # The locale may not be UTF-8 and text streams translate line ends; the contract has neither.
        file = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="", write_through=True)
        try:
            yield file
        finally:
            file.detach()
        return
    try:
        with atomic_text(path) as text:
            yield text
    except BrokenPipeError:  # whoever reads that pipe has gone
        raise
    except OSError as fault:
        raise AudiotagError(f"{printable(path)}: cannot be written ({in_words(fault)})") from fault
