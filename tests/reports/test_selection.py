"""Which tracks a report is of: by status and genre, in any order, and none is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from audiotag.errors import UsageError
from audiotag.library.records import TrackInfo
from audiotag.library.store import Store
from audiotag.reports.rows import ModelColumns, row
from audiotag.reports.selection import STATUSES, Selection, known_genres, part_in_words, select
from tests.helpers.tracks import MODEL, STYLED, failed, track

FOLK = track(b"/a/folk.mp3", [0.9, 0.05, 0.05])
UNSURE = replace(track(b"/a/unsure.mp3", [0.2, 0.4, 0.3]), info=TrackInfo("bob", "Zoo", "Ape"), duration=20.0)
ROCK = replace(
    track(b"/b/rock.mp3", [0.0, 0.3, 0.7]),
    info=TrackInfo("Cher", "All", "Zebra"),
    duration=300.0,
    scanned_at="2031-01-01T00:00:00+00:00",
)
SHORT = failed(b"/b/short.mp3", "too-short")
BROKEN = failed(b"/c/broken.mp3")
GONE = replace(track(b"/c/gone.mp3", [0.0, 1.0, 0.0]), missing=True)
ALL = (FOLK, UNSURE, ROCK, SHORT, BROKEN, GONE)


def names(store: Store, selection: Selection, under: Sequence[bytes] = ()) -> list[str]:
    return [chosen.path.decode().split("/")[-1].split(".")[0] for chosen in select(store, under, selection)]


@pytest.fixture
def filled(store: Store) -> Store:
    for each in ALL:
        store.put(each)
    return store


@pytest.mark.parametrize(
    ("selection", "found"),
    [
        (Selection(), ["folk", "unsure", "rock", "short", "broken", "gone"]),
        (Selection(statuses=("uncertain",)), ["unsure"]),
        (Selection(statuses=("failed", "too-short")), ["short", "broken"]),
        (Selection(statuses=("missing",)), ["gone"]),
        (Selection(genres=("pop",)), ["unsure", "gone"]),
        (Selection(statuses=("ok",), genres=("Pop", "Rock")), ["rock"]),
    ],
)
def test_by_status_and_genre(selection: Selection, found: list[str], filled: Store) -> None:
    assert names(filled, selection) == found


@pytest.mark.parametrize(
    ("under", "selection", "words"),
    [
        ([], Selection(), ""),
        ([], Selection(sort="artist", reverse=True), ""),
        (["/a"], Selection(), "/a"),
        (["/a", "/b"], Selection(), "/a, /b"),
        (["/a", "/b", "/c"], Selection(), "/a, /b and 1 more path"),
        (["/a", "/b", "/c", "/d"], Selection(), "/a, /b and 2 more paths"),
        (["/a"], Selection(("ok", "missing"), ("Pop",)), "/a, genre Pop, status ok or missing"),
        ([], Selection(genres=("Pop", "Rock")), "genre Pop or Rock"),
    ],
)
def test_which_part_it_is_in_words(under: list[str], selection: Selection, words: str) -> None:
    assert part_in_words(under, selection) == words


def test_only_below_the_paths_that_are_asked_for(filled: Store) -> None:
    assert names(filled, Selection(sort="confidence"), [b"/a", b"/c"]) == ["gone", "folk", "unsure", "broken"]


@pytest.mark.parametrize(
    ("sort", "found"),
    [
        ("genre", ["folk", "gone", "unsure", "rock", "short", "broken"]),
        ("confidence", ["gone", "folk", "rock", "unsure", "short", "broken"]),
        ("artist", ["folk", "gone", "unsure", "rock", "short", "broken"]),
        ("album", ["rock", "folk", "gone", "unsure", "short", "broken"]),
        ("title", ["unsure", "folk", "gone", "rock", "short", "broken"]),
        ("duration", ["rock", "folk", "gone", "unsure", "short", "broken"]),
        ("status", ["broken", "gone", "folk", "rock", "short", "unsure"]),
        ("scanned_at", ["rock", "folk", "unsure", "short", "broken", "gone"]),
    ],
)
def test_numbers_and_times_the_largest_first_and_what_has_none_last(
    sort: str, found: list[str], filled: Store
) -> None:
    assert names(filled, Selection(sort=sort)) == found


def test_reversed_what_has_nothing_to_sort_by_still_comes_last(filled: Store) -> None:
    assert names(filled, Selection(sort="confidence", reverse=True)) == [
        "unsure", "rock", "folk", "gone", "broken", "short",
    ]  # fmt: skip
    assert names(filled, Selection(reverse=True)) == ["gone", "broken", "short", "rock", "unsure", "folk"]


def test_an_unknown_genre_is_wrong_usage_and_the_known_are_named(filled: Store) -> None:
    with pytest.raises(UsageError, match="--genre Jazz: no such genre; the library knows Folk, Pop, Rock"):
        names(filled, Selection(genres=("Jazz",)))


def test_in_an_empty_library_no_genre_is_known(store: Store) -> None:
    with pytest.raises(UsageError, match="nothing is predicted yet"):
        names(store, Selection(genres=("Folk",)))
    assert names(store, Selection(sort="artist")) == []


@pytest.mark.parametrize("wrong", [{"statuses": ("bad",)}, {"sort": "colour"}])
def test_what_is_no_status_and_no_order_is_wrong_usage(wrong: dict[str, str]) -> None:
    with pytest.raises(UsageError, match=r"choose .*(uncertain|confidence)"):
        Selection(**wrong)


def test_genres_of_older_models_are_known_as_well(filled: Store) -> None:
    filled.put(track(b"/d.mp3", [0.9, 0.0, 0.0], STYLED, [0.1, 0.1, 0.1]))
    assert known_genres(filled) == ("Electronic", "Instrumental", "Rock", "Folk", "Pop")
    assert names(filled, Selection(genres=("Electronic",))) == ["d"]


def test_the_statuses_are_those_that_a_row_may_have() -> None:
    shown = ModelColumns(MODEL.genres)
    assert {str(row(each, shown)["status"]) for each in ALL} == set(STATUSES)
