"""MP3: the tags in front of the sound and behind it, all of which a reader may look into."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from mutagen import id3 as mutagen_id3
from mutagen.apev2 import APEv2

from audiotag.errors import TagReadError
from audiotag.tags.change import Change
from audiotag.tags.formats import magic, mp3, mpeg
from audiotag.tags.formats.read import read_tags
from audiotag.tags.safewrite.write import safe_write
from tests.tags.dressing import apev2_tag, id3v1_block, lyrics3_tag, put_back, write_change
from tests.tags.shown import by_ffmpeg, by_taglib, checked_write, genres_by_all

AudioFile = Callable[..., Path]

LONG = "A title of many more than the thirty characters that fit"


@pytest.fixture
def frames(audio_file: AudioFile) -> bytes:
    """The MPEG frames alone."""
    data = audio_file(".mp3").read_bytes()
    return data[10 + mutagen_id3.BitPaddedInt(data[6:10]) :] if data.startswith(b"ID3") else data


def v2(version: int = 4, **texts: str) -> bytes:
    """An ID3v2 tag of text frames."""
    tag, out = mutagen_id3.ID3(), BytesIO()
    for name, text in texts.items():
        tag.add(getattr(mutagen_id3, name)(encoding=1, text=[text]))
    tag.save(out, v2_version=version, padding=lambda info: 20)
    return out.getvalue()


def users_genre(version: int, **texts: str) -> bytes:
    """An ID3v2 tag with a TXXX frame called GENRE."""
    tag, out = mutagen_id3.ID3(BytesIO(v2(version, **texts))), BytesIO()
    tag.add(mutagen_id3.TXXX(encoding=1, desc="GENRE", text=["Polka"]))
    tag.save(out, v2_version=version)
    return out.getvalue()


def v1(title: bytes = b"Old title", comment: bytes = b"", genre: int = 17, track: int = 0) -> bytes:
    """An ID3v1 block."""
    fields = title[:30].ljust(30, b"\0") + b"Old artist".ljust(30, b"\0") + bytes(30) + b"1999"
    return b"TAG" + fields + comment.ljust(28, b"\0") + bytes((0, track, genre))


APE = {"Artist": "APE artist", "Title": LONG, "Album": "APE album", "Track": "3/9", "Year": "1999"}
GAIN = {"REPLAYGAIN_TRACK_GAIN": "-1.02 dB"}
NAMES = {"TIT2": "A title", "TPE1": "Ärtist", "TALB": "Album"}
APPENDED = b"ID3\4\0\x10\0\0\0\x13TPE1\0\0\0\x09\0\0\3Appended3DI\4\0\x10\0\0\0\x13"
APPENDED_GENRE = b"ID3\4\0\x10\0\0\0\x10TCON\0\0\0\x06\0\0\3Polka3DI\4\0\x10\0\0\0\x10"

STRUCTURES = {
    "ID3v1 alone": (b"", v1(comment=b"my comment", track=5)),
    "APEv2 alone": (b"", apev2_tag(**APE, **GAIN, Comment="hi", Lyrics="la la")),
    "APEv2 alone with a genre": (b"", apev2_tag(**APE, Genre="Pop")),
    "zeros in front of ID3v2": (bytes(200) + v2(3, **NAMES), b""),
    "a line feed in front of ID3v2": (b"\n" + v2(4, **NAMES, TCON="Pop"), b""),
    "many zeros in front of ID3v2": (bytes(8_192) + v2(3, **NAMES), b""),
    "zeros in front of ID3v2, and ID3v1": (bytes(64) + v2(3, TIT2="Old title"), v1(comment=b"Hi")),
    "two tags in a row": (v2(3, **NAMES, TCON="Pop") + v2(4, TPE2="Band", TCON="Jazz"), b""),
    "a user's genre in a second tag": (v2(3, **NAMES, TCON="Pop") + users_genre(4, TPE2="Band"), b""),
    "two genres in a second tag": (v2(3, **NAMES) + users_genre(3, TCON="Rock"), b""),
    "an empty tag in front of a full one": (b"ID3\4\0\0\0\0\0\x14" + bytes(20) + v2(4, **NAMES), b""),
    "stray bytes on both sides of the tag": (b"\n" + v2(3, **NAMES) + b"junk\r\n", b""),
    "a tag behind the sound": (b"", APPENDED),
    "a genre in a tag behind the sound": (v2(4, **NAMES), APPENDED_GENRE),
    "ID3v2 and APEv2": (v2(3, **NAMES, TCON="Pop"), apev2_tag(**APE, Genre="Jazz")),
    "ID3v2, APEv2, Lyrics3 and ID3v1": (v2(**NAMES), apev2_tag(Genre="Jazz") + lyrics3_tag() + v1()),
    "padding alone, and ID3v1": (b"ID3\3\0\0\0\0\1\x14" + bytes(148), v1(comment=b"my comment")),
    "zeros in front of the sound": (bytes(300), b""),
}


@pytest.mark.parametrize("genre", ["Jazz", "International"])
@pytest.mark.parametrize("structure", STRUCTURES)
def test_all_readers_see_the_genre_and_what_they_saw_before(
    structure: str, genre: str, frames: bytes, tmp_path: Path
) -> None:
    front, behind = STRUCTURES[structure]
    path = tmp_path / "a.mp3"
    path.write_bytes(front + frames + behind)
    if read_tags(path).stored == (genre,):
        return
    checked_write(path, genre)
    assert genres_by_all(path) == (genre, genre, genre)
    assert read_tags(path).genres == (genre,)
    with path.open("rb") as file:
        for name, block in mp3.layout(file).others():
            stored = mp3.stored(file, block)
            wanted = "8" if genre == "Jazz" else "255"
            assert stored in ((genre,), ()) or (block.kind == "id3v1" and stored == (wanted,)), name


@pytest.mark.parametrize("structure", STRUCTURES)
def test_an_undo_by_values_gives_each_place_its_own_back(
    structure: str, frames: bytes, tmp_path: Path
) -> None:
    front, behind = STRUCTURES[structure]
    path = tmp_path / "a.mp3"
    path.write_bytes(front + frames + behind)
    before, shown = read_tags(path), by_taglib(path)
    write_change(path, Change(("International",)))
    put_back(path, before)
    assert read_tags(path) == before
    after = by_taglib(path)
    assert {name: after.get(name) for name in shown} == shown


def test_apev2_and_a_short_title_in_id3v1(frames: bytes, tmp_path: Path) -> None:
    # ID3v1 has room for 30 characters: it does not contradict the title, it lacks its end.
    path = tmp_path / "a.mp3"
    path.write_bytes(frames + apev2_tag(**APE) + v1(LONG.encode()))
    safe_write(path, Change(("Jazz",)))
    assert by_taglib(path)["TITLE"] == [by_ffmpeg(path)["title"]] == [LONG]
    assert genres_by_all(path) == ("Jazz", "Jazz", "Jazz")


def test_apev2_in_front_of_the_sound(frames: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(apev2_tag(**APE, Genre="Pop") + frames)
    assert read_tags(path).genres == ("Pop",)
    checked_write(path, "Jazz")
    assert genres_by_all(path) == ("Jazz", "Jazz", "Jazz")
    assert by_taglib(path)["TITLE"] == [LONG]
    assert b"Pop" not in path.read_bytes()


def test_id3v1_in_another_code_page_keeps_its_bytes(frames: bytes, tmp_path: Path) -> None:
    title = "Моя песня".encode("cp1251")
    path = tmp_path / "a.mp3"
    path.write_bytes(frames + v1(title, genre=255))
    safe_write(path, Change(("Rock",)))
    assert path.read_bytes().count(title) == 2
    assert read_tags(path).elsewhere == {"genre in ID3v1": ("17",)}


def test_a_comment_of_id3v1_has_no_description(frames: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(frames + v1(comment=b"my comment", track=5))
    safe_write(path, Change(("Jazz",)))
    assert by_taglib(path)["COMMENT"] == ["my comment"]
    assert (by_ffmpeg(path)["comment"], by_ffmpeg(path)["track"]) == ("my comment", "5")


@pytest.mark.parametrize("version", [3, 4])
def test_a_users_own_genre_frame_gives_way(version: int, frames: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    tag, out = mutagen_id3.ID3(), BytesIO()
    tag.add(mutagen_id3.TXXX(encoding=1, desc="Genre", text=["Polka"]))
    tag.save(out, v2_version=version)
    path.write_bytes(out.getvalue() + frames)
    before = read_tags(path)
    assert (before.genres, before.stored) == (("Polka",), ())
    write_change(path, Change(("Jazz",)))
    assert genres_by_all(path) == ("Jazz", "Jazz", "Jazz")
    put_back(path, before)
    assert (read_tags(path).genres, by_taglib(path)["GENRE"]) == (("Polka",), ["Polka"])


@pytest.mark.parametrize("behind", [b"", v1(genre=17)], ids=["", "with ID3v1"])
def test_a_placeholder_does_not_hide_a_genre_in_another_place(
    behind: bytes, frames: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(users_genre(4, TCON="Other") + frames + behind)
    assert (read_tags(path).genres, read_tags(path).stored) == (("Polka",), ("Other",))
    path.write_bytes(v2(4, TCON="Unknown") + frames + behind)
    assert read_tags(path).genres == (("Rock",) if behind else ("Unknown",))


def test_a_genre_that_mutagen_cannot_read_is_one(frames: bytes, tmp_path: Path) -> None:
    tag = b"ID3\4\0\0\0\0\0\x10TCON\0\0\0\x06\0\0\3P\xf6lka"
    path = tmp_path / "a.mp3"
    path.write_bytes(tag + frames)
    assert (read_tags(path).genres, read_tags(path).stored) == (("Pölka",), ())


@pytest.mark.parametrize("front", [v2(**NAMES), b""], ids=["beside ID3v2", "alone"])
def test_a_damaged_apev2_tag_stays_as_it_is(front: bytes, frames: bytes, tmp_path: Path) -> None:
    tag = bytearray(apev2_tag(Artist="Me", Genre="Pop"))
    tag[32:36] = b"\xff\xff\0\0"  # its first item is longer than the tag
    path = tmp_path / "a.mp3"
    path.write_bytes(front + frames + tag)
    safe_write(path, Change(("Jazz",)))
    assert path.read_bytes().endswith(tag)
    assert read_tags(path).genres == ("Jazz",)


def test_a_footer_shows_where_a_tag_behind_the_sound_begins(frames: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(v2(4, **NAMES) + frames + APPENDED_GENRE)
    safe_write(path, Change(("Jazz",)))
    polka = APPENDED_GENRE.replace(b"Polka", b"Jazz")
    jazz = polka.replace(b"\0\x06\0\0", b"\0\x05\0\0").replace(b"\0\x10TCON", b"\0\x0fTCON")[:-1] + b"\x0f"
    assert path.read_bytes().endswith(frames + jazz)


@pytest.mark.parametrize(
    ("front", "reason"),
    [
        (b"ID3\3\0\0\0\0\0\xf0" + bytes(240), "a size that cannot be"),
        (b"ID3\3\0\0\x7f\x7f\x7f\x7f", "longer than the file"),
        (b"ID3\5\0\0\0\0\0\x0a" + bytes(10), "no ID3v2.2, 2.3 or 2.4 tag"),
        (b"APETAGEX\xd0\7\0\0\0\0\0\x40" + bytes(16), "its tag is longer than the file"),
    ],
)
def test_damage_is_named(front: bytes, reason: str, frames: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(front + frames)
    with pytest.raises(TagReadError, match=reason):
        read_tags(path)


def test_tta_is_written_in_the_same_way(audio_file: AudioFile, tmp_path: Path) -> None:
    path = Path(shutil.copyfile(audio_file(".tta"), tmp_path / "a.tta"))
    sound = path.read_bytes().partition(b"APETAGEX")[0]
    path.write_bytes(sound + id3v1_block())
    safe_write(path, Change(("Jazz",)))
    assert by_taglib(path)["TITLE"] == ["Old title"]
    assert by_taglib(path)["GENRE"] == ["Jazz"]
    assert path.read_bytes()[-1] == 8


def test_apev2_follows_with_several_values(frames: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(frames + apev2_tag(Title="x", Genre="Pop"))
    safe_write(path, Change(("Jazz", "Folk")))
    assert list(APEv2(path)["Genre"]) == by_taglib(path)["GENRE"] == ["Jazz", "Folk"]


def test_two_frames_are_no_music(frames: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    length = mpeg.frame_length(frames[:4])
    path.write_bytes(frames[length : 3 * mpeg.frame_length(frames[length : length + 4])])
    with pytest.raises(TagReadError, match=magic.NO_AUDIO):
        read_tags(path)
