"""What is particular to single containers other than ID3."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import av
import numpy as np
import pytest
from mutagen import id3 as mutagen_id3
from mutagen.apev2 import APEv2
from mutagen.flac import FLAC
from mutagen.mp4 import MP4

from audiotag.tags.formats.payload import payload_digest
from audiotag.tags.formats.read import read_tags
from tests.helpers.audio_files import decode
from tests.tags.dressing import (
    apev2_tag,
    dress,
    id3v1_block,
    lyrics3_tag,
    write_genres,
)
from tests.tags.handmade import make_handmade
from tests.tags.readers import sound_of

AudioFile = Callable[..., Path]


GENRES = ("Hip-Hop", "Ünïcode ♫")


class TestOthers:
    def test_the_info_list_of_a_wav_counts(self, tmp_path: Path, audio_file: AudioFile) -> None:
        path = tmp_path / "a.wav"
        data = audio_file(".wav").read_bytes()
        texts = b"IGNR\x05\0\0\0Folk\0\0" + b"IART\x03\0\0\0Me\0\0"
        data += b"LIST" + struct.pack("<I", 4 + len(texts)) + b"INFO" + texts
        path.write_bytes(data[:4] + struct.pack("<I", len(data) - 8) + data[8:])
        tags = read_tags(path)
        assert (tags.genres, tags.stored, tags.artist) == (("Folk",), ("Folk",), "Me")

    def test_a_last_chunk_without_its_pad_byte(self, tmp_path: Path, audio_file: AudioFile) -> None:
        path = tmp_path / "a.wav"
        data = audio_file(".wav").read_bytes() + b"note" + struct.pack("<I", 3) + b"odd"
        path.write_bytes(data[:4] + struct.pack("<I", len(data) - 8) + data[8:])
        payload = payload_digest(path)
        write_genres(path, ("Rock",))
        assert read_tags(path).stored == ("Rock",)
        assert payload_digest(path) == payload

    @pytest.mark.parametrize("suffix", [".ape", ".wv", ".mpc"])
    def test_ape_tags_keep_what_stands_behind_them(
        self, suffix: str, tmp_path: Path, audio_file: AudioFile
    ) -> None:
        path = tmp_path / f"a{suffix}"
        if suffix == ".wv":
            shutil.copyfile(audio_file(suffix), path)
        else:
            make_handmade(path)
        payload = payload_digest(path)
        # FFmpeg has put a tag on the WavPack file.
        bare = path.read_bytes().partition(b"APETAGEX")[0]
        for middle in (b"", apev2_tag(Title="T", Genre="Pop")):
            path.write_bytes(bare + middle + lyrics3_tag() + id3v1_block())
            write_genres(path, ("Rock", "Folk"))
            assert payload_digest(path) == payload
            assert path.read_bytes().endswith(lyrics3_tag() + id3v1_block())
            assert list(APEv2(path)["Genre"]) == ["Rock", "Folk"]

    def test_a_comment_in_a_wrong_encoding_stays(self, tmp_path: Path, audio_file: AudioFile) -> None:
        path = tmp_path / "a.flac"
        shutil.copyfile(audio_file(".flac"), path)
        tags = FLAC(path)
        tags["comment"] = "caf@"
        tags.save()
        path.write_bytes(path.read_bytes().replace(b"caf@", b"caf\xe9"))
        write_genres(path, ("Rock",))
        assert b"comment=caf\xe9" in path.read_bytes()

    def test_a_flac_keeps_a_leading_id3_tag(self, tmp_path: Path, audio_file: AudioFile) -> None:
        out = BytesIO()
        tag = mutagen_id3.ID3()
        tag.add(mutagen_id3.TIT2(encoding=0, text=["x"]))
        tag.save(out)
        path = tmp_path / "a.flac"
        path.write_bytes(out.getvalue() + audio_file(".flac").read_bytes())
        write_genres(path, ("Rock",))
        assert path.read_bytes().startswith(out.getvalue())
        assert FLAC(path)["genre"] == ["Rock"]

    @pytest.mark.parametrize("suffix", [".ogg", ".opus"])
    def test_a_damaged_ogg_page_is_not_made_valid(
        self, suffix: str, tmp_path: Path, audio_file: AudioFile
    ) -> None:
        path = tmp_path / f"a{suffix}"
        data = bytearray(audio_file(suffix).read_bytes())
        data[-100] ^= 1
        path.write_bytes(data)
        sound = sound_of(path)
        write_genres(path, GENRES)
        assert path.read_bytes().endswith(data[-200:])
        assert sound_of(path) == sound

    def test_a_numbered_mp4_genre_gives_way(self, tmp_path: Path, audio_file: AudioFile) -> None:
        path = dress(Path(shutil.copyfile(audio_file(".m4a"), tmp_path / "a.m4a")), "full")
        data = path.read_bytes()
        old = data[data.index(b"\xa9gen") - 4 :][: 8 + 16 + 4]
        new = struct.pack(">I4s", 28, b"gnre") + struct.pack(">I4sIIHH", 20, b"data", 0, 0, 18, 0)
        # Two bytes are the number; what is left of the old value's four makes it no genre at all.
        assert len(new) == len(old)
        path.write_bytes(data.replace(old, new.replace(b"\0\x14data", b"\0\x12data")))
        write_genres(path, ("Jazz",))
        assert MP4(path)["\xa9gen"] == ["Jazz"]
        assert b"gnre" not in path.read_bytes()

    def test_a_moov_behind_the_audio(self, tmp_path: Path, audio_file: AudioFile) -> None:
        source, path = audio_file(".m4a"), tmp_path / "fast.m4a"
        with (
            av.open(str(source)) as old,
            av.open(str(path), "w", format="ipod", options={"movflags": "faststart"}) as new,
        ):
            stream = new.add_stream_from_template(old.streams.audio[0])
            for packet in old.demux(audio=0):
                if packet.dts is not None:
                    packet.stream = stream
                    new.mux(packet)
        assert path.read_bytes().index(b"moov") < path.read_bytes().index(b"mdat")
        sound, payload = decode(path), payload_digest(path)
        write_genres(path, GENRES)
        assert np.array_equal(decode(path), sound)
        assert payload_digest(path) == payload

    @pytest.mark.parametrize("counted_from", ["the file's start", "the fragment"])
    def test_fragments_move_with_their_audio(
        self, counted_from: str, tmp_path: Path, audio_file: AudioFile
    ) -> None:
        source, path = audio_file(".m4a"), tmp_path / "fragments.m4a"
        flags = "empty_moov+skip_trailer" + ("+default_base_moof" if counted_from == "the fragment" else "")
        with (
            av.open(str(source)) as old,
            av.open(
                str(path), "w", format="mp4", options={"movflags": flags, "frag_duration": "500000"}
            ) as new,
        ):
            stream = new.add_stream_from_template(old.streams.audio[0])
            for packet in old.demux(audio=0):
                if packet.dts is not None:
                    packet.stream = stream
                    new.mux(packet)
        assert path.read_bytes().count(b"moof") > 1
        sound, payload = decode(path), payload_digest(path)
        write_genres(path, GENRES)
        assert read_tags(path).genres == GENRES
        assert np.array_equal(decode(path), sound)
        assert payload_digest(path) == payload

    def test_content_counts_not_the_name(self, tmp_path: Path, audio_file: AudioFile) -> None:
        path = tmp_path / "really-flac.mp3"
        shutil.copyfile(audio_file(".flac"), path)
        write_genres(path, ("Rock",))
        assert FLAC(path)["genre"] == ["Rock"]
        assert read_tags(path).container == "flac"
