"""What names and tags may hold is shown and never run; and a page of nothing says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, expect

from audiotag.library.records import TrackInfo
from audiotag.reports.page.block import LONGEST, Shown, TagPlan
from tests.helpers.browser import Opened, needs_chromium, open_page, url_of
from tests.helpers.pages import in_rows, named, write_to
from tests.helpers.tracks import failed, track

pytestmark = needs_chromium

# Each would set window.broken, if anything of it were taken for a program or for HTML.
BREAKOUTS = (
    "</script><script>window.broken = 1</script>",
    '"><img src=x onerror="window.broken = 1">',
    "<svg onload=window.broken=1>",
    "<!--<script>window.broken = 1",
    "\\u003c/script>\u2028window.broken = 1//\u2029",
    "'-window.broken=1-'${window.broken=1}`",
    "javascript:window.broken=1",
    "&lt;script&gt;window.broken = 1&lt;/script&gt;",
)
# What is in a tag, and how it is shown.
ODD = {
    "a\u202etxt.exe\u202c": "a\\u202etxt.exe\\u202c",
    "\x1b[31mred\x00\x7f": "\\x1b[31mred\\x00\\x7f",
    "two\nlines\r\tand": "two\\nlines\\r\\tand",
    "شكرا عزيزتي": "شكرا عزيزتي",
    "👩‍👩‍👧 ☎️": "👩‍👩‍👧 ☎️",
    "Ame\u0301lie": "Ame\u0301lie",
}
Open = Callable[..., Opened]


@pytest.fixture
def open_with(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Opens a page of these tracks; it must have no complaint at the end."""
    with _opener(browser, tmp_path / "page.html") as opener:
        yield opener


@contextmanager
def _opener(browser: Browser, file: Path) -> Iterator[Open]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    pages = []

    def opener(shown: list[Shown], heap: bool = False) -> Opened:
        pages.append(open_page(context, url_of(write_to(file, shown, heap=heap))))
        return pages[-1]

    yield opener
    assert [page.complaints() for page in pages] == [[]] * len(pages)
    context.close()


def test_nothing_breaks_out(open_with: Open) -> None:
    """As title, artist, album, file name, folder, genre and error, in every view."""
    tracks = [
        replace(
            named(b"/m/" + text.replace("/", "|").encode() + b"/" + text.replace("/", "|").encode(), text),
            info=TrackInfo(text, text, text),
        )
        for text in BREAKOUTS
    ]
    shown = [
        replace(one, plan=TagPlan((text,), (text, text)))
        for one, text in zip(in_rows(tracks), BREAKOUTS, strict=True)
    ]
    shown += [Shown(failed(b"/m/f%d" % at, reason=text)) for at, text in enumerate(BREAKOUTS)]
    opened = open_with(shown)
    for at, text in enumerate(BREAKOUTS):
        opened["#tab-map"].click()
        opened.page.mouse.move(*opened.place_of(at))
        escaped = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
        expect(opened["#tip strong"]).to_have_text(escaped)
        opened.ask("(track) => opened.state.show(track)", at)
        assert opened["#panel-track h2"].text_content() == escaped
    for view in ("table", "overview", "attention", "plan"):
        opened[f"#tab-{view}"].click()
        assert opened.page.title() == "Music library · audiotag"
    for by in ("artist", "album", "folder"):
        opened.ask("opened.show('map')")
        opened["#colour-by"].select_option(by)
    assert opened.ask("[typeof window.broken, document.images.length, document.scripts.length]") == [
        "undefined",
        0,
        3,
    ]


def test_what_cannot_be_seen_is_escaped(open_with: Open) -> None:
    opened = open_with(in_rows([named(b"/m/%d" % at, text) for at, text in enumerate(ODD)]))
    opened["#tab-table"].click()
    assert opened.shown_rows() == list(ODD.values())
    isolated = opened["#grid-body .title bdi"].first.evaluate("one => getComputedStyle(one).unicodeBidi")
    assert isolated == "isolate"


def test_text_becomes_no_html_even_if_a_program_wants_it(open_with: Open) -> None:
    """The policy of the page itself stands behind: no string becomes HTML, or code, or is fetched."""
    opened = open_with(in_rows([named(b"/m/a", "A")]))
    # As a program of the page would try it; what a test asks for is exempt from some of that.
    tried = opened.ask(
        """() => {
        const fails = [];
        const attempt = (action) => { try { action(); } catch (fault) { fails.push(fault.name); } };
        attempt(() => { document.body.innerHTML = '<b>x</b>'; });
        attempt(() => { document.createElement('script').text = 'window.broken = 1'; });
        return fails;
    }"""
    )
    assert tried == ["TypeError", "TypeError"]
    fetched = opened.ask("fetch('https://example.org/').then(() => 'fetched', fault => fault.name)")
    assert fetched == "TypeError"
    assert "connect-src https://example.org/" in opened.ask("window.breaches")
    opened.ask("window.breaches.length = 0")
    opened.said.clear()


def test_a_very_long_text_is_cut(open_with: Open) -> None:
    long = "x" * 100_000
    one = replace(named(b"/m/a.mp3", "A"), info=TrackInfo(long, long, long))
    opened = open_with([Shown(one, (0.5, 0.5), TagPlan((long,), ("Rock",)))])
    opened.ask("opened.state.show(0)")
    assert opened["#panel-track h2"].text_content() == "x" * LONGEST + "…"
    assert opened.ask("document.scrollingElement.scrollWidth") <= 1280


