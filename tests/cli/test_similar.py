"""similar as a user runs it."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from audiotag.library.records import StoredModel, TrackInfo
from audiotag.library.store import Store
from audiotag.model.card import load_card
from audiotag.model.learnt_file import save_learnt
from tests.helpers.audio_files import make_audio, tone
from tests.helpers.command import Run, command_in, environment, no_traceback
from tests.helpers.learnt_models import SIZE
from tests.helpers.learnt_models import model as learnt_model
from tests.helpers.models import MadeModel
from tests.helpers.scans import Library
from tests.helpers.sound_alikes import fill_alike
from tests.helpers.terminal import on_terminal
from tests.helpers.tracks import failed
from tests.helpers.vectors import fill, song

FIRST = b"/music/Artist 000/Album 0000/01 Song.mp3"
LAST = b"/music/Artist 001/Album 0005/10 Song.mp3"


@pytest.fixture
def made(tmp_path: Path) -> Run:
    """A library of made-up tracks, of a model that is not there."""
    fill_alike(tmp_path / "library.db", 60, size=64)
    return command_in(tmp_path)


@pytest.fixture
def learnt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Such a library, and a model that was learnt from it."""
    fill_alike(tmp_path / "library.db", 60, size=SIZE)
    monkeypatch.setenv("XDG_DATA_HOME", environment(tmp_path)["XDG_DATA_HOME"])
    save_learnt(learnt_model())
    return command_in(tmp_path)


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory, made_model: MadeModel) -> Path:
    """A folder with a library of three real files, one of them silent."""
    folder = tmp_path_factory.mktemp("heard")
    (folder / "music").mkdir()
    for number in range(2):
        make_audio(folder / f"music/{number}.flac", tone(5.0 + number, 22_050, seed=number), 22_050)
    make_audio(folder / "music/silent.wav", 0 * tone(4.0, 22_050), 22_050)
    Library(folder / "library.db", made_model).scan(folder / "music")
    return folder


class TestWhatIsPrinted:
    def test_a_line_a_track(self, made: Run) -> None:
        done = made("similar", FIRST, "-n", "3")
        lines = [line.split("\t") for line in done.stdout.splitlines()]
        assert [line[0] for line in lines] == ["1", "2", "3"]
        _, near, genre, who, album, path = lines[0]
        assert 0.5 < float(near) < 1
        assert (genre, who[:12], album) == ("Blues", "Artist 000 –", "Album 0000")
        assert path.startswith("/music/Artist 000/Album 0000/")

    @pytest.mark.parametrize("columns", [30, 80, 200])
    def test_on_a_terminal_what_has_room_and_the_whole_path(
        self, columns: int, made: Run, tmp_path: Path
    ) -> None:
        """Tags of any length take a line, and the path can be copied."""
        with Store(tmp_path / "library.db", write=True) as store:
            first = next(store.tracks())
            long = TrackInfo("A\x1b[2J" * 20_000, "演" * 20_000, "T")
            store.put(replace(first, path=b"/music/long.mp3", info=long))
        code, said = on_terminal(columns, "similar", "-n", "2", FIRST, environment=environment(tmp_path))
        _model, *lines = said.replace("\x1b[2m", "").replace("\x1b[0m", "").splitlines()
        assert code == 0
        assert lines[0].startswith("1  1.000 Blues           A\\x1b[2J"[: columns - 1])
        assert [line.strip() for line in lines[1:3]] == [
            "/music/long.mp3", f"same sound as {FIRST.decode()}",
        ]  # fmt: skip
        assert lines[3].startswith("2  0.")
        assert lines[4].strip().startswith("/music/Artist 000/Album 0000/")
        assert len(lines) == 5
        assert max(cell_len(line) for line in (lines[0], lines[3])) <= max(columns, 33)

    def test_json(self, made: Run) -> None:
        rows = [json.loads(line) for line in made("similar", FIRST, "--json").stdout.splitlines()]
        assert len(rows) == 10
        assert list(rows[0]) == [
            "place", "similarity", "genre", "artist", "title", "album", "duration", "path",
            "twin", "twin_path",
        ]  # fmt: skip
        assert sorted((row["similarity"] for row in rows), reverse=True) == [
            row["similarity"] for row in rows
        ]

    def test_the_filters(self, made: Run) -> None:
        done = made("similar", FIRST, "--not-same-artist", "--not-same-album", "-n", "60", "--json")
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        assert {row["artist"] for row in rows} == {"Artist 001"}
        assert len(rows) == 30
        assert "Only 30 tracks" in done.stderr

    def test_names_cannot_move_the_cursor(self, tmp_path: Path) -> None:
        evil = replace(song("a\x1b[2J\n\u202e", [1, 0.5]), path=b"/music/\x1b[2Jevil\n\xff.mp3")
        fill(tmp_path / "library.db", [song("seed", [1, 0]), evil])
        audiotag = command_in(tmp_path)
        done = audiotag("similar", b"/music/seed.mp3")
        assert "\x1b" not in done.stdout
        assert len(done.stdout.splitlines()) == 1
        (row,) = map(json.loads, audiotag("similar", b"/music/seed.mp3", "--json").stdout.splitlines())
        assert row["title"] == "a\x1b[2J\n\u202e"


