"""The year of the tags is kept; a library from before that learns it by the next scan, without decoding."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import mutagen
import pytest

from audiotag.library.store import Store
from tests.helpers.scans import QUICK, Library


def date(song: Path, text: str) -> None:
    """Tag it as of that date."""
    audio = mutagen.File(song)
    audio["date"] = [text]
    audio.save()


def years(library: Library) -> dict[str, int | None]:
    return {name: track.info.year for name, track in library.tracks().items()}


def from_before(library: Library) -> None:
    """Make the library what schema step 7 makes of one without years."""
    with Store(library.path, write=True) as store:
        store.execute("UPDATE tracks SET year = NULL")


@pytest.fixture
def dated(music: Path) -> Path:
    date(music / "one.flac", "1969-09-26")
    date(music / "album/two.flac", "1994")
    return music


YEARS = {"one.flac": 1969, "two.flac": 1994, "three.flac": None}


def test_a_scan_reads_it(library: Library, dated: Path) -> None:
    library.scan(dated)
    assert years(library) == YEARS
    date(dated / "album/three.flac", "2010")
    assert library.scan(dated).decoded == 0
    assert years(library) == {**YEARS, "three.flac": 2010}


def test_a_library_from_before_it_learns_it_once(library: Library, dated: Path) -> None:
    library.scan(dated)
    before = library.tracks()
    from_before(library)
    assert set(years(library).values()) == {None}
    summary = library.scan(dated)
    assert (summary.decoded, summary.recognised, summary.moved, len(summary.failures)) == (0, 3, 0, 0)
    assert summary.notes == ["3 known files: their tags are read once more, for the year; none is decoded"]
    assert years(library) == YEARS
    assert {name: row.scanned_at for name, row in library.tracks().items()} == {
        name: row.scanned_at for name, row in before.items()
    }
    again = library.scan(dated)
    assert (again.unchanged, again.done, again.notes) == (3, 0, [])


def test_a_file_that_cannot_be_read_just_now_keeps_what_is_known(library: Library, dated: Path) -> None:
    library.scan(dated)
    from_before(library)
    song = dated / "one.flac"
    kept = os.stat(song)
    song.write_bytes(bytes(kept.st_size))  # no tags any more, and no sound
    os.utime(song, ns=(kept.st_atime_ns, kept.st_mtime_ns))
    before = library.tracks()["one.flac"]
    summary = library.scan(dated)
    assert (summary.decoded, summary.recognised, len(summary.failures)) == (0, 3, 0)
    after = library.tracks()["one.flac"]
    assert (after.status, after.info) == ("ok", before.info)
    assert years(library) == {**YEARS, "one.flac": None}
    assert library.scan(dated).unchanged == 3


def test_who_wants_other_windows_decodes_as_ever(library: Library, dated: Path) -> None:
    library.scan(dated)
    from_before(library)
    assert library.scan(dated, options=replace(QUICK, windows=1)).predicted == 3
    assert years(library) == YEARS
