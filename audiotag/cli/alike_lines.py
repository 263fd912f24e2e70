"""Tracks that sound alike on a terminal, two or three lines each, however narrow it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len, set_cell_size
from rich.style import Style
from rich.text import Text

_NEAR, _GENRE = 6, 16  # columns
_DIM = Style(dim=True)
# Of a text of any length no more is looked at.
_MOST = 2_000


def alike_lines(cells: Sequence[str], width: int, places: int = 0) -> Iterator[Text]:
    """cells: as alike_cells has them. width: of the terminal. places: columns for the place, if it is shown.

    What the tags say is cut where there is no room for it, and the path never, so that it can be copied.
    """
    place, near, genre, title, album, path, mark = cells
    before = f"{place:>{places}} " if places else ""
    head = f"{before}{near:>{_NEAR}} {padded(genre, _GENRE)}"
    if title:
        room = max(8, width - cell_len(head))
        yield Text(head + cut(f"{title}  ({album})" if album else title, room))
        yield Text(" " * len(before) + " " * (_NEAR + 1) + path, _DIM)
    else:
        yield Text(head + path)
    if mark:
        yield Text(" " * len(before) + " " * (_NEAR + 1) + mark, _DIM)


def padded(text: str, width: int) -> str:
    """Cut, or filled up with spaces, of which there is one at least."""
    shown = cut(text, width - 1)
    return shown + " " * max(1, width - cell_len(shown))


def cut(text: str, width: int) -> str:
    """Not wider than so many cells."""
    text = text[:_MOST]
    return text if cell_len(text) <= width else set_cell_size(text, max(1, width - 1)).rstrip() + "…"
