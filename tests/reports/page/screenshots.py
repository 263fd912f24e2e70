"""The pictures of docs/report-page.md: `make screenshots`, then look at them."""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser

from benchmarks.made_collection import fill_collection
from tests.helpers.browser import Opened, chromium, open_page, url_of
from tests.helpers.command import environment
from tests.helpers.documentation import DOCS

_TRACKS = 2_400


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        page = Path(folder, "page.html")
        fill_collection(Path(folder, "library.db"), _TRACKS)
        command = [sys.executable, "-m", "audiotag", "report", "-q", "--html", str(page)]
        subprocess.run(command, env=environment(Path(folder)), check=True)
        _wide(browser, page, DOCS / "_static" / "page-map.png")
        _phone(browser, page, DOCS / "_static" / "page-phone.png")


def _wide(browser: Browser, page: Path, picture: Path) -> None:
    """By day, 1,280 pixels wide: a track with its neighbours."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme="light")
    opened = open_page(context, url_of(page))
    track = _near(opened, 0.3, 0.55)
    opened.ask("track => opened.state.show(track)", track)
    opened.page.mouse.move(*opened.place_of(track))
    _take(opened, picture)
    context.close()


def _phone(browser: Browser, page: Path, picture: Path) -> None:
    """By night, 390 pixels wide."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark")
    opened = open_page(context, url_of(page))
    opened.ask("track => opened.state.show(track)", _near(opened, 0.6, 0.4))
    _take(opened, picture)
    context.close()


def _take(opened: Opened, picture: Path) -> None:
    """With 256 colours: a page of documentation is not to be heavy."""
    opened.page.wait_for_timeout(500)
    taken = Image.open(io.BytesIO(opened.page.screenshot()))
    taken.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(picture, optimize=True)


def _near(opened: Opened, across: float, down: float) -> int:
    """The track nearest to a place of the map, both from 0 to 1."""
    found = opened.ask(
        "([x, y]) => opened.grid.nearest(65534 * x, 65534 * y, 65534, () => true)", [across, down]
    )
    return int(found)


if __name__ == "__main__":
    main()
