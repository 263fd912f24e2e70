"""The page's own files: HTML, style sheets, scripts, and the library that draws the map.

They are put into the page as they are; a browser runs those alone whose SHA-256 the page's
Content-Security-Policy names.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from importlib.resources import files

VENDORED = "vendor/drawing.min.js"
STYLES = ("page.css", "table.css", "map.css", "panel.css")
# One script, in this order: each may use what stands before it.
SCRIPTS = (
    "text.js", "data.js", "paths.js", "palette.js", "state.js", "search.js", "sorting.js", "table.js",
    "overview.js", "attention.js", "grid.js", "points.js", "view.js", "marks.js", "legend.js", "lasso.js",
    "keys.js", "playlist.js", "player.js", "panel.js", "tabs.js", "main.js",
)  # fmt: skip


def text_of(name: str) -> str:
    """One of the files beside this one."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def own_script() -> str:
    """Our scripts as one, whose names are nobody else's."""
    return "(() => {\n'use strict';\n" + "\n".join(map(text_of, SCRIPTS)) + "\n})();\n"


def own_style() -> str:
    """Our style sheets as one."""
    return "\n".join(map(text_of, STYLES))


def policy(scripts: Iterable[str], styles: Iterable[str]) -> str:
    """The Content-Security-Policy under which a page with these scripts and styles runs: they alone, no
    network; the songs may be played, from where the page lies or from the disk."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {' '.join(map(_mark, scripts))}",
            f"style-src {' '.join(map(_mark, styles))}",
            "img-src data:",  # its icon
            "media-src 'self' file:",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",  # text never becomes HTML or a program
        )
    )


def _mark(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
