"""What happens to files' genres, as a person reads it: by folder, one line where all get the same."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from audiotag.cli.streams import silence
from audiotag.text import printable

if TYPE_CHECKING:
    from rich.text import Text

    from audiotag.cli.console import Console
    from audiotag.library.store import Store

# Lines of one folder that are held back to see whether they are all the same.
_MOST_HELD = 1_000
_FOLDER, _OLD, _NEW, _KEPT = "bold", "dim", "green", "dim"


@dataclass(frozen=True)
class FileChange:
    """path: absolute. old, new: genres in words; new is None where the file is kept. note: why, or what is
    added. confidence: of the new genre, 0..1, None where there is none. added: the genres it did not have."""

    path: bytes
    old: str
    new: str | None
    note: str = ""
    confidence: float | None = None
    added: tuple[str, ...] = ()


@dataclass
class Changes:
    """Shows changes as they come, in order of path, on standard output; names are relative to `root`.

    singly: a line for each file, be it the same for all of a folder. A reader that has gone
    (`| head`) does not end what goes on. Memory does not grow with the files.
    """

    root: bytes
    singly: bool = False
    _held: list[FileChange] = field(default_factory=list)
    _folder: bytes | None = None
    _is_open: bool = False
    _console: Console | None = None
    _genres: Counter[str] = field(default_factory=Counter)
    _changed: int = 0

    def add(self, change: FileChange) -> None:
        """One more file; it is shown when its folder is done."""
        folder = os.path.dirname(change.path)
        if folder != self._folder:
            self._end_folder()
            self._folder = folder
        self._held.append(change)
        if change.new is not None:
            self._changed += 1
            self._genres.update(change.added)
        if len(self._held) >= _MOST_HELD:
            self._show_singly()

    def close(self) -> None:
        """What is held back, and how many files get which genre."""
        self._end_folder()
        if self._changed > 1 and self._genres:
            self._print_table()

    def _end_folder(self) -> None:
        held = self._held
        if len(held) > 1 and not self.singly and not self._is_open and _all_same(held):
            self._print(self._whole_folder(held))
        else:
            self._show_singly()
        self._held, self._is_open = [], False

    def _show_singly(self) -> None:
        """The lines that are held; below their folder's, if there are several."""
        from rich.text import Text

        below = self._is_open or len(self._held) > 1
        name = self._name(self._folder or b"")
        if below and not self._is_open and name:
            self._print(Text(f"{name}/", _FOLDER))
        self._is_open = self._is_open or below
        for change in self._held:
            shown = printable(os.path.basename(change.path)) if below else self._name(change.path)
            indent = "  " if below and name else ""
            confidence = "" if change.confidence is None else f"   {change.confidence:.0%}"
            self._print(_line(f"{indent}{shown}", change, confidence))
        self._held = []

    def _whole_folder(self, changes: Sequence[FileChange]) -> Text:
        name = self._name(self._folder or b"")
        confidences = [change.confidence for change in changes if change.confidence is not None]
        span = sorted({f"{min(confidences):.0%}", f"{max(confidences):.0%}"}) if confidences else []
        files = f"{len(changes):,} files"
        return _line(f"{name}/ ({files})" if name else files, changes[0], "   " * bool(span) + "–".join(span))

    def _name(self, path: bytes) -> str:
        """Relative to the root; "" is the root itself."""
        if path == self.root:
            return ""
        inside = self.root and path.startswith(self.root.rstrip(b"/") + b"/")
        return printable(os.path.relpath(path, self.root) if inside else path)

    def _print_table(self) -> None:
        from rich.table import Table
        from rich.text import Text

        from audiotag.text import escaped

        table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 1))
        table.add_column("genre")
        table.add_column("files", justify="right")
        for genre, count in sorted(self._genres.items(), key=lambda item: (-item[1], item[0])):
            table.add_row(Text(escaped(genre)), f"{count:,}")
        self._print(Text(""))
        self._print(table)

    def _print(self, what: Text | object) -> None:
        from rich.text import Text

        from audiotag.cli.console import Console

        is_first = self._console is None
        self._console = self._console or Console(highlight=False, soft_wrap=True)
        try:
            if is_first and self.root:
                self._console.print(Text(f"{printable(self.root)}:", _FOLDER))
            self._console.print(what)
            sys.stdout.flush()
        except BrokenPipeError:
            silence(sys.stdout)


def common_folder(store: Store, under: Sequence[bytes]) -> bytes:
    """The folder of all the library's files at or below `under`; empty where that says nothing."""
    if len(under) == 1:
        return under[0] if os.path.isdir(under[0]) else b""
    # Each by itself is found by the index; asked for together they would have all rows read.
    both = "SELECT (SELECT min(path) FROM tracks), (SELECT max(path) FROM tracks)"
    ends = under or [path for path in store.execute(both)[0] if path]
    if len(ends) < 2:
        return b""
    folder = os.path.commonpath(ends)
    if not under and folder in ends:
        folder = os.path.dirname(folder)
    return b"" if folder == b"/" else folder


def _all_same(changes: Sequence[FileChange]) -> bool:
    first = changes[0]
    return all(
        (change.old, change.new, change.note) == (first.old, first.new, first.note) for change in changes
    )


def _line(name: str, change: FileChange, confidence: str) -> Text:
    """'a.mp3: (no genre) → Folk   81%', or what is added, or what the file keeps and why."""
    from rich.text import Text

    from audiotag.text import escaped

    line = Text(f"{name}: ")
    line.append(escaped(change.old), _OLD)
    if change.new is not None and change.new != change.old:
        line.append(" → ").append(escaped(change.new), _NEW).append(confidence)
    if change.note:
        line.append(f"   {escaped(change.note)}", _KEPT if change.new is None else _NEW)
    return line
