"""WAV and AIFF: INFO lists beside ID3, and the sizes of streams, cut files and careless writers."""

from __future__ import annotations

import struct
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from mutagen import id3 as mutagen_id3

from audiotag.errors import TagReadError, TagWriteError
from audiotag.tags.change import Change
from audiotag.tags.formats import riff
from audiotag.tags.formats.payload import payload_digest
from audiotag.tags.formats.read import read_tags
from audiotag.tags.safewrite.write import safe_write
from tests.tags.dressing import put_back, write_change
from tests.tags.shown import by_ffmpeg, by_taglib, checked_write, genres_by_all

SOUND = np.random.default_rng(5).integers(-9_000, 9_000, 4_000, dtype=np.int16)


def chunk(name: bytes, content: bytes, order: str = "<", size: int | None = None, pad: bool = True) -> bytes:
    length = len(content) if size is None else size
    return name + struct.pack(order + "I", length) + content + bytes(len(content) % 2 if pad else 0)


def fmt(bits: int = 16) -> bytes:
    return chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, 8_000, 8_000 * bits // 8, bits // 8, bits))


def wav(*chunks: bytes, size: int | None = None, behind: bytes = b"") -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body) if size is None else size) + body + behind


def aiff(*chunks: bytes, size: int | None = None, behind: bytes = b"", sound: bytes | None = None) -> bytes:
    data = bytes(8) + SOUND.astype(">i2").tobytes()
    head = struct.pack(">HIH", 1, len(SOUND), 16) + bytes.fromhex("400bfa00000000000000")
    ssnd = chunk(b"SSND", data, ">") if sound is None else sound
    body = b"AIFF" + chunk(b"COMM", head, ">") + ssnd + b"".join(chunks)
    return b"FORM" + struct.pack(">I", len(body) if size is None else size) + body + behind


def data(size: int | None = None) -> bytes:
    return chunk(b"data", SOUND.tobytes(), size=size)


def info(pad: bool = True, **texts: str) -> bytes:
    entries = (chunk(name.encode(), text.encode() + b"\0", pad=pad) for name, text in texts.items())
    return chunk(b"LIST", b"INFO" + b"".join(entries))


def tag(name: bytes = b"id3 ", order: str = "<", **texts: str) -> bytes:
    made, out = mutagen_id3.ID3(), BytesIO()
    for frame, text in texts.items():
        made.add(getattr(mutagen_id3, frame)(encoding=1, text=[text]))
    made.save(out, v2_version=3)
    return chunk(name, out.getvalue(), order)


TEXTS = {
    "INAM": "A title",
    "IART": "Ärtist",
    "IPRD": "Album",
    "ICMT": "Hi",
    "ICRD": "1999-05-03",
    "IPRT": "3/9",
}
ODD = bytes(range(256)) * 4 + b"\x80"
JUNK = b"\0\0junk that is no chunk"

WAVS = {
    "no tags": wav(fmt(), data()),
    "INFO behind the sound": wav(fmt(), data(), info(**TEXTS)),
    "INFO in front of the sound": wav(fmt(), info(ISFT="x", **TEXTS, IGNR="Pop"), data()),
    "INFO with spaces around its texts": wav(fmt(), data(), info(INAM=" A title ", IART="Me  ")),
    "INFO of a program's name alone": wav(fmt(), info(ISFT="Lavf"), data()),
    "ID3 and INFO": wav(fmt(), data(), tag(TIT2="A title", TCON="Pop"), info(**TEXTS, IGNR="Folk")),
    "INFO and ID3": wav(fmt(), info(**TEXTS), data(), tag(TIT2="Another", TCON="Pop")),
    "an empty ID3 chunk": wav(fmt(), data(), chunk(b"id3 ", b""), info(**TEXTS)),
    "two ID3 chunks": wav(fmt(), data(), tag(TIT2="A title", TCON="Pop"), tag(TPE1="Me", TCON="Folk")),
    "ID3 behind the form's end": wav(fmt(), data(), behind=tag(TIT2="A title", TCON="Pop")),
    "INFO behind the form's end": wav(fmt(), data(), behind=info(**TEXTS)),
    "junk behind the form's end": wav(fmt(), data(), behind=JUNK),
    "a stream": wav(fmt(), data(0xFFFFFFFF), size=0xFFFFFFFF),
    "a stream with INFO in front": wav(fmt(), info(**TEXTS), data(0xFFFFFFFF), size=0xFFFFFFFF),
    "a stream of no length": wav(fmt(), data(0), size=0),
    "a length of a few bytes too many": wav(fmt(), data(len(SOUND) * 2 + 3), size=8_100),
    "a form too short": wav(fmt(), data(), info(**TEXTS), size=1_000),
    "a form too long": wav(fmt(), data(), info(**TEXTS), size=100_000),
    "cut off": wav(fmt(), data())[:-1_000],
    "a pad byte that is not counted": wav(fmt(8), chunk(b"data", ODD, pad=False), behind=b"\0"),
    "a pad byte that is missing": wav(fmt(8), chunk(b"data", ODD, pad=False)),
    "a pad byte counted and missing": wav(fmt(8), chunk(b"data", ODD, pad=False), size=1_070),
    "no padding at all": wav(fmt(8), chunk(b"data", ODD, pad=False), info(**TEXTS)),
}
AIFFS = {
    "no tags": aiff(),
    "the format's own texts": aiff(chunk(b"NAME", b"A title", ">"), chunk(b"AUTH", b"Me", ">")),
    "ID3": aiff(tag(b"ID3 ", ">", TIT2="A title", TCON="Pop")),
    "ID3 named in small letters": aiff(tag(b"id3 ", ">", TIT2="A title")),
    "ID3 behind the form's end": aiff(behind=tag(b"ID3 ", ">", TIT2="A title")),
    "a form too short": aiff(size=5_000),
    "a form too long": aiff(size=50_000),
    "a sound chunk that reaches over the end": aiff(
        sound=chunk(b"SSND", bytes(8) + SOUND.astype(">i2").tobytes(), ">", 9_000)
    ),
    "junk behind": aiff(behind=JUNK),
}
ALL = {
    **{f"wav: {name}": (".wav", made) for name, made in WAVS.items()},
    **{f"aiff: {name}": (".aiff", made) for name, made in AIFFS.items()},
}


