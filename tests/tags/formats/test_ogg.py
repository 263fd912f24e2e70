"""Ogg files as they are found: with junk between and behind their pages, damaged, cut, chained."""

from __future__ import annotations

import struct
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutagen.ogg import OggPage
from mutagen.oggflac import OggFLAC

from audiotag.errors import FileFault
from audiotag.tags.change import Change
from audiotag.tags.formats import ogg_pages
from audiotag.tags.formats.ogg_pages import Gap, Page, pages, scan, with_first_packet
from audiotag.tags.formats.payload import payload_digest
from audiotag.tags.formats.read import read_tags
from audiotag.tags.safewrite.write import safe_write
from tests.helpers.audio_files import make_audio, tone
from tests.tags.dressing import id3v1_block, write_genres
from tests.tags.readers import by_taglib, genres_shown, write_harmlessly

AudioFile = Callable[..., Path]
Editing = Callable[[bytes], bytes]
KINDS = [(".ogg", None), (".opus", None), (".ogg", "flac")]
# Longer than the 65,025 bytes that a page holds.
LONG = "a very long genre " * 9_000 + "!"


@pytest.fixture(scope="module")
def ogg_file(tmp_path_factory: pytest.TempPathFactory) -> AudioFile:
    """Some seconds of sound, so that it lies on several pages."""
    folder = tmp_path_factory.mktemp("ogg")

    def get(suffix: str, codec: str | None = None) -> Path:
        path = folder / f"{codec}{suffix}"
        return path if path.exists() else make_audio(path, tone(5.0, 48_000), 48_000, codec)

    return get


def page_starts(whole: bytes) -> list[int]:
    starts = []
    at = whole.find(b"OggS")
    while at >= 0:
        starts.append(at)
        at = whole.find(b"OggS", at + 4)
    return starts


def with_junk_in_front_of_page(number: int, junk: bytes) -> Editing:
    def edit(whole: bytes) -> bytes:
        at = page_starts(whole)[number]
        return whole[:at] + junk + whole[at:]

    return edit


def without_page(whole: bytes) -> bytes:
    starts = page_starts(whole)
    return whole[: starts[-2]] + whole[starts[-1] :]


def with_a_damaged_page(whole: bytes) -> bytes:
    damaged = bytearray(whole)
    damaged[page_starts(whole)[-1] - 20] ^= 1
    return bytes(damaged)


def with_a_wrong_length(whole: bytes) -> bytes:
    damaged = bytearray(whole)
    damaged[page_starts(whole)[-2] + 27] ^= 3
    return bytes(damaged)


def chained(whole: bytes) -> bytes:
    """The same stream once more, under another serial number."""
    second = b""
    for start, end in zip(page_starts(whole), [*page_starts(whole)[1:], len(whole)], strict=True):
        page = OggPage(BytesIO(whole[start:end]))
        page.serial = (page.serial + 1) & 0xFFFFFFFF
        second += page.write()
    return whole + second


def multiplexed(whole: bytes) -> bytes:
    """With a Skeleton stream, whose pages stand between those of the sound."""
    head = OggPage()
    head.serial, head.first, head.packets = 77, True, [b"fishead\0" + struct.pack("<2H", 3, 0) + bytes(52)]
    end = OggPage()
    end.serial, end.sequence, end.last, end.packets = 77, 1, True, [b""]
    starts = page_starts(whole)
    return head.write() + whole[: starts[1]] + whole[starts[1] : starts[2]] + end.write() + whole[starts[2] :]


