"""The contract's columns and what stands in them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from audiotag.library.records import StyleOutput, Track
from audiotag.library.store import Store
from audiotag.reports.rows import ModelColumns, columns, model_columns, report_status, row
from tests.helpers.tracks import MODEL, STYLED, failed, track

PLAIN = ModelColumns(MODEL.genres)
WITH_STYLES = ModelColumns(STYLED.genres, styles=True)


def test_the_columns_are_the_contract_s() -> None:
    assert columns(ModelColumns(("Folk", "Pop"))) == (
        "path", "artist", "album", "title", "duration",
        "genre", "confidence", "second_genre", "second_confidence",
        "Folk", "Pop",
        "windows", "model", "status", "error", "scanned_at",
    )  # fmt: skip


def test_a_model_with_styles_has_one_more_behind_its_genres() -> None:
    shown = columns(ModelColumns(("Folk", "Pop"), styles=True))
    assert shown[shown.index("Pop") :] == (
        "Pop", "styles", "windows", "model", "status", "error", "scanned_at",
    )  # fmt: skip


def test_a_row_says_what_was_heard() -> None:
    assert row(track(b"/a.mp3", [0.1, 0.25, 0.65]), PLAIN) == {
        "path": "/a.mp3", "artist": "Ann", "album": "First", "title": "Song", "duration": 61.25,
        "genre": "Rock", "confidence": 0.65, "second_genre": "Pop", "second_confidence": 0.25,
        "Folk": 0.1, "Pop": 0.25, "Rock": 0.65,
        "windows": 3, "model": "made-up-1", "status": "ok", "error": None,
        "scanned_at": "2030-01-01T00:00:00+00:00",
    }  # fmt: skip


def test_the_first_genre_is_the_one_that_would_be_written() -> None:
    """A likelier one that does not reach its threshold, or has none, comes second."""
    values = row(track(b"/a", [0.3, 0.9, 0.45], STYLED), WITH_STYLES)
    assert (values["genre"], values["confidence"]) == ("Rock", 0.45)
    assert (values["second_genre"], values["second_confidence"]) == ("Instrumental", 0.9)
    assert [values[genre] for genre in STYLED.genres] == [0.3, 0.9, 0.45]


def test_styles_are_those_that_reach_their_thresholds_the_likeliest_first() -> None:
    heard = track(b"/a", [0.75, 0.0, 0.4], STYLED, [0.41, 0.83, 0.49])
    assert row(heard, WITH_STYLES)["styles"] == "Chiptune 0.830; House 0.410"
    assert row(track(b"/a", [1, 0, 0], STYLED, [0.1, 0.1, 0.1]), WITH_STYLES)["styles"] == ""


def test_styles_can_be_taken_apart() -> None:
    style = StyleOutput("Drum & Bass 2.0", "Electronic", 0.5)
    heard = track(b"/a", [1, 0, 0], replace(STYLED, styles=(style, STYLED.styles[0])), [0.75, 0.5])
    text = row(heard, WITH_STYLES)["styles"]
    assert isinstance(text, str)
    parts = [part.rsplit(" ", 1) for part in text.split("; ")]
    assert [(name, float(number)) for name, number in parts] == [("Drum & Bass 2.0", 0.75), ("House", 0.5)]


def test_a_track_of_a_model_without_styles_has_none() -> None:
    assert row(track(b"/a", [1, 0, 0]), WITH_STYLES)["styles"] is None
    assert row(failed(b"/a"), WITH_STYLES)["styles"] is None
    assert "styles" not in row(track(b"/a", [1, 0, 0], STYLED, [0.9, 0.9, 0.9]), PLAIN)


def test_a_failed_file_has_no_genre_but_its_reason() -> None:
    values = row(failed(b"/a.mp3", "decode", "damaged"), PLAIN)
    assert (values["genre"], values["Folk"], values["duration"]) == (None, None, None)
    assert (values["status"], values["error"]) == ("failed", "damaged")


@pytest.mark.parametrize(
    ("kept", "status"),
    [
        (track(b"/a", [0.5, 0.3, 0.2]), "ok"),  # the threshold itself is enough
        (track(b"/a", [0.49, 0.31, 0.2]), "uncertain"),
        (track(b"/a", [0.0, 0.0, 0.4], STYLED), "ok"),  # each genre has its own
        (track(b"/a", [0.49, 0.9, 0.1], STYLED), "uncertain"),  # one that is not written by default
        (failed(b"/a", "too-short"), "too-short"),
        (failed(b"/a"), "failed"),
        (replace(track(b"/a", [0.9, 0.1, 0.0]), missing=True), "missing"),
    ],
)
def test_status(kept: Track, status: str) -> None:
    assert report_status(kept) == status


def test_bytes_that_are_no_text_are_shown_as_numbers() -> None:
    assert row(failed(b"/\xff.mp3"), ModelColumns())["path"] == "/\\xff.mp3"


def test_the_columns_are_those_of_the_model_used_last(tmp_path: Path) -> None:
    with Store(tmp_path / "library.db", write=True) as store:
        assert model_columns(store) == ModelColumns()
        store.put(track(b"/a.mp3", [1.0, 0.0, 0.0]))
        assert model_columns(store) == ModelColumns(("Folk", "Pop", "Rock"))
        store.put(track(b"/b.mp3", [1.0, 0.0, 0.0], STYLED, [0.0, 0.0, 0.0]))
        assert model_columns(store) == ModelColumns(STYLED.genres, styles=True)
