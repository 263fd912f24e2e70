"""The same page from a web server: it plays what the server offers, by the way from page to song."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.helpers.audio_files import make_audio, tone
from tests.helpers.browser import needs_chromium, open_page
from tests.helpers.pages import in_rows, named, write_to

pytestmark = needs_chromium


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """The address of tmp_path on a web server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Silent, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_it_plays_by_the_way_from_the_page_to_the_song(browser: Browser, served: str, tmp_path: Path) -> None:
    music, pages = tmp_path / "Music & more", tmp_path / "reports"
    music.mkdir()
    pages.mkdir()
    make_audio(music / "50% off?.wav", tone(1.0, 8_000, channels=1), 8_000)
    there, gone = named(bytes(music) + b"/50% off?.wav", "There"), named(b"/elsewhere/b.mp3", "Gone")
    write_to(pages / "page.html", in_rows([there, gone]))
    context = browser.new_context()
    opened = open_page(context, f"{served}/reports/page.html")
    opened.page.mouse.click(*opened.place_of(0))
    source = opened.ask("document.getElementById('audio').src")
    assert source == f"{served}/Music%20%26%20more/50%25%20off%3F.wav"
    expect(opened["#player"]).to_be_visible()
    opened.page.wait_for_timeout(300)
    assert opened.ask("document.getElementById('audio').duration") == pytest.approx(1.0, abs=0.05)
    assert opened.complaints() == []
    # What the server does not have is said, in the page.
    opened.page.mouse.click(*opened.place_of(1))
    expect(opened["#player-fault"]).to_contain_text("A web server has to offer the music")
    assert {url.split("/", 3)[2] for url in opened.asked if url.startswith("http")} == {served[7:]}
    context.close()