STRUCTURES: dict[str, Editing] = {
    "as it should be": lambda whole: whole,
    "zeros behind": lambda whole: whole + bytes(5000),
    "ID3v1 behind": lambda whole: whole + id3v1_block(),
    "ID3v2 behind": lambda whole: whole + b"ID3\4\0\0\0\0\0\x20" + bytes(32),
    "junk behind": lambda whole: whole + b"OggS and other junk" * 30,
    "cut in its last page": lambda whole: whole[:-50],
    "cut in a header": lambda whole: whole[: page_starts(whole)[-1] + 10],
    "one bad checksum": with_a_damaged_page,
    "a page of another length": with_a_wrong_length,
    "a page is missing": without_page,
    "junk between pages": with_junk_in_front_of_page(-1, b"between" * 100),
    "junk behind the first page": with_junk_in_front_of_page(1, b"junk" * 3),
    "chained": chained,
    "multiplexed": multiplexed,
}


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize(("suffix", "codec"), KINDS)
@pytest.mark.parametrize("genre", ["Dub", LONG], ids=["short", "long"])
def test_odd_files_are_written(
    structure: str, suffix: str, codec: str | None, genre: str, tmp_path: Path, ogg_file: AudioFile
) -> None:
    path = tmp_path / f"a{suffix}"
    raw = STRUCTURES[structure](ogg_file(suffix, codec).read_bytes())
    path.write_bytes(raw)
    write_harmlessly(path, genre)
    assert read_tags(path).genres == (genre,)
    assert genre in genres_shown(path)
    if genre == "Dub":  # as many pages as before: what is behind the comments is as it was
        assert raw[page_starts(raw)[-2] :] in path.read_bytes()


def test_flac_in_ogg(tmp_path: Path, ogg_file: AudioFile) -> None:
    path = tmp_path / "a.oga"
    path.write_bytes(ogg_file(".ogg", "flac").read_bytes())
    assert read_tags(path).container == "oggflac"
    assert read_tags(path).duration == pytest.approx(5.0, abs=0.01)
    write_harmlessly(path, "Folk", "Drone")
    assert OggFLAC(path)["genre"] == ["Folk", "Drone"]
    assert by_taglib(path)["genre"] == "['Folk', 'Drone']"


def test_flac_knows_no_comments_of_over_16_mib(tmp_path: Path, ogg_file: AudioFile) -> None:
    path = tmp_path / "a.oga"
    path.write_bytes(ogg_file(".ogg", "flac").read_bytes())
    with pytest.raises(FileFault, match="larger than FLAC allows"):
        safe_write(path, Change(("x" * (1 << 24),)))


def test_damaged_comments_are_refused(tmp_path: Path, ogg_file: AudioFile) -> None:
    # A decoder leaves that page out; written anew it would be let in.
    path = tmp_path / "a.ogg"
    raw = bytearray(ogg_file(".ogg").read_bytes())
    raw[page_starts(raw)[1] + 45] ^= 1
    path.write_bytes(raw)
    with pytest.raises(FileFault, match="damaged"):
        safe_write(path, Change(("Folk",)))


def test_comments_that_end_too_early_are_refused(tmp_path: Path, ogg_file: AudioFile) -> None:
    whole = ogg_file(".opus").read_bytes()
    start, end = page_starts(whole)[1:3]
    page = OggPage(BytesIO(whole[start:end]))
    page.packets = [b"OpusTags" + b"\1"]
    path = tmp_path / "a.opus"
    path.write_bytes(whole[:start] + page.write() + whole[end:])
    with pytest.raises(FileFault, match="its block of comments is cut short"):
        safe_write(path, Change(("Folk",)))


def test_a_stream_whose_comments_never_end_is_refused(tmp_path: Path, ogg_file: AudioFile) -> None:
    whole = ogg_file(".ogg").read_bytes()
    first = whole[: page_starts(whole)[1]]
    path = tmp_path / "a.ogg"
    path.write_bytes(first + whole)  # the same stream begins again
    with pytest.raises(FileFault, match="no Vorbis, Opus, Speex or FLAC stream with comments"):
        safe_write(path, Change(("Folk",)))


def test_another_stream_under_the_same_number_keeps_its_own(tmp_path: Path, ogg_file: AudioFile) -> None:
    whole = ogg_file(".ogg").read_bytes()
    path = tmp_path / "a.ogg"
    path.write_bytes(whole + whole)
    write_genres(path, [LONG])
    assert path.read_bytes().endswith(whole)


