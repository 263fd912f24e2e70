"""The page in a browser, as a person uses it: look, point, search, choose, sort, play."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, expect

from tests.helpers.audio_files import make_audio, tone
from tests.helpers.browser import Opened, needs_chromium, open_page, url_of
from tests.helpers.pages import in_rows, named, of_year, write_to

pytestmark = needs_chromium
# 20 tracks in four rows of five; the first is a file that can be played, its name is no text.
SONG = b"a #1 50%?\xff\xe9.wav"
GENRES = ("Folk", "Pop", "Rock")


def year_of(number: int) -> int | None:
    """Of a song by its number: from 1963 to 2017; every fifth one has none."""
    return 1960 + 3 * number if number % 5 else None


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("Mus ic")


@pytest.fixture(scope="module")
def opened(browser: Browser, folder: Path) -> Iterator[Opened]:
    """The page of 20 tracks, 1,280 pixels wide."""
    made = make_audio(folder / "a.wav", tone(1.0, 8_000, channels=1), 8_000)
    made.rename(Path(str(folder.absolute())) / SONG.decode("utf-8", "surrogateescape"))
    tracks = [named(bytes(folder) + b"/" + SONG, "Opening", "Zoë", "Début", 0)]
    tracks += [
        of_year(
            named(b"/music/%02d.mp3" % n, f"Song {n}", f"Artist {n % 4}", f"Album {n % 7}", n % 3), year_of(n)
        )
        for n in range(1, 20)
    ]
    page = write_to(folder / "page.html", in_rows(tracks))
    context = browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme="light")
    yield open_page(context, url_of(page))
    context.close()


@pytest.fixture(autouse=True)
def _as_new(opened: Opened) -> Iterator[None]:
    """Every test begins with all tracks on the map, and leaves no complaint."""
    opened.page.keyboard.press("Escape")
    opened["#search"].fill("")
    opened.ask("opened.state.choose([]), opened.state.query = '', opened.look({})")
    opened.ask("opened.show('map'), opened.view.fit()")
    yield
    assert opened.complaints() == []


def choose_by(opened: Opened, tool: str, *tracks: int) -> None:
    """Draw with a tool of the map through these tracks' places."""
    opened[f'[data-tool="{tool}"]'].click()
    places = [opened.place_of(track) for track in tracks]
    middle = [sum(values) / len(values) for values in zip(*places, strict=True)]
    # A little outside of them, so that they are within.
    corners = [
        [at + (12 if at > mid else -12) for at, mid in zip(place, middle, strict=True)] for place in places
    ]
    opened.page.mouse.move(*corners[0])
    opened.page.mouse.down()
    for corner in corners[1:]:
        opened.page.mouse.move(*corner, steps=4)
    opened.page.mouse.up()
    opened['[data-tool="move"]'].click()


def saved(opened: Opened, button: str) -> tuple[str, bytes]:
    """The name and the bytes of what a button gives to keep."""
    with opened.page.expect_download() as download:
        opened[button].click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


