"""The contract's columns and what stands in them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from audiotag.library.records import Track
from audiotag.library.store import Store
from audiotag.reports.rows import columns, genre_columns, report_status, row
from tests.helpers.tracks import MODEL, failed, track


def test_the_columns_are_the_contract_s() -> None:
    assert columns(("Folk", "Pop")) == (
        "path", "artist", "album", "title", "duration",
        "genre", "confidence", "second_genre", "second_confidence",
        "Folk", "Pop",
        "windows", "model", "status", "error", "scanned_at",
    )  # fmt: skip


def test_a_row_says_what_was_heard() -> None:
    assert row(track(b"/a.mp3", [0.1, 0.25, 0.65]), MODEL.genres) == {
        "path": "/a.mp3", "artist": "Ann", "album": "First", "title": "Song", "duration": 61.25,
        "genre": "Rock", "confidence": 0.65, "second_genre": "Pop", "second_confidence": 0.25,
        "Folk": 0.1, "Pop": 0.25, "Rock": 0.65,
        "windows": 3, "model": "made-up-1", "status": "ok", "error": None,
        "scanned_at": "2030-01-01T00:00:00+00:00",
    }  # fmt: skip


def test_a_failed_file_has_no_genre_but_its_reason() -> None:
    values = row(failed(b"/a.mp3", "decode", "damaged"), MODEL.genres)
    assert (values["genre"], values["Folk"], values["duration"]) == (None, None, None)
    assert (values["status"], values["error"]) == ("failed", "damaged")


@pytest.mark.parametrize(
    ("kept", "status"),
    [
        (track(b"/a", [0.5, 0.3, 0.2]), "ok"),  # the threshold itself is enough
        (track(b"/a", [0.49, 0.31, 0.2]), "uncertain"),
        (failed(b"/a", "too-short"), "too-short"),
        (failed(b"/a"), "failed"),
        (replace(track(b"/a", [0.9, 0.1, 0.0]), missing=True), "missing"),
    ],
)
def test_status(kept: Track, status: str) -> None:
    assert report_status(kept) == status


def test_bytes_that_are_no_text_are_shown_as_numbers() -> None:
    assert row(failed(b"/\xff.mp3"), ())["path"] == "/\\xff.mp3"


def test_the_genre_columns_are_those_of_the_model_used_last(tmp_path: Path) -> None:
    with Store(tmp_path / "library.db", write=True) as store:
        assert genre_columns(store) == ()
        store.put(track(b"/a.mp3", [1.0, 0.0, 0.0]))
        assert genre_columns(store) == ("Folk", "Pop", "Rock")