def test_the_last_page_is_found_behind_much_that_is_none(
    ogg_file: AudioFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ogg_pages, "BLOCK", 1_000)
    whole = ogg_file(".ogg").read_bytes()
    last = page_starts(whole)[-1]
    serial = int.from_bytes(whole[14:18], "little")
    for junk in (b"", b"junk" * 1_000, b"OggS" * 700):
        page = ogg_pages.last_page(BytesIO(whole + junk), serial)
        assert page is not None
        assert page.start == last
    assert ogg_pages.last_page(BytesIO(whole), serial + 1) is None
    assert ogg_pages.last_page(BytesIO(b""), serial) is None


def test_what_is_wrong_with_pages_stays_wrong(tmp_path: Path, ogg_file: AudioFile) -> None:
    path = tmp_path / "a.ogg"
    path.write_bytes(with_a_damaged_page(ogg_file(".ogg").read_bytes()))
    before = faults_of(path)
    assert sum(map(bool, before)) == 1
    write_genres(path, [LONG])
    assert [fault for fault in faults_of(path) if fault] == [fault for fault in before if fault]


def test_pages_are_numbered_on(tmp_path: Path, ogg_file: AudioFile) -> None:
    path = tmp_path / "a.ogg"
    path.write_bytes(chained(ogg_file(".ogg").read_bytes()))
    payload = payload_digest(path)
    write_genres(path, [LONG])
    assert payload_digest(path) == payload
    with path.open("rb") as file:
        found = list(pages(file))
    for serial in {page.serial for page in found}:
        numbers = [page.sequence for page in found if page.serial == serial]
        assert numbers == list(range(len(numbers)))


@pytest.mark.parametrize("at", [-1, -2, 3])
def test_every_byte_behind_the_comments_counts(at: int, tmp_path: Path, ogg_file: AudioFile) -> None:
    path = tmp_path / "a.ogg"
    raw = bytearray(ogg_file(".ogg").read_bytes()) + b"junk of ten"
    path.write_bytes(raw)
    payload = payload_digest(path)
    spot = page_starts(raw)[at] + 100 if at != -1 else len(raw) - 1
    raw[spot] ^= 4
    path.write_bytes(raw)
    assert payload_digest(path) != payload


@given(
    packets=st.lists(st.binary(max_size=600), min_size=1, max_size=5),
    packet=st.one_of(st.binary(max_size=900), st.integers(60_000, 200_000).map(bytes)),
)
def test_pages_give_their_packets_back(packets: list[bytes], packet: bytes) -> None:
    old = [as_page(page) for page in OggPage.from_packets(packets, 3, default_size=255)]
    made = with_first_packet(old, packet)
    read_back = [OggPage(BytesIO(page.render())) for page in made]
    assert OggPage.to_packets(read_back) == [packet, *packets[1:]]
    assert len(made) >= len(old) or sum(len(page.lacing) for page in made) < len(old)
    assert [page.continued for page in read_back[1:]] == [not page.complete for page in read_back[:-1]]


def as_page(page: OggPage) -> Page:
    data = page.write()
    count = data[26]
    return Page(
        0, data[5], page.position, page.serial, page.sequence, data[27 : 27 + count], data[27 + count :]
    )


def faults_of(path: Path) -> list[int]:
    with path.open("rb") as file:
        found = list(scan(file))
    assert not any(isinstance(one, Gap) for one in found)
    return [one.fault for one in found if isinstance(one, Page)]


def test_an_id3_tag_in_front(tmp_path: Path, ogg_file: AudioFile) -> None:
    path = tmp_path / "a.ogg"
    front = b"ID3\4\0\0\0\0\0\x20" + bytes(32)
    path.write_bytes(front + ogg_file(".ogg").read_bytes())
    write_harmlessly(path, "Folk")
    assert read_tags(path).genres == ("Folk",)
    assert path.read_bytes().startswith(front)