class TestItOpens:
    def test_with_nothing_but_itself(self, opened: Opened, folder: Path) -> None:
        assert opened.asked[0] == url_of(folder / "page.html")
        assert [url for url in opened.asked[1:] if not url.startswith(("data:", "file:", "blob:"))] == []

    def test_with_the_map(self, opened: Opened) -> None:
        expect(opened["#tab-map"]).to_have_attribute("aria-selected", "true")
        expect(opened["#summary"]).to_contain_text("20 tracks")
        expect(opened["#legend-entries .label"]).to_have_text(list(GENRES))

    def test_on_a_phone_nothing_is_wider_than_it(self, browser: Browser, folder: Path) -> None:
        context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
        phone = open_page(context, url_of(folder / "page.html"))
        for view in ("map", "table", "overview", "attention", "plan"):
            phone[f"#tab-{view}"].click()
            expect(phone[f"#{view}"]).to_be_visible()
            assert phone.ask("document.scrollingElement.scrollWidth") <= 390
        phone["#tab-map"].click()
        # A tap plays: of a file that is not there the browser would complain, sooner or later.
        phone.page.touchscreen.tap(*phone.place_of(0))
        expect(phone["#panel-track h2"]).to_have_text("Opening")
        assert phone.complaints() == []
        context.close()

    def test_by_day_and_by_night(self, opened: Opened) -> None:
        ground = "getComputedStyle(document.body).backgroundColor"
        by_day = opened.ask(ground)
        opened.page.emulate_media(color_scheme="dark")
        expect(opened["html"]).to_have_attribute("data-theme", "dark")
        by_night = opened.ask(ground)
        assert sum(map(int, re.findall(r"\d+", by_night))) < 150 < sum(map(int, re.findall(r"\d+", by_day)))
        opened["#theme"].click()  # from the system's to light
        assert opened.ask(ground) == by_day
        opened["#theme"].click()
        opened.page.emulate_media(color_scheme="light")
        assert opened.ask(ground) == by_night
        opened["#theme"].click()
        expect(opened["html"]).to_have_attribute("data-theme", "light")


class TestTheMap:
    def test_pointing_at_a_track_names_it(self, opened: Opened) -> None:
        opened.page.mouse.move(*opened.place_of(8))
        expect(opened["#tip"]).to_be_visible()
        lines = [" ".join(line.split()) for line in opened["#tip > *"].all_text_contents()]
        assert lines == ["Song 8", "Artist 0", "Album 1 · 1984", "Rock 90 %"]
        opened.page.mouse.move(*opened.place_of(0))
        expect(opened["#tip strong"]).to_have_text("Opening")

    def test_searching_lights_tracks_up(self, opened: Opened) -> None:
        before = opened["#map-frame"].screenshot()
        opened["#search"].fill("zoe debut")  # without the accents
        expect(opened["#found"]).to_have_text("1 of 20")
        assert opened.ask("[...opened.state.lit.keys()].filter(track => opened.state.lit[track])") == [0]
        assert opened["#map-frame"].screenshot() != before
        opened["#clear"].click()
        expect(opened["#found"]).to_have_text("")

    def test_a_genre_of_the_legend_alone(self, opened: Opened) -> None:
        opened["#legend-entries button"].nth(1).click()
        expect(opened["#found"]).to_have_text("7 of 20")
        expect(opened["#legend-entries button"].nth(1)).to_have_attribute("aria-pressed", "true")

    @pytest.mark.parametrize(
        ("by", "entries"), [("artist", 5), ("album", 8), ("folder", 2), ("year", 1), ("confidence", 1)]
    )
    def test_colours_by(self, opened: Opened, by: str, entries: int) -> None:
        before = opened["#points"].screenshot()
        opened["#colour-by"].select_option(by)
        expect(opened["#legend-entries li"]).to_have_count(entries)
        assert opened["#points"].screenshot() != before
        opened["#colour-by"].select_option("genre")

    def test_years_from_the_first_to_the_last(self, opened: Opened) -> None:
        opened["#colour-by"].select_option("year")
        expect(opened["#legend-entries .scale span"]).to_have_text(["1963", "2017"])
        expect(opened["#legend-note"]).to_have_text("4 tracks without a year in grey.")
        opened["#colour-by"].select_option("genre")

    def test_a_lasso_makes_a_playlist(self, opened: Opened) -> None:
        choose_by(opened, "lasso", 0, 2, 7, 5)
        assert opened.ask("[...opened.state.chosen].sort((a, b) => a - b)") == [0, 1, 2, 5, 6, 7]
        name, playlist = saved(opened, "#save-playlist")
        assert name == "audiotag.m3u8"
        lines = playlist.split(b"\n")
        assert lines[0] == b"#EXTM3U"
        assert lines[1:4:2] == ["#EXTINF:61,Zoë - Opening".encode(), b"#EXTINF:61,Artist 1 - Song 1"]
        songs = [b"/music/%02d.mp3" % number for number in (1, 2, 5, 6, 7)]
        assert lines[2::2] == [opened_folder(opened) + b"/" + SONG, *songs]

    def test_a_playlist_may_go_from_the_page_s_folder(self, opened: Opened) -> None:
        opened.ask("opened.state.choose([0, 1])")
        opened["#relative"].check()
        _, playlist = saved(opened, "#save-playlist")
        up = b"../" * opened_folder(opened).count(b"/")
        assert playlist.split(b"\n")[2::2] == [SONG, up + b"music/01.mp3"]

    def test_a_box_makes_a_list_of_paths(self, opened: Opened) -> None:
        choose_by(opened, "box", 13, 19)
        name, paths = saved(opened, "#save-paths")
        assert (name, paths) == (
            "audiotag-paths.txt",
            b"/music/13.mp3\n/music/14.mp3\n/music/18.mp3\n/music/19.mp3\n",
        )

    def test_the_wheel_zooms_and_dragging_moves(self, opened: Opened) -> None:
        x, y = opened.place_of(6)
        apart = opened.place_of(7)[0] - x
        opened.page.mouse.move(x, y)
        opened.page.mouse.wheel(0, -400)
        assert opened.place_of(6) == pytest.approx((x, y), abs=4)  # what is pointed at stays
        assert opened.place_of(7)[0] - x > 1.5 * apart
        x2, y2 = opened.place_of(6)
        opened.page.mouse.down()
        opened.page.mouse.move(x + 60, y + 30, steps=3)
        opened.page.mouse.up()
        assert opened.place_of(6) == pytest.approx((x2 + 60, y2 + 30), abs=2)
        opened["#zoom-fit"].click()
        assert opened.place_of(6) == pytest.approx((x, y), abs=1)

    def test_by_keyboard(self, opened: Opened) -> None:
        opened.ask("opened.state.show(6)")
        opened["#points"].focus()
        opened.page.keyboard.press("ArrowRight")
        expect(opened["#panel-track h2"]).to_have_text("Song 7")
        opened.page.keyboard.press("ArrowDown")
        expect(opened["#spoken"]).to_have_text("Artist 0, Song 12, Album 5, 1996, Folk 90 %")
        opened.page.keyboard.press("Space")
        expect(opened["#panel-chosen h2"]).to_have_text("1 track chosen")


