"""100,000 tracks: the page is small enough, is written in bounded memory, and does not freeze."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from audiotag.reports.page.block import Shown, TagPlan
from audiotag.reports.page.write import BLOCK_TRACKS
from tests.helpers.browser import Opened, needs_chromium, open_page, url_of
from tests.helpers.pages import named, write_to

pytestmark = pytest.mark.slow
COUNT = 100_000
MEGABYTE = 1 << 20


def many(count: int) -> Iterator[Shown]:
    """Ten songs an album, thirty an artist; the last is called Zzz."""
    for at in range(count):
        album = at // 10
        path = b"/music/Artist %05d/Album %05d/%02d Some Song.mp3" % (album // 3, album, at % 10)
        title = "Zzz" if at == count - 1 else f"Some Song of Length {count - at}"
        one = named(path, title, f"Artist {album // 3:05}", f"Album {album:05}", album // 3 % 3)
        yield Shown(one, (at * 0.618 % 1, at / count), TagPlan((), (one.ranked()[0][0],)))


def test_memory_does_not_grow_with_the_tracks(tmp_path: Path) -> None:
    """Artists, albums and folders that are told once each are all that is remembered."""
    songs = [replace(one, track=named(b"/m/%d.mp3" % at, "x")) for at, one in enumerate(many(100))]

    def peak(blocks: int) -> int:
        tracemalloc.start()
        write_to(tmp_path / "page.html", islice(cycle(songs), blocks * BLOCK_TRACKS))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(1)
    assert peak(6) < peak(2) + 2 * MEGABYTE


@pytest.fixture(scope="module")
def opened(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    page = write_to(tmp_path_factory.mktemp("large") / "page.html", many(COUNT))
    assert page.stat().st_size < 20 * MEGABYTE
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    opened = open_page(context, url_of(page))
    yield opened
    assert opened.complaints() == []
    context.close()


@needs_chromium
class TestInABrowser:
    def test_only_the_rows_in_view_exist(self, opened: Opened) -> None:
        opened["#tab-table"].click()
        assert opened["#grid-body .row"].count() < 60
        opened["#grid"].focus()
        opened.page.keyboard.press("End")
        expect(opened["#grid-body .row.cursor .title"]).to_have_text("Zzz")
        assert opened["#grid-body .row"].count() < 60

    def test_it_sorts_in_a_moment(self, opened: Opened) -> None:
        """On a busy machine, too: what is promised is a fifth of that."""
        sort = "opened.table.sortBy('title')"
        took = opened.ask(f"() => {{ const t = performance.now(); {sort}; return performance.now() - t; }}")
        assert took < 2_000
        opened.page.wait_for_timeout(100)
        assert opened.shown_rows()[:2] == ["Some Song of Length 2", "Some Song of Length 3"]

    def test_it_searches_in_a_moment(self, opened: Opened) -> None:
        opened["#search"].fill("artist 00077 zzz")
        expect(opened["#found"]).to_have_text("0 of 100,000")
        opened["#search"].fill("artist 00077")  # thirty songs of that artist, ten of the album
        expect(opened["#found"]).to_have_text("40 of 100,000")

    def test_what_is_pointed_at_has_its_name(self, opened: Opened) -> None:
        opened.ask("opened.look({}), opened.show('map')")
        opened["#search"].fill("")
        expect(opened["#found"]).to_have_text("")
        opened.page.mouse.move(*opened.place_of(COUNT // 2))
        expect(opened["#tip"]).to_be_visible()
        hovered = opened["#tip strong"].text_content()
        assert hovered is not None
        assert hovered.startswith("Some Song of Length ")
