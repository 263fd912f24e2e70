"""Debian's Chromium, driven by Playwright; the machine needs no graphics card."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
# SwiftShader draws WebGL on the processor; sound is played, and heard by nobody.
FLAGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--mute-audio"]
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
# Keeps what the page offers to its tests, and every breach of its policy, for `Opened`.
_WATCH = """
document.addEventListener('audiotag-ready', (event) => { window.opened = event.detail; });
window.breaches = [];
document.addEventListener('securitypolicyviolation', (event) => {
    window.breaches.push(event.violatedDirective + ' ' + event.blockedURI);
});
"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Opened:
    """A page of ours. said: what the console got. asked: every request that it made."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def __getitem__(self, selector: str) -> Locator:
        return self.page.locator(selector)

    def ask(self, expression: str, value: object = None) -> Any:
        """What a JavaScript expression gives; `opened` is what main.js returns."""
        return self.page.evaluate(expression, value)

    def place_of(self, track: int) -> tuple[float, float]:
        """Where the n-th track of the page lies in the window, in pixels."""
        box = self["#map-frame"].bounding_box()
        assert box is not None
        x, y = self.ask("(track) => opened.view.toScreen(track)", track)
        return box["x"] + x, box["y"] + y

    def shown_rows(self) -> list[str]:
        """The titles in the table, from the top of the view down."""
        rows = self["#grid-body .row"]
        titles = rows.evaluate_all(
            "rows => rows.map(row => [Number(row.getAttribute('aria-rowindex')), "
            "row.querySelector('.title').textContent]).sort((a, b) => a[0] - b[0])"
        )
        return [title for _, title in titles]

    def complaints(self) -> list[str]:
        """Errors and warnings of the console, and breaches of the policy."""
        return [*self.said, *self.ask("window.breaches")]


def open_page(context: BrowserContext, url: str) -> Opened:
    """Load a page and wait until it has read its data."""
    page = context.new_page()
    opened = Opened(page)
    page.on("console", lambda message: opened.said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda fault: opened.said.append(f"error: {fault}"))

    def note(request: Request) -> None:
        opened.asked.append(request.url)

    page.on("request", note)
    page.add_init_script(_WATCH)
    page.goto(url)
    page.locator("body[data-ready=yes]").wait_for(timeout=60_000)
    return opened


def url_of(path: Path) -> str:
    return path.as_uri()