class TestGenresOfALearntModel:
    def test_the_answer_is_in_its_words(self, learnt: Run) -> None:
        rows = [
            json.loads(line)
            for line in learnt("similar", FIRST, "--model", "mine", "--json").stdout.splitlines()
        ]
        assert {row["genre"] for row in rows} <= {"Krautrock", "Bossa Nova", "Jazz"}
        assert len(rows) == 10

    def test_and_so_is_what_same_genre_means(self, learnt: Run) -> None:
        asked = ("similar", FIRST, "--same-genre", "-n", "60", "--json")
        in_network, in_mine = (
            [json.loads(line) for line in learnt(*asked, AUDIOTAG_MODEL=model).stdout.splitlines()]
            for model in ("resnet50", "mine")
        )
        assert len({row["genre"] for row in in_network}) == len({row["genre"] for row in in_mine}) == 1
        assert {row["path"] for row in in_network} != {row["path"] for row in in_mine}

    def test_one_of_another_network_is_said_to_be_so(self, learnt: Run) -> None:
        save_learnt(replace(learnt_model("older-1"), name="old"))
        done = learnt("similar", FIRST, "--model", "old", "--json")
        assert (done.returncode, len(done.stdout.splitlines())) == (0, 10)
        assert "run 'audiotag learn --update --name old'" in done.stderr
        assert '"Blues"' in done.stdout

    def test_one_that_is_not_there(self, learnt: Run) -> None:
        done = learnt("similar", FIRST, "--model", "other")
        assert (done.returncode, done.stdout) == (1, "")
        assert "no model 'other'" in done.stderr


