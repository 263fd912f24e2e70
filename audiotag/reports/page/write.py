"""The whole library as one HTML file, written as it is read: memory does not grow with the tracks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import TextIO

from audiotag import __version__
from audiotag.errors import KINDS
from audiotag.reports.page.assets import VENDORED, own_script, own_style, policy, text_of
from audiotag.reports.page.block import STATUSES, Blocks, Shown, path_text
from audiotag.reports.page.columns import safe_json

BLOCK_TRACKS = 4096
# Where these stand in page.html, what is made goes.
_POLICY, _STYLE, _DATA, _SCRIPTS = "<!-- policy -->", "<!-- style -->", "<!-- data -->", "<!-- scripts -->"


@dataclass(frozen=True)
class PageFacts:
    """What the page says of itself. genres: of the model used last, with a threshold each (None: not written
    by default). folder: where the page will lie, absolute; None: nobody knows. rules: the settings that
    `tag` would obey, in words. made_at: ISO 8601. part: of the library, in words, where it is not all. heap:
    to the model all tracks on the map are the same."""

    made_at: str
    genres: tuple[str, ...] = ()
    thresholds: tuple[float | None, ...] = ()
    folder: bytes | None = None
    rules: Mapping[str, str] = field(default_factory=dict)
    part: str = ""
    heap: bool = False


def write_page(shown: Iterable[Shown], facts: PageFacts, file: TextIO) -> int:
    """Write the page of tracks, in the order that the table has at first; returns how many.

    `file` must be open as UTF-8 text.
    """
    scripts, style = (text_of(VENDORED), own_script()), own_style()
    rest = text_of("page.html")
    for mark, text in ((_POLICY, _policy_tag(policy(scripts, [style]))), (_STYLE, f"<style>{style}</style>")):
        before, _, rest = rest.partition(mark)
        file.write(before + text)
    before, _, rest = rest.partition(_DATA)
    file.write(before + _data("facts", 1, safe_json(_facts(facts))))
    count = 0
    blocks = Blocks(facts.genres)
    for some in _in_blocks(shown):
        file.write(_data("tracks", len(some), blocks.block(some)))
        count += len(some)
    before, _, rest = rest.partition(_SCRIPTS)
    file.write(before + "".join(f"<script>{script}</script>\n" for script in scripts) + rest)
    return count


def _in_blocks(shown: Iterable[Shown]) -> Iterator[list[Shown]]:
    rows = iter(shown)
    while some := list(islice(rows, BLOCK_TRACKS)):
        yield some


def _policy_tag(text: str) -> str:
    return f'<meta http-equiv="Content-Security-Policy" content="{text}">'


def _data(kind: str, count: int, text: str) -> str:
    """A block that no browser runs."""
    return f'<script type="application/json" data-kind="{kind}" data-count="{count}">{text}</script>\n'


def _facts(facts: PageFacts) -> dict[str, object]:
    return {
        "madeAt": facts.made_at,
        "version": __version__,
        "genres": facts.genres,
        "thresholds": facts.thresholds,
        "statuses": STATUSES,
        "folder": None if facts.folder is None else path_text(facts.folder),
        "rules": dict(facts.rules),
        "part": facts.part,
        "heap": facts.heap,
        "kinds": {kind.name: [kind.number, kind.meaning, kind.passing] for kind in KINDS},
    }