class TestTheTable:
    def test_sorts_by_any_column(self, opened: Opened) -> None:
        opened["#tab-table"].click()
        opened["#grid-head .title button"].click()
        # Numbers as numbers: Song 2 comes before Song 10.
        assert opened.shown_rows()[:4] == ["Opening", "Song 1", "Song 2", "Song 3"]
        expect(opened["#grid-head .title"]).to_have_attribute("aria-sort", "ascending")
        opened["#grid-head .title button"].click()
        assert opened.shown_rows()[:2] == ["Song 19", "Song 18"]
        opened["#grid-head .genre button"].click()
        assert opened["#grid-body .row .genre"].all_text_contents()[:7] == ["Folk"] * 7

    def test_filters(self, opened: Opened) -> None:
        opened["#tab-table"].click()
        opened["#filter-genre"].select_option("Rock")
        expect(opened["#grid"]).to_have_attribute("aria-rowcount", "7")  # six, and the head
        opened["#search"].fill("song 8")
        expect(opened["#grid"]).to_have_attribute("aria-rowcount", "2")
        assert opened.shown_rows() == ["Song 8"]
        opened["#choose-shown"].click()
        expect(opened["#panel-chosen h2"]).to_have_text("1 track chosen")

    def test_by_keyboard(self, opened: Opened) -> None:
        opened["#tab-table"].click()
        opened["#grid"].focus()
        opened.page.keyboard.press("End")
        row = opened["#grid"].get_attribute("aria-activedescendant")
        assert row == "row-19"
        assert opened["#panel-track h2"].text_content() in opened.shown_rows()

    def test_years(self, opened: Opened) -> None:
        opened["#tab-table"].click()
        opened["#grid-head .year button"].click()
        assert opened.shown_rows()[:2] == ["Song 1", "Song 2"]
        assert opened.shown_rows()[16:] == ["Opening", "Song 5", "Song 10", "Song 15"]  # nobody knows when
        years = opened["#filter-decade option"].all_text_contents()
        assert years == ["all", "1960s", "1970s", "1980s", "1990s", "2000s", "2010s", "not known"]
        opened["#filter-decade"].select_option("1970s")
        assert opened.shown_rows() == ["Song 4", "Song 6"]
        opened["#filter-decade"].select_option("not known")
        expect(opened["#grid"]).to_have_attribute("aria-rowcount", "5")
        opened["#filter-reset"].click()
        opened["#search"].fill("1984 song")
        expect(opened["#grid"]).to_have_attribute("aria-rowcount", "2")
        assert opened.shown_rows() == ["Song 8"]