@pytest.fixture(params=ALL)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    suffix, made = ALL[request.param]
    made_path = tmp_path / f"a{suffix}"
    made_path.write_bytes(made)
    return made_path


def test_all_readers_see_the_genre_and_what_they_saw_before(
    path: Path, request: pytest.FixtureRequest
) -> None:
    payload = payload_digest(path)
    checked_write(path, "International")
    assert genres_by_all(path) == ("International", "International", "International")
    assert read_tags(path).genres == ("International",)
    assert payload_digest(path) == payload
    written = path.read_bytes()
    assert written.count(b"ID3\3") + written.count(b"ID3\4") == (
        2 if "two" in request.node.callspec.id else 1
    )


def test_an_undo_by_values_gives_each_place_its_own_back(path: Path) -> None:
    before, shown = read_tags(path), by_taglib(path)
    write_change(path, Change(("Jazz", "Folk")))
    put_back(path, before)
    after = by_taglib(path)
    assert (read_tags(path).genres, read_tags(path).elsewhere) == (before.genres, before.elsewhere)
    assert {name: after.get(name) for name in shown} == shown


def test_the_genre_of_a_second_id3_chunk_counts_and_follows(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav(fmt(), data(), tag(TIT2="Ünïcode ♫"), tag(TPE1="Me", TCON="Folk")))
    before = read_tags(path)
    assert (before.genres, before.stored, before.artist) == (("Folk",), (), "Me")
    write_change(path, Change(("Jazz",)))
    assert read_tags(path).elsewhere == {"genre in ID3v2 (2)": ("Jazz",)}
    put_back(path, before)
    assert read_tags(path) == before


def test_the_genre_of_an_info_list_counts_and_follows(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav(fmt(), info(**TEXTS, IGNR="Pop"), data()))
    tags = read_tags(path)
    assert (tags.genres, tags.stored, tags.title) == (("Pop",), ("Pop",), "A title")
    assert tags.elsewhere == {"genre in INFO": ("Pop",)}
    safe_write(path, Change(("Jazz", "Ünïcode ♫")))
    assert read_tags(path).elsewhere == {"genre in INFO": ("Jazz; Ünïcode ♫",)}
    assert by_ffmpeg(path)["genre"].startswith("Jazz")
    assert by_taglib(path)["GENRE"] == ["Jazz", "Ünïcode ♫"]


def test_of_two_genres_in_a_list_the_last_counts(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    entries = b"INFO" + chunk(b"IGNR", b"Polka\0") + chunk(b"INAM", b"A title\0") + chunk(b"IGNR", b"Waltz\0")
    path.write_bytes(wav(fmt(), data(), chunk(b"LIST", entries)))
    assert read_tags(path).genres == ("Waltz",) == tuple(by_taglib(path)["GENRE"])
    safe_write(path, Change(("Jazz",)))
    assert (by_taglib(path)["GENRE"], by_ffmpeg(path)["genre"]) == (["Jazz"], "Jazz")
    assert b"Polka" not in path.read_bytes()


def test_a_text_without_its_pad_byte_at_the_list_s_end(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav(fmt(), data(), info(pad=False, INAM="Four")))
    safe_write(path, Change(("Jazz",)))
    assert (by_ffmpeg(path)["title"], by_ffmpeg(path)["genre"]) == ("Four", "Jazz")


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (wav(fmt()), "hold no audio"),
        (wav(chunk(b"fmt ", bytes(16), size=5_000)), "reaches over the end"),
        (wav(fmt(), data())[:10], "no audio format"),
    ],
)
def test_what_cannot_be_taken_apart_is_refused(made: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(made)
    with pytest.raises(TagReadError, match=reason):
        safe_write(path, Change(("Jazz",)))
    assert path.read_bytes() == made


def test_a_file_as_large_as_its_format_allows_gets_no_tag(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav(fmt(), data()))
    monkeypatch.setattr(riff, "_MAX_LENGTH", path.stat().st_size)  # of 4 GiB
    with pytest.raises(TagWriteError, match="it would be larger than the 4 GiB that its format can hold"):
        write_change(path, Change(("Jazz",)))
    assert path.read_bytes() == wav(fmt(), data())


def test_the_length_is_told_by_the_sound(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    durations: dict[str, Callable[[], bytes]] = {"wav": lambda: WAVS["a stream"], "aiff": aiff}
    for make in durations.values():
        path.write_bytes(make())
        assert read_tags(path).duration == pytest.approx(0.5)
