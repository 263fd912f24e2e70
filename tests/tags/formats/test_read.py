"""Reading and writing the genre, in every container."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import av
import numpy as np
import pytest
import taglib

from audiotag.errors import TagReadError, TagWriteError
from audiotag.tags.change import MODEL_TEXT, PROBABILITIES_TEXT, Change
from audiotag.tags.formats.payload import payload_digest
from audiotag.tags.formats.read import meaning, read_tags
from audiotag.tags.formats.snapshot import snapshot_others
from tests.helpers.audio_files import decode
from tests.tags.cases import ENCODED, HANDMADE, HANDMADE_SUFFIXES, Case, cases
from tests.tags.dressing import id3v1_block, others_by_mutagen, put_back, write_change, write_genres

AudioFile = Callable[..., Path]

GENRES = ("Hip-Hop", "Ünïcode ♫")
ALL = [pytest.param(case, id=case.name) for case in cases()]


@pytest.fixture
def track(request: pytest.FixtureRequest, tmp_path: Path, audio_file: AudioFile) -> Path:
    """A fresh file of one of the cases."""
    case: Case = request.param
    return case.make(tmp_path / f"track{case.suffix}", audio_file)


@pytest.mark.parametrize("track", ALL, indirect=True)
class TestEveryContainer:
    def test_only_the_genre_changes(self, track: Path) -> None:
        before = read_tags(track)
        others, payload, seen = snapshot_others(track), payload_digest(track), others_by_mutagen(track)
        write_genres(track, GENRES)
        after = read_tags(track)
        assert after.genres == GENRES
        assert (after.container, after.id3_version) == (before.container, before.id3_version)
        assert (after.artist, after.album, after.title) == (before.artist, before.album, before.title)
        assert after.duration == pytest.approx(before.duration)
        assert snapshot_others(track) == others
        # A new tag repeats what older ones say, so mutagen may see more than before.
        assert set(seen) <= set(others_by_mutagen(track))
        assert payload_digest(track) == payload

    def test_the_sound_is_the_same(self, track: Path) -> None:
        if track.suffix in HANDMADE_SUFFIXES:
            return  # handmade: their payload is compared above, there is nothing to decode
        before = decode(track)
        write_genres(track, GENRES)
        assert np.array_equal(decode(track), before)

    def test_independent_readers_see_it(self, track: Path) -> None:
        write_genres(track, GENRES)
        version = read_tags(track).id3_version
        # TagLib knows no "/" between two genres in ID3v2.3, as FFmpeg knows one value only.
        expected = ["/".join(GENRES)] if version == 3 else list(GENRES)
        if read_tags(track).container != "tta-apev2":  # TagLib looks for ID3 alone in TTA files
            with taglib.File(track) as file:
                found_genres = file.tags["GENRE"]
            assert found_genres == expected
        if track.suffix in HANDMADE_SUFFIXES:
            return  # FFmpeg looks at the audio first
        write_genres(track, GENRES[:1])
        with av.open(str(track)) as container:
            # Ogg has its tags in the stream.
            found = {**container.streams.audio[0].metadata, **container.metadata}
        assert {key.lower(): value for key, value in found.items()}["genre"] == GENRES[0]

    def test_the_own_texts_come_and_go(self, track: Path) -> None:
        before, others, payload = read_tags(track), snapshot_others(track), payload_digest(track)
        texts = {MODEL_TEXT: ("résnet50 1",), PROBABILITIES_TEXT: ("Rock 0.9000; Folk 0.1000",)}
        write_change(track, Change(before.stored, texts, elsewhere=before.elsewhere))
        after = read_tags(track)
        assert (after.texts, after.stored, after.id3_version) == (texts, before.stored, before.id3_version)
        assert (snapshot_others(track), payload_digest(track)) == (others, payload)
        write_genres(track, ("Rock",))
        assert read_tags(track).texts == texts
        put_back(track, before)
        assert read_tags(track) == before
        assert snapshot_others(track) == others

    def test_writing_the_old_value_back_is_an_undo(self, track: Path) -> None:
        before, others, payload = read_tags(track), snapshot_others(track), payload_digest(track)
        for genres in (GENRES, ("A" * 700,)):
            write_genres(track, genres)
        put_back(track, before)
        assert read_tags(track) == before
        assert snapshot_others(track) == others
        assert payload_digest(track) == payload

    def test_no_genre_removes_the_field(self, track: Path) -> None:
        others = snapshot_others(track)
        write_genres(track, GENRES)
        write_genres(track, ())
        assert read_tags(track).stored == ()
        assert snapshot_others(track) == others

    def test_full_files_are_read(self, track: Path) -> None:
        if track.read_bytes()[-128:].startswith(b"TAG"):
            return  # what older tags say is tested in test_id3.py
        tags = read_tags(track)
        expected = {"partial": ("A title", "", ()), "full": ("A title", "Album", ("Folk",))}
        level = "partial" if tags.title and not tags.album else "full" if tags.album else "bare"
        assert (tags.title, tags.album, tags.genres) == expected.get(level, ("", "", ()))
        assert tags.duration is not None
        assert 0.5 < tags.duration < 3.0


class TestBadInput:
    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("empty.mp3", b""),
            ("text.flac", b"Dear diary,\n" * 500),
            ("text.mp3", b"Dear diary,\n" * 500),
            ("zeros.wav", bytes(5000)),
            ("noise.ogg", np.random.default_rng(1).bytes(20_000)),
        ],
    )
    def test_no_audio_at_all(self, name: str, content: bytes, tmp_path: Path) -> None:
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(TagReadError, match=name) as caught:
            read_tags(path)
        assert "\n" not in str(caught.value)

    def test_missing_and_folder_and_pipe(self, tmp_path: Path) -> None:
        (tmp_path / "folder.mp3").mkdir()
        os.mkfifo(tmp_path / "pipe.mp3")
        for name in ("folder.mp3", "pipe.mp3", "missing.mp3"):
            with pytest.raises(TagReadError, match=name):
                read_tags(tmp_path / name)

    def test_a_null_in_a_genre_is_refused(self, tmp_path: Path, audio_file: AudioFile) -> None:
        path = Path(shutil.copyfile(audio_file(".flac"), tmp_path / "a.flac"))
        with pytest.raises(TagWriteError, match="null"):
            write_genres(path, ("a\0b",))

    @pytest.mark.parametrize(("suffix", "codec"), [*ENCODED, *HANDMADE])
    def test_mutated_files_bring_only_our_errors(
        self, suffix: str, codec: str | None, tmp_path: Path, audio_file: AudioFile
    ) -> None:
        path = tmp_path / f"a{suffix}"
        original = Case(suffix, codec, "full").make(path, audio_file).read_bytes()
        random = np.random.default_rng(11)
        for _ in range(60):
            data = bytearray(original)
            for _ in range(random.integers(1, 6)):
                # Most of the structure is near the two ends.
                spot = int(random.choice([random.integers(min(400, len(data))), random.integers(len(data))]))
                data[spot] = random.integers(256)
            if random.integers(4) == 0:
                data = data[: random.integers(len(data))]
            path.write_bytes(data)
            for act in (read_tags, snapshot_others, payload_digest):
                with suppress(TagReadError):
                    act(path)
            with suppress(TagWriteError):
                write_genres(path, GENRES)


@pytest.mark.parametrize(
    ("texts", "genres"),
    [
        (("(255)",), ()),
        (("255",), ()),
        (("192",), ()),
        (("(255)Rock",), ("Rock",)),
        (("(17)(255)", "(200)"), ("Rock",)),
        (("(12)Other",), ("Other",)),
        (("1999",), ("1999",)),
        (("(RX)(17)",), ("Remix", "Rock")),
        (("((255)",), ("(255)",)),
    ],
)
def test_an_id3_code_that_means_nothing_is_no_genre(texts: tuple[str, ...], genres: tuple[str, ...]) -> None:
    assert meaning(texts, 4) == genres


def test_the_last_code_of_id3v1_is_no_genre(tmp_path: Path, audio_file: AudioFile) -> None:
    song = Path(shutil.copyfile(audio_file(".mp3"), tmp_path / "song.mp3"))
    with song.open("ab") as file:
        file.write(id3v1_block()[:-1] + b"\xff")
    assert read_tags(song).genres == ()
