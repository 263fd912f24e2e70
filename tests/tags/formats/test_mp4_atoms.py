"""What in an MP4 file names a byte of it: found in every atom, refused where it is damaged."""

from __future__ import annotations

import struct
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest

from audiotag.errors import FileFault
from audiotag.tags.change import Change
from audiotag.tags.formats import mp4_atoms
from audiotag.tags.formats.mp4_atoms import Places, places, put_places, top_atoms
from audiotag.tags.safewrite.write import safe_write
from tests.corpus.mp4_atoms import box

AudioFile = Callable[..., Path]


def table(count: int, *offsets: int) -> bytes:
    """A chunk table in its moov atom, and a few bytes of sound."""
    stco = box(b"stco", struct.pack(f">II{len(offsets)}I", 0, count, *offsets))
    stbl = box(b"trak", box(b"mdia", box(b"minf", box(b"stbl", stco))))
    return box(b"moov", stbl) + box(b"mdat", b"sound")


def test_a_chunk_table_names_the_beginnings_of_its_chunks() -> None:
    (found,) = places(BytesIO(table(2, 60, 62)))
    assert (found.width, found.values) == (4, (60, 62))


def test_one_that_says_it_is_longer_is_damaged() -> None:
    with pytest.raises(ValueError, match="its MP4 atom stco is damaged"):
        list(places(BytesIO(table(1_000, 60))))


def test_an_atom_that_reaches_over_its_parent_is_damaged() -> None:
    broken = box(b"moov", box(b"trak", b"\0\0\0\x40stco" + bytes(16)))
    with pytest.raises(ValueError, match="its MP4 atom trak is damaged: a part reaches over its end"):
        list(places(BytesIO(broken)))


def test_in_a_fragment_what_a_decoder_needs_is_counted_from_the_fragment() -> None:
    """So it moves along by itself; in the moov atom it is counted from the beginning of the file."""
    saio = box(b"saio", struct.pack(">III", 0, 1, 500))
    assert list(places(BytesIO(box(b"moof", box(b"traf", saio))))) == []
    (found,) = places(BytesIO(box(b"moov", box(b"trak", saio))))
    assert found.values == (500,)


def test_a_place_beyond_what_its_number_can_say_is_refused() -> None:
    file = BytesIO(table(1, 60))
    before = file.getvalue()
    with pytest.raises(ValueError, match="further back than its MP4 chunk table can say"):
        put_places(file, list(places(file)), lambda place: place + (1 << 32))
    assert file.getvalue() == before


def test_an_index_that_leads_nowhere_stays_and_a_table_that_does_is_refused() -> None:
    def moved(_place: int) -> int:
        raise ValueError("it points into the tags")

    file = BytesIO(table(1, 60))
    before = file.getvalue()
    put_places(file, [Places(8, 4, (7,), is_index=True)], moved)
    with pytest.raises(ValueError, match="it points into the tags"):
        put_places(file, [Places(8, 4, (7,))], moved)
    assert file.getvalue() == before


def test_a_table_that_points_into_the_tags_is_refused(tmp_path: Path, audio_file: AudioFile) -> None:
    whole = bytearray(audio_file(".m4a").read_bytes())
    at = whole.index(b"stco") + 12
    whole[at : at + 4] = struct.pack(">I", whole.index(b"ilst"))
    path = tmp_path / "a.m4a"
    path.write_bytes(whole)
    with pytest.raises(FileFault, match="its MP4 chunk table points into its tags"):
        safe_write(path, Change(("Folk",)))
    assert path.read_bytes() == whole


def test_a_file_of_nothing_but_atoms_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mp4_atoms, "_MOST_ATOMS", 10)
    assert len(top_atoms(BytesIO(box(b"free") * 10))) == 10
    with pytest.raises(ValueError, match="more MP4 atoms in it than an audio file can have"):
        top_atoms(BytesIO(box(b"free") * 11))
