"""ID3 tags of all versions: only the genre frame is exchanged."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from mutagen import id3 as mutagen_id3

from audiotag.tags.change import Change
from audiotag.tags.formats import id3, id3_fields
from audiotag.tags.formats.id3_frames import name_of
from audiotag.tags.formats.payload import payload_digest
from audiotag.tags.formats.read import (
    meaning,
    read_tags,
)
from audiotag.tags.formats.snapshot import snapshot_others
from tests.tags.dressing import (
    UNKNOWN_FRAME,
    apev2_tag,
    dress,
    id3v1_block,
    lyrics3_tag,
    put_id3,
    write_genres,
)
from tests.tags.shown import by_ffmpeg, by_taglib

AudioFile = Callable[..., Path]


def tagged_mp3(path: Path, source: Path, frames: bytes, version: int, flags: int = 0) -> Path:
    """An MP3 with an ID3v2 tag of these frames, as bytes."""
    shutil.copyfile(source, path)
    size = bytes((len(frames) >> shift) & 0x7F for shift in (21, 14, 7, 0))
    put_id3(path, b"ID3" + bytes((version, 0, flags)) + size + frames)
    return path


def frame23(name: bytes, body: bytes, flags: bytes = b"\0\0") -> bytes:
    """An ID3v2.3 frame."""
    return name + struct.pack(">I", len(body)) + flags + body


class TestId3:
    @pytest.mark.parametrize(
        ("text", "version", "genres"),
        [
            ("(17)", 3, ("Rock",)),
            ("17", 4, ("Rock",)),
            ("RX", 4, ("Remix",)),
            ("(17)(CR)", 3, ("Rock", "Cover")),
            ("Rock/Folk", 3, ("Rock", "Folk")),
            ("Rock/Folk", 4, ("Rock/Folk",)),
            ("", 4, ()),
        ],
    )
    def test_codes_are_read_as_what_they_mean(self, text: str, version: int, genres: tuple[str, ...]) -> None:
        assert meaning([text], version) == genres

    def test_stored_text_is_kept_for_an_undo(self, tmp_path: Path, audio_file: AudioFile) -> None:
        frames = frame23(b"TCON", b"\0(17)")
        path = tagged_mp3(tmp_path / "a.mp3", audio_file(".mp3"), frames, 3)
        before = path.read_bytes()
        tags = read_tags(path)
        assert (tags.genres, tags.stored) == (("Rock",), ("(17)",))
        write_genres(path, ("Jazz",))
        write_genres(path, tags.stored)
        assert path.read_bytes() == before

    def test_version_2_2_stays_and_keeps_its_frames(self, tmp_path: Path, audio_file: AudioFile) -> None:
        frames = b"".join(
            name + struct.pack(">I", len(body))[1:] + body
            for name, body in ((b"TT2", b"\0Title"), (b"TCO", b"\0(17)"), (b"XYZ", b"unknown"))
        )
        path = tagged_mp3(tmp_path / "a.mp3", audio_file(".mp3"), frames + bytes(50), 2)
        assert read_tags(path).genres == ("Rock",)
        write_genres(path, ("Folk", "Jazz"))
        assert path.read_bytes()[3] == 2
        assert read_tags(path).genres == ("Folk", "Jazz")
        assert b"XYZ\0\0\7unknown" in path.read_bytes()
        assert mutagen_id3.ID3(path)["TIT2"].text == ["Title"]

    def test_a_2_3_tag_keeps_dates_unknown_and_flagged_frames(
        self, tmp_path: Path, audio_file: AudioFile
    ) -> None:
        kept = [
            frame23(b"TYER", b"\x001999"),
            frame23(b"TDAT", b"\x003112"),
            UNKNOWN_FRAME,
            frame23(b"TIT2", b"\x01\xff\xfeA\0", flags=b"\xe0\x20"),
            frame23(b"APIC", b"damaged"),
            frame23(b"TRCK", b""),
        ]
        frames = b"".join([*kept[:3], frame23(b"TCON", b"\0Pop"), *kept[3:]])
        path = tagged_mp3(tmp_path / "a.mp3", audio_file(".mp3"), frames + bytes(100), 3)
        size = path.stat().st_size
        write_genres(path, ("Rock",))
        data = path.read_bytes()
        assert data[10:].startswith(b"".join([*kept[:3], frame23(b"TCON", b"\0Rock"), *kept[3:]]))
        assert len(data) == size

    def test_an_unsynchronised_tag_is_written_without(self, tmp_path: Path, audio_file: AudioFile) -> None:
        frames = frame23(b"PRIV", b"x\0\xff\xe0\xff\x00") + frame23(b"TIT2", b"\0Title")
        encoded = frames.replace(b"\xff\xe0\xff\x00", b"\xff\x00\xe0\xff\x00\x00")
        path = tagged_mp3(tmp_path / "a.mp3", audio_file(".mp3"), encoded, 3, flags=0x80)
        others = snapshot_others(path)
        write_genres(path, ("Röck ♫",))
        # FFmpeg would lose its way at the first byte that is put in.
        assert (by_ffmpeg(path)["genre"], by_ffmpeg(path)["title"]) == ("Röck ♫", "Title")
        assert path.read_bytes()[5] == 0
        assert mutagen_id3.ID3(path).getall("PRIV")[0].data == b"\xff\xe0\xff\x00"
        assert read_tags(path).genres == ("Röck ♫",)
        assert snapshot_others(path) == others

    def test_names_of_2_2_in_a_2_3_tag_do_not_hide_the_genre(
        self, tmp_path: Path, audio_file: AudioFile
    ) -> None:
        frames = frame23(b"TT2\0", b"\0Title") + frame23(b"TP1 ", b"\0Me")
        path = tagged_mp3(tmp_path / "a.mp3", audio_file(".mp3"), frames, 3)
        write_genres(path, ("Rock",))
        assert by_taglib(path)["GENRE"] == ["Rock"]

    def test_frame_sizes_of_old_itunes(self, tmp_path: Path, audio_file: AudioFile) -> None:
        frames = frame23(b"PRIV", b"x\0" + bytes(300)) + frame23(b"TCON", b"\0Pop")
        path = tagged_mp3(tmp_path / "a.mp3", audio_file(".mp3"), frames, 4)
        assert read_tags(path).genres == ("Pop",)
        write_genres(path, ("Rock",))
        assert read_tags(path).genres == ("Rock",)

    def test_an_extended_header_is_dropped_and_nothing_else(
        self, tmp_path: Path, audio_file: AudioFile
    ) -> None:
        extended = struct.pack(">IHI", 6, 0, 0)
        frames = extended + frame23(b"TIT2", b"\0Title") + UNKNOWN_FRAME
        path = tagged_mp3(tmp_path / "a.mp3", audio_file(".mp3"), frames, 3, flags=0x40)
        others = snapshot_others(path)
        write_genres(path, ("Rock",))
        assert read_tags(path).title == "Title"
        assert snapshot_others(path) == others

    def test_older_tags_stay_but_for_their_genre(self, tmp_path: Path, audio_file: AudioFile) -> None:
        path = tmp_path / "a.mp3"
        shutil.copyfile(audio_file(".mp3"), path)
        dress(path, "full", 3)
        tail = apev2_tag(Artist="APE artist", Genre="Pop") + lyrics3_tag() + id3v1_block()
        with path.open("ab") as file:
            file.write(tail)
        payload = payload_digest(path)
        write_genres(path, ("Rock", "Folk"))
        # ID3v1 has a number for Rock, 17, which it had already.
        new_tail = apev2_tag(Artist="APE artist", Genre=["Rock", "Folk"]) + lyrics3_tag() + id3v1_block()
        assert path.read_bytes().endswith(new_tail)
        assert payload_digest(path) == payload
        assert read_tags(path).genres == ("Rock", "Folk")

    @pytest.mark.parametrize(
        ("tail", "genre", "artist"),
        [
            (id3v1_block(), "Rock", "Old artist"),
            (apev2_tag(Artist="APE artist", Genre="Pop"), "Pop", "APE artist"),
        ],
    )
    def test_a_genre_in_an_older_tag_counts(
        self, tail: bytes, genre: str, artist: str, tmp_path: Path, audio_file: AudioFile
    ) -> None:
        path = tmp_path / "a.mp3"
        data = audio_file(".mp3").read_bytes()
        path.write_bytes(data[10 + mutagen_id3.BitPaddedInt(data[6:10]) :] + tail)
        tags = read_tags(path)
        assert (tags.genres, tags.stored, tags.artist) == ((genre,), (genre,), artist)

    def test_a_new_tag_repeats_what_id3v1_says(self, tmp_path: Path, audio_file: AudioFile) -> None:
        path = tmp_path / "a.mp3"
        data = audio_file(".mp3").read_bytes()
        path.write_bytes(data[10 + mutagen_id3.BitPaddedInt(data[6:10]) :] + id3v1_block())
        others = snapshot_others(path)
        write_genres(path, ("Jazz",))
        tag = mutagen_id3.ID3(path, load_v1=False)
        assert (tag["TIT2"].text, tag["TPE1"].text, tag["TCON"].text) == (
            ["Old title"],
            ["Old artist"],
            ["Jazz"],
        )
        assert path.read_bytes().endswith(id3v1_block()[:-1] + bytes((8,)))  # Jazz
        assert snapshot_others(path) == others

    def test_a_tag_that_only_holds_a_genre_goes_with_it(self, tmp_path: Path, audio_file: AudioFile) -> None:
        path = tmp_path / "a.wav"
        shutil.copyfile(audio_file(".wav"), path)
        before = path.read_bytes()
        write_genres(path, ("Rock",))
        assert read_tags(path).stored == ("Rock",)
        write_genres(path, ())
        assert path.read_bytes() == before

    def test_flags_that_are_not_true_are_not_believed(self, tmp_path: Path, audio_file: AudioFile) -> None:
        """Programs set that of unsynchronisation, or of an extended header, and write neither."""
        frames = frame23(b"PRIV", b"x\0\xff\xe0\xff\x00") + frame23(b"TIT2", b"\0Title")
        for flags in (0x80, 0x40):
            tag = id3.parse(b"ID3\3\0" + bytes((flags,)) + id3.synchsafe(len(frames)) + frames)
            assert b"".join(frame.raw for frame in tag.frames) == frames
            assert tag.flags == 0

    def test_a_tag_larger_than_its_size_can_say_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(id3, "_MAX_BODY", 1_000)  # of 256 MiB
        frame = frame23(b"PRIV", bytes(990))
        with pytest.raises(ValueError, match="larger than the format allows"):
            id3.render(id3.Tag(3, frames=(id3.Frame(b"PRIV", frame),)))

    @pytest.mark.parametrize("content", [b"", b"\x07Mood\0fine", b"\0Mood without an end"])
    def test_a_frame_whose_name_cannot_be_read_has_none(self, content: bytes) -> None:
        assert name_of(id3.Frame(b"TXXX", frame23(b"TXXX", content))) == ""
        assert name_of(id3.Frame(b"TXXX", frame23(b"TXXX", b"\0Mood\0fine"))) == "Mood"

    def test_garbage_after_the_frames_is_kept(self) -> None:
        data = frame23(b"TIT2", b"\0Title") + b"garbage that is no frame"
        size = bytes((0, 0, len(data) >> 7, len(data) & 0x7F))
        tag = id3_fields.with_change(id3.parse(b"ID3\3\0\0" + size + data), Change(("Rock",)))
        assert id3.render(tag).endswith(b"\0Rockgarbage that is no frame")