class TestOtherViews:
    def test_what_a_bar_counts_is_what_it_shows(self, opened: Opened) -> None:
        """Whatever was searched for before, and narrowed to."""
        opened["#search"].fill("song 17")
        expect(opened["#found"]).to_have_text("1 of 20")
        for view, bar, count in (("overview", "#genre-bars", 7), ("plan", "#plan-list", 7)):
            opened[f"#tab-{view}"].click()
            opened[f"{bar} button"].first.click()
            expect(opened["#table"]).to_be_visible()
            expect(opened["#grid"]).to_have_attribute("aria-rowcount", str(count + 1))
            expect(opened["#search"]).to_have_value("")

    def test_how_many_of_each_genre(self, opened: Opened) -> None:
        opened["#tab-overview"].click()
        assert opened["#genre-bars .bar-row"].all_text_contents() == ["Folk7", "Pop7", "Rock6"]
        opened["#genre-bars button"].first.click()
        expect(opened["#table"]).to_be_visible()

    def test_what_tag_would_write(self, opened: Opened) -> None:
        opened["#tab-plan"].click()
        lines = opened["#plan-list .label"].all_text_contents()
        assert sorted(lines) == [f"(no genre) → {genre}" for genre in GENRES]
        expect(opened["#plan-rules"]).to_contain_text("policy fill")


class TestPlaying:
    def test_a_click_plays_the_file_where_it_lies(self, opened: Opened) -> None:
        opened.page.mouse.click(*opened.place_of(0))
        expect(opened["#playing strong"]).to_have_text("Opening")
        folder = opened_folder(opened)
        assert opened.ask("document.getElementById('audio').src") == "file://" + quote(folder + b"/" + SONG)
        until(opened, "document.getElementById('audio').currentTime > 0")
        assert opened.ask("document.getElementById('audio').duration") == pytest.approx(1.0, abs=0.05)

    def test_its_neighbours_are_beside_it(self, opened: Opened) -> None:
        opened.ask("opened.state.show(7)")
        near = opened["#panel-track .near .who > bdi"].all_text_contents()
        assert len(near) == 10
        assert set(near[:2]) == {"Song 6", "Song 8"}


def opened_folder(opened: Opened) -> bytes:
    """The folder of the page."""
    return str(opened.ask("opened.state.library.facts.folder")).encode()


def until(opened: Opened, expression: str, seconds: float = 5.0) -> None:
    """Wait for something to be true. (What Playwright has for it, the page's policy forbids.)"""
    for _ in range(round(seconds / 0.05)):
        if opened.ask(expression):
            return
        opened.page.wait_for_timeout(50)
    raise AssertionError(f"{expression} is not true after {seconds} s")