def test_no_name_is_taken_for_something_else_in_a_playlist(open_with: Open, tmp_path: Path) -> None:
    """A comment, an address, space that a player strips."""
    names = [b"#1.mp3", b"http:x.mp3", b" a.mp3", b"plain.mp3"]
    opened = open_with([Shown(named(bytes(tmp_path) + b"/" + name, "T"), (0.5, 0.5)) for name in names])
    opened.ask("opened.state.choose([0, 1, 2, 3])")
    opened["#relative"].check()
    with opened.page.expect_download() as download:
        opened["#save-playlist"].click()
    lines = download.value.path().read_bytes().split(b"\n")
    assert lines[2::2] == [b"./#1.mp3", b"./http:x.mp3", b"./ a.mp3", b"plain.mp3"]


def test_what_a_playlist_says_of_a_name_is_text_though_the_name_is_none(open_with: Open) -> None:
    """A player that finds no UTF-8 would take the whole list for Latin-1. The name itself is its bytes."""
    opened = open_with([Shown(track(b"/m/\xff\xe9.mp3", [0.5, 0.2, 0.1]), (0.5, 0.5))])
    opened.ask("opened.state.library.titles[0] = '', opened.state.choose([0])")
    with opened.page.expect_download() as download:
        opened["#save-playlist"].click()
    lines = download.value.path().read_bytes().split(b"\n")
    assert lines[1].endswith(b"- \\xff\\xe9.mp3")
    assert lines[2] == b"/m/\xff\xe9.mp3"


def test_where_no_tags_are_known_the_page_does_not_say_that_nothing_would_change(open_with: Open) -> None:
    opened = open_with([Shown(named(b"/m/%d" % n, "T"), (0.5, n / 3)) for n in range(3)])
    opened["#tab-plan"].click()
    expect(opened["#plan-list"]).not_to_contain_text("no file would change")
    expect(opened["#plan-rules"]).to_contain_text("3 files more, whose tags the library does not know")


def test_a_part_of_the_library_says_which(browser: Browser, tmp_path: Path) -> None:
    part = "/m/</title><script>\u202e/" + "long " * 60
    context = browser.new_context(viewport={"width": 390, "height": 800})
    page = write_to(tmp_path / "page.html", in_rows([named(b"/m/a", "A"), named(b"/m/b", "B")]), part=part)
    opened = open_page(context, url_of(page))
    said = part.replace("\u202e", "\\u202e")
    assert str(opened["#summary"].text_content()).startswith(f"2 tracks in {said}")
    assert opened.page.title().startswith("/m/</title><script>\\u202e/long")
    assert opened.ask("document.scrollingElement.scrollWidth") <= 390
    empty = open_page(context, url_of(write_to(tmp_path / "empty.html", [], part="/m/x")))
    expect(empty["#notice"]).to_have_text("The library has no track in /m/x.")
    assert opened.complaints() + empty.complaints() == []
    context.close()


class TestLittleToShow:
    def test_an_empty_library(self, open_with: Open) -> None:
        opened = open_with([])
        expect(opened["#notice"]).to_contain_text("The library is empty")
        opened["#tab-map"].click()
        expect(opened["#map-empty"]).to_have_text("No track, no map.")

    def test_one_track(self, open_with: Open) -> None:
        opened = open_with([Shown(named(b"/m/a.mp3", "Alone"), (0.5, 0.5))])
        expect(opened["#notice"]).to_contain_text("all tracks lie in one place")
        opened.page.mouse.move(*opened.place_of(0))
        expect(opened["#tip strong"]).to_have_text("Alone")

    def test_all_sound_the_same(self, open_with: Open) -> None:
        opened = open_with([Shown(named(b"/m/%d" % n, f"Song {n}"), (0.5, 0.5)) for n in range(30)])
        expect(opened["#notice"]).to_contain_text("all tracks lie in one place")
        opened.ask("opened.state.show(3)")
        expect(opened["#panel-track .near li"]).to_have_count(10)

    def test_all_sound_the_same_and_lie_beside_each_other(self, open_with: Open) -> None:
        opened = open_with(in_rows([named(b"/m/%d" % n, f"Song {n}") for n in range(30)]), heap=True)
        expect(opened["#notice"]).to_contain_text("all tracks on the map sound the same")

    def test_what_is_no_number_is_nowhere(self, open_with: Open) -> None:
        nan = float("nan")
        odd = replace(
            track(b"/m/b", [0.5, 0.2, 0.1]), probabilities=np.array([nan, nan, nan], np.float32), duration=nan
        )
        opened = open_with([Shown(odd, (nan, 0.5)), Shown(named(b"/m/c", "Whole"), (0.5, 0.5))])
        assert opened.ask("opened.grid.size") == 1
        opened.ask("opened.state.show(0)")
        expect(opened["#panel-track h2"]).to_have_text("Song")

    def test_nothing_was_heard(self, open_with: Open) -> None:
        opened = open_with(
            [
                Shown(failed(b"/m/a", "timeout", "took too long")),
                Shown(failed(b"/m/b", "unreadable", "no permission")),
            ]
        )
        opened["#tab-map"].click()
        expect(opened["#map-empty"]).to_contain_text("There is no map yet")
        opened["#tab-attention"].click()
        said = " ".join(opened["#faults"].all_text_contents())
        assert "timeout (11)" in said
        assert "took too long" in said
        assert "Waits: every scan tries again." in said  # what cannot be opened just now

    def test_a_browser_without_webgl(self, browser: Browser, tmp_path: Path) -> None:
        context = browser.new_context()
        context.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
        opened = open_page(
            context,
            url_of(write_to(tmp_path / "page.html", in_rows([named(b"/m/a", "A"), named(b"/m/b", "B")]))),
        )
        expect(opened["#map-empty"]).to_contain_text("no WebGL")
        assert opened.complaints() == []
        context.close()
