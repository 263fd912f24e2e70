"""An ID3 tag in the other version: it says the same, to mutagen and to TagLib."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import taglib
from mutagen import id3 as mutagen_id3

from audiotag.errors import TagWriteError
from audiotag.tags.change import Change
from audiotag.tags.formats import id3, id3_versions
from audiotag.tags.formats.payload import payload_digest
from audiotag.tags.formats.read import read_tags
from audiotag.tags.formats.snapshot import snapshot_across_versions
from audiotag.tags.safewrite.record import WriteOptions
from audiotag.tags.safewrite.write import safe_write
from tests.tags.cases import ID3_SUFFIXES, Case
from tests.tags.formats.test_id3 import frame23, tagged_mp3

AudioFile = Callable[..., Path]


def by_taglib(path: Path) -> dict[str, list[str]]:
    with taglib.File(path) as file:
        tags = dict(file.tags)
    tags.pop("GENRE", None)
    # mutagen writes the seconds of a time that has none.
    return {name: sorted("/".join(values).removesuffix(":00").split("/")) for name, values in tags.items()}


def frames_of(tag: id3.Tag) -> list[tuple[bytes, bytes]]:
    """Names and contents; a text may end with a null or not."""
    return [(frame.id, frame.raw[10:].rstrip(b"\0")) for frame in tag.frames]


@pytest.mark.parametrize("suffix", ID3_SUFFIXES)
@pytest.mark.parametrize(("old", "new"), [(3, 4), (4, 3)])
def test_a_full_tag_says_the_same(
    suffix: str, old: int, new: int, tmp_path: Path, audio_file: AudioFile
) -> None:
    path = Case(suffix, None, "full", old).make(tmp_path / f"a{suffix}", audio_file)
    payload, meaning, seen = payload_digest(path), snapshot_across_versions(path), by_taglib(path)
    safe_write(path, Change(("Rock", "Folk"), id3_version=new))
    tags = read_tags(path)
    assert (tags.id3_version, tags.genres) == (new, ("Rock", "Folk"))
    assert payload_digest(path) == payload
    assert snapshot_across_versions(path) == meaning
    assert by_taglib(path) == seen
    safe_write(path, Change(("Folk",), id3_version=old))
    assert read_tags(path).id3_version == old
    assert snapshot_across_versions(path) == meaning


@pytest.mark.parametrize("version", [3, 4])
def test_a_new_tag_has_the_version_that_is_asked_for(
    version: int, tmp_path: Path, audio_file: AudioFile
) -> None:
    path = Path(shutil.copyfile(audio_file(".wav"), tmp_path / "a.wav"))
    safe_write(path, Change(("Rock",), id3_version=version))
    assert read_tags(path).id3_version == version


def test_version_2_2_can_be_made_a_later_one(tmp_path: Path, audio_file: AudioFile) -> None:
    frames = b"".join(
        name + len(body).to_bytes(3, "big") + body
        for name, body in ((b"TT2", b"\0Title"), (b"TYE", b"\x001999"), (b"TCO", b"\0(17)"))
    )
    for version in (3, 4):
        path = tagged_mp3(tmp_path / "a.mp3", audio_file(".mp3"), frames, 2)
        safe_write(path, Change(("Jazz",), id3_version=version))
        tag = mutagen_id3.ID3(path)
        assert (tag.version[1], tag["TIT2"].text, str(tag["TDRC"])) == (version, ["Title"], "1999")


def test_what_has_no_place_in_the_other_version_is_refused(tmp_path: Path, audio_file: AudioFile) -> None:
    unknown = b"XYZ" + b"\0\0\x03" + b"abc"
    path = tagged_mp3(tmp_path / "a.mp3", audio_file(".mp3"), unknown, 2)
    before = path.read_bytes()
    with pytest.raises(TagWriteError, match="frame XYZ has no place"):
        safe_write(path, Change(("Jazz",), id3_version=4))
    packed = frame23(b"TIT2", b"\0\0\0\x05packed", flags=b"\0\x80")
    other = tagged_mp3(tmp_path / "b.mp3", audio_file(".mp3"), packed, 3)
    with pytest.raises(TagWriteError, match="TIT2 is compressed"):
        safe_write(other, Change(("Jazz",), id3_version=4))
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        ({"TYER": "1999"}, ["TDRC"]),
        ({"TYER": "1999", "TDAT": "3112"}, ["TDRC"]),
        ({"TYER": "1999", "TDAT": "3112", "TIME": "2359", "TORY": "1970"}, ["TDOR", "TDRC"]),
    ],
)
def test_dates_have_other_names(dates: dict[str, str], expected: list[str]) -> None:
    frames = [frame23(name.encode(), b"\0" + text.encode()) for name, text in dates.items()]
    tag = id3.Tag(3, frames=tuple(id3.Frame(raw[:4], raw) for raw in frames))
    there = id3_versions.convert(tag, 4)
    assert sorted(frame.id.decode() for frame in there.frames) == expected
    back = id3_versions.convert(there, 3)
    assert sorted(frames_of(back)) == sorted(frames_of(tag))


def test_what_a_date_cannot_say_in_2_3_stays_beside_it() -> None:
    raw = b"TDRC" + id3.synchsafe(20) + b"\0\0" + b"\x031999-12-31T23:59:01"
    old = id3.Tag(4, frames=(id3.Frame(b"TDRC", raw),))
    made = id3_versions.convert(old, 3)
    assert {frame.id for frame in made.frames} == {b"TYER", b"TDAT", b"TIME", b"TDRC"}


def test_a_2_4_frame_that_says_how_it_is_stored_becomes_a_plain_one() -> None:
    """Its length in front, and a zero wherever an MPEG frame might seem to begin."""
    stored = id3.synchsafe(5) + b"x\0\xff\x00\xe0\xff\x00\x00"
    raw = b"PRIV" + id3.synchsafe(len(stored)) + b"\0\3" + stored
    made = id3_versions.convert(id3.Tag(4, frames=(id3.Frame(b"PRIV", raw),)), 3)
    assert [frame.raw for frame in made.frames] == [frame23(b"PRIV", b"x\0\xff\xe0\xff\x00")]


def test_flags_order_and_doubles_stay() -> None:
    raws = [frame23(b"TIT2", b"\0One", b"\xa0\0"), frame23(b"XYZ1", b"?"), frame23(b"TIT2", b"\0Two")]
    tag = id3.Tag(3, frames=tuple(id3.Frame(raw[:4], raw) for raw in raws))
    made = id3_versions.convert(tag, 4)
    assert [(frame.id, frame.raw[8]) for frame in made.frames] == [
        (b"TIT2", 0x50),
        (b"XYZ1", 0),
        (b"TIT2", 0),
    ]
    assert frames_of(id3_versions.convert(made, 3)) == frames_of(tag)


def test_nulls_at_the_end_of_a_text_are_no_value(tmp_path: Path, audio_file: AudioFile) -> None:
    def frame24(name: bytes, content: bytes) -> bytes:
        return name + id3.synchsafe(len(content)) + b"\0\0" + content

    frames = [
        frame24(b"TIT2", b"\0A title\0"),
        frame24(b"TPE1", b"\3One\0Two\0\0"),
        frame24(b"COMM", b"\0engiTunPGAP\x000\0\0"),
        frame24(b"TXXX", b"\1\xff\xfeA\0\0\0\xff\xfeB\0\0\0"),
    ]
    path = tagged_mp3(tmp_path / "a.mp3", audio_file(".mp3"), b"".join(frames), 4)
    safe_write(path, Change(("Rock",), id3_version=3))
    tag = mutagen_id3.ID3(path, translate=False)
    assert [tag[key].text for key in ("TIT2", "TPE1", "COMM:iTunPGAP:eng", "TXXX:A")] == [
        ["A title"],
        ["One/Two"],
        ["0"],
        ["B"],
    ]


@pytest.mark.parametrize("date", ["2018-01-09T01:23:45", "2018-01-09T01:23", "2018-01", "2018"])
def test_a_date_comes_back_from_2_3_as_it_was(date: str) -> None:
    raws = [b"TDRC" + id3.synchsafe(len(date) + 1) + b"\0\0\3" + date.encode()]
    raws += [b"TDOR" + id3.synchsafe(11) + b"\0\0\x032011-05-06"]
    old = id3.Tag(4, frames=tuple(id3.Frame(raw[:4], raw) for raw in raws))
    back = id3_versions.convert(id3_versions.convert(old, 3), 4)

    def said(tag: id3.Tag) -> list[tuple[bytes, bytes]]:
        return sorted((name, text.lstrip(b"\0\3")) for name, text in frames_of(tag))

    assert said(back) == said(old) or date == "2018-01-09T01:23"  # mutagen adds the seconds


def test_an_undo_by_values_writes_into_the_version_that_is_there(
    tmp_path: Path, audio_file: AudioFile
) -> None:
    # Only 2.3 can hold two dates that contradict each other.
    frames = frame23(b"TYER", b"\x001999") + frame23(b"TDRC", b"\x002018-01-09T01:23:45")
    path = tagged_mp3(tmp_path / "a.mp3", audio_file(".mp3"), frames + frame23(b"TCON", b"\0Rock"), 3)
    with pytest.raises(TagWriteError, match="changed other tags"):
        safe_write(path, Change(("Jazz",), id3_version=4))
    result = safe_write(path, Change(("Jazz",), id3_version=4), WriteOptions(any_version=True))
    assert (result.new, read_tags(path).id3_version) == (("Jazz",), 3)