class TestPlaylists:
    def test_m3u_is_written_and_nothing_else_is_printed(self, made: Run, tmp_path: Path) -> None:
        (tmp_path / "lists").mkdir()
        done = made("similar", FIRST, "-n", "4", "--m3u", tmp_path / "lists/a.m3u8")
        lines = (tmp_path / "lists/a.m3u8").read_text(encoding="utf-8").splitlines()
        assert (done.stdout, "4 tracks" in done.stderr) == ("", True)
        assert (lines[0], len(lines)) == ("#EXTM3U", 9)
        assert lines[1].startswith("#EXTINF:18")
        there = os.path.normpath(tmp_path / "lists" / lines[2])
        assert there.startswith("/music/Artist 000/Album 0000/")

    def test_m3u_on_stdout(self, made: Run) -> None:
        done = made("similar", FIRST, "-n", "1", "--m3u", "-", "-q")
        first, about, path = done.stdout.splitlines()
        assert (first, about[:8]) == ("#EXTM3U", "#EXTINF:")
        assert os.path.normpath(os.path.join(os.getcwd(), path)).startswith("/music/Artist 000/")

    def test_from_one_to_another(self, made: Run) -> None:
        done = made("similar", FIRST, LAST, "--path", "-n", "7", "--json")
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        assert [row["place"] for row in rows] == list(range(1, 8))
        assert (rows[0]["path"], rows[-1]["path"]) == (FIRST.decode(), LAST.decode())
        assert rows[0]["similarity"] is None

    def test_a_song_is_not_written_over(self, made: Run, tmp_path: Path) -> None:
        """As `similar --m3u *.flac` would, which lacks its FILE."""
        song = tmp_path / "song.FLAC"
        song.write_bytes(b"music")
        (tmp_path / "link.m3u8").symlink_to(song)
        for target in (song, tmp_path / "link.m3u8"):
            done = made("similar", FIRST, "--m3u", target)
            assert (done.returncode, done.stdout) == (2, "")
            assert "is music, and not to be written over" in done.stderr
        assert song.read_bytes() == b"music"

    def test_what_cannot_be_written_leaves_what_was_there(self, made: Run, tmp_path: Path) -> None:
        done = made("similar", FIRST, "--m3u", tmp_path / "none/a.m3u8")
        assert (done.returncode, no_traceback(done)) == (1, True)
        assert "cannot be written" in done.stderr

    @pytest.mark.parametrize(
        ("arguments", "why"),
        [
            ((FIRST, "--path"), "name two, not 1"),
            ((FIRST, LAST, FIRST, "--path"), "name two, not 3"),
            ((FIRST, LAST, "--path", "-n", "1"), "with --path from 2 to 200"),
            ((FIRST, "-n", "10001"), "at most 10,000"),
            ((FIRST, "-n", "0"), "-n"),
            ((FIRST, "--m3u", "-", "--json"), "only one of them can go to stdout"),
        ],
    )
    def test_wrong_usage(self, made: Run, arguments: tuple[str | bytes, ...], why: str) -> None:
        done = made("similar", *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert why in done.stderr


class TestFilesThatAreNotInTheLibrary:
    def test_a_new_file_is_heard_and_not_stored(
        self, heard: Path, made_model: MadeModel, tmp_path: Path
    ) -> None:
        audiotag = command_in(heard, made_model)
        new = make_audio(tmp_path / "new.flac", tone(5.0, 22_050, seed=0)[:-2_000], 22_050)
        done = audiotag("similar", new, "--json")
        assert done.returncode == 0, done.stderr
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        assert rows[0]["path"] == str(heard / "music/0.flac")
        assert [row["path"] for row in rows].count(str(new)) == 0
        with Store(heard / "library.db", write=False) as store:
            assert store.track(os.fsencode(new)) is None

    def test_a_copy_is_known_by_its_sound(self, heard: Path, made_model: MadeModel, tmp_path: Path) -> None:
        copy = shutil.copy(heard / "music/1.flac", tmp_path / "copy.flac")
        done = command_in(heard, made_model)("similar", copy, "--json", "-n", "1")
        (row,) = map(json.loads, done.stdout.splitlines())
        assert (row["path"], row["similarity"]) == (str(heard / "music/1.flac"), 1.0)
        assert (row["twin"], row["twin_path"]) == ("same sound", str(copy))

    @pytest.mark.slow
    def test_from_a_new_file_to_a_known_one(self, heard: Path, made_model: MadeModel, tmp_path: Path) -> None:
        new = make_audio(tmp_path / "new.flac", tone(4.0, 22_050, seed=7), 22_050)
        ends = (new, heard / "music/0.flac")
        done = command_in(heard, made_model)("similar", *ends, "--path", "--json", AUDIOTAG_JOBS="0")
        paths = [json.loads(line)["path"] for line in done.stdout.splitlines()]
        assert paths == [str(new), str(heard / "music/1.flac"), str(heard / "music/0.flac")]

    @pytest.mark.parametrize(
        ("name", "why"),
        [
            ("text.mp3", "text.mp3: cannot be heard: "),
            ("none.mp3", "none.mp3: no such file or folder, nor is it in the library"),
            ("music/silent.wav", "silent.wav: cannot be compared: nothing but silence in it"),
        ],
    )
    def test_what_cannot_be_heard_is_said_in_one_line(
        self, heard: Path, made_model: MadeModel, name: str, why: str
    ) -> None:
        (heard / "text.mp3").write_text("no sound")
        done = command_in(heard, made_model)("similar", heard / name)
        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
        assert why in done.stderr

    def test_models_are_not_mixed(self, made: Run, tmp_path: Path) -> None:
        """What is known can be compared; what would have to be heard cannot."""
        new = make_audio(tmp_path / "new.flac", tone(4.0, 22_050), 22_050)
        done = made("similar", new)
        assert (done.returncode, done.stdout) == (1, "")
        assert f"heard by another model (alike-1, not {load_card().identity})" in done.stderr
        assert "run 'audiotag scan' first" in done.stderr
        done = made("similar", FIRST)
        assert (done.returncode, len(done.stdout.splitlines())) == (0, 10)
        assert "'audiotag scan' listens anew" in done.stderr


class TestNothingToCompare:
    def test_no_library(self, audiotag: Run) -> None:
        done = audiotag("similar", "a.mp3")
        assert (done.returncode, done.stdout) == (1, "")
        assert "no library yet" in done.stderr

    def test_a_library_without_embeddings(self, audiotag: Run, tmp_path: Path) -> None:
        fill(tmp_path / "library.db", [failed(b"/a.mp3")])
        done = audiotag("similar", "/a.mp3")
        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
        assert "nothing to compare in it yet; run 'audiotag scan FOLDER' first" in done.stderr

    def test_one_track(self, tmp_path: Path, made_model: MadeModel) -> None:
        card = load_card(str(made_model.card_file))
        model = StoredModel(card.identity, card.genres, card.thresholds, card.styles)
        fill(tmp_path / "library.db", [replace(song("alone", [1, 2]), model=model)])
        done = command_in(tmp_path, made_model)("similar", "/music/alone.mp3")
        assert (done.returncode, done.stdout) == (0, "")
        assert done.stderr == "Only 0 tracks: the library has no more that can be compared.\n"
