"""learn and models as a user runs them, on a library that is made up."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from audiotag.cli import app
from audiotag.library.records import StoredModel
from audiotag.library.store import Store
from tests.helpers.command import environment
from tests.helpers.half_tagged import MODEL, WORDS, fill, half_tagged, with_genres
from tests.helpers.sound_alikes import made_tracks

Run = Callable[..., "tuple[int, str, str]"]


@pytest.fixture
def audiotag(tmp_path: Path) -> Iterator[Run]:
    """Exit code, stdout, stderr of a command in this process."""
    handler = signal.getsignal(signal.SIGTERM)

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        result = CliRunner().invoke(app, [str(word) for word in arguments], env=environment(tmp_path))
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result.exit_code, result.stdout, result.stderr

    yield run
    signal.signal(signal.SIGTERM, handler)


@pytest.fixture
def db(tmp_path: Path) -> Path:
    return fill(tmp_path / "library.db", half_tagged(720))


class TestLearn:
    def test_a_table_figures_and_the_next_step(self, audiotag: Run, db: Path, tmp_path: Path) -> None:
        code, said, messages = audiotag("learn", "--doubts", "2")
        assert code == 0
        lines = said.splitlines()
        assert lines[0].split()[:7] == [
            "genre",
            "tracks",
            "artists",
            "precision",
            "recall",
            "threshold",
            "written",
        ]
        assert [name for name in WORDS.values() if any(line.startswith(name) for line in lines)] == list(
            WORDS.values()
        )
        for words in (
            "360 tracks of 6 genres, judged with whole artists left out: first answer right",
            "The shipped model, with your words for its genres",
            "the most frequent: 16.7% right",
            "More tagged tracks would",
        ):
            assert words in said
        card = tmp_path / "data" / "audiotag" / "models" / "mine.json"
        assert card.is_file()
        assert messages.splitlines()[-1].startswith(f"{card}: mine-")
        assert messages.endswith("Next: audiotag tag --model mine\n")

    def test_nothing_of_the_library_is_in_the_file(self, audiotag: Run, db: Path, tmp_path: Path) -> None:
        audiotag("learn")
        content = b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
        assert b"Berlin School" in content
        for private in (b"/music", b"Artist", b"Album", b"Song", str(tmp_path).encode()):
            assert private not in content

    def test_for_machines(self, audiotag: Run, db: Path) -> None:
        _, said, messages = audiotag("learn", "--json", "-q", "--doubts", "1", "--precision", "0.9")
        assert messages == ""
        (line,) = said.splitlines()
        found = json.loads(line)
        assert (found["name"], found["precision_wanted"], found["embedding"]) == ("mine", 0.9, MODEL.identity)
        assert found["grouped"] == {"artist": 360}
        assert {"tracks", "artists", "precision", "recall", "threshold", "confused", "written"} <= set(
            found["genres"][0]
        )
        assert set(found["own"]) == set(found["shipped"]) == {"top1", "coverage", "precision"}
        assert len(found["curve"]) == 3

    def test_no_network_is_loaded(self, db: Path, tmp_path: Path) -> None:
        code = (
            "import sys; from audiotag.cli import app\n"
            "try: app(['learn', '-q'])\n"
            "except SystemExit as end: assert not end.code\n"
            "heavy = {'tensorflow', 'keras', 'onnxruntime', 'essentia', 'matplotlib'}\n"
            "print(sorted(heavy & set(sys.modules)))"
        )
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment(tmp_path))
        assert (done.stdout.strip(), done.stderr) == ("[]", "")

    def test_quiet_says_nothing(self, audiotag: Run, db: Path) -> None:
        assert audiotag("learn", "-q") == (0, "", "")

    def test_pictures(self, audiotag: Run, db: Path, tmp_path: Path) -> None:
        audiotag("learn", "-q", "-o", tmp_path / "out")
        names = sorted(path.name for path in (tmp_path / "out").iterdir())
        assert names == ["confusion.png", "genres.png", "learning.png", "learnt.json"]
        for name in names[:3]:
            assert (tmp_path / "out" / name).read_bytes()[:4] == b"\x89PNG"
        assert json.loads((tmp_path / "out" / "learnt.json").read_text())["tracks"] == 360

    def test_the_map_cleans_and_what_is_left_out_is_named(self, audiotag: Run, tmp_path: Path) -> None:
        tracks = half_tagged(720)
        odd = [with_genres(one, "Audiobook" if i % 2 else "doom metal") for i, one in enumerate(tracks[:20])]
        rare = [with_genres(one, "Polka") for one in tracks[20:23]]
        fill(tmp_path / "library.db", [*odd, *rare, *tracks[23:]])
        (tmp_path / "map.toml").write_text('"Audiobook" = []\n"Doom Metal" = "Doom"\n')
        _, said, messages = audiotag("learn", "--map", tmp_path / "map.toml")
        assert "not learnt, fewer than 8 tracks: Polka (3)." in messages
        assert "Audiobook" not in said + messages
        assert "doom metal" not in said

    def test_a_review_in_the_place_of_a_genre_does_not_flood_the_screen(
        self, audiotag: Run, tmp_path: Path
    ) -> None:
        tracks = []
        for one in half_tagged(720):
            tags = one.info.tags
            own = () if tags is None else tags.genres
            tracks.append(with_genres(one, *own, "x" * 10_240) if own else one)
        fill(tmp_path / "library.db", tracks)
        code, said, messages = audiotag("learn")
        assert code == 0
        assert f"{'x' * 60}… (10,240 characters) (360)" in messages
        assert max(map(len, (said + messages).splitlines())) < 1_000

    def test_what_is_nearly_all_right_needs_no_more_tracks(self, audiotag: Run, db: Path) -> None:
        said = audiotag("learn")[1]
        assert "0.997 by 288. More tagged tracks would help little." in said

    def test_the_curve_ends_at_the_figure_of_all(self, audiotag: Run, db: Path) -> None:
        found = json.loads(audiotag("learn", "--json")[1])
        assert found["curve"][-1]["top1"] == pytest.approx(found["own"]["top1"], abs=1e-9)

    def test_again_and_what_became_of_it(self, audiotag: Run, db: Path) -> None:
        audiotag("learn", "--precision", "0.9", "--with-shipped")
        _, same, _ = audiotag("learn", "--update")
        assert same.splitlines()[-1] == "Nothing has changed since the last time."
        more = [
            with_genres(replace(one, path=b"/new" + one.path, fingerprint=None), "Ambient")
            for one in made_tracks(60, 32, seed=77)
        ]
        fill(db, more)
        _, said, _ = audiotag("learn", "--update", "--json")
        found = json.loads(said)
        assert found["precision_wanted"] == 0.9, "as the last time"
        assert len(found["shipped_genres"]) == 6
        assert (found["changes"]["same"], found["changes"]["new"]) == (False, ["Ambient"])
        Path(db).unlink()
        fill(db, half_tagged(720))
        _, said, _ = audiotag("learn", "--update")
        assert "no longer learnt: Ambient" in said
        assert "Since the last time: first answer right" in said

    def test_update_without_a_model_is_fatal(self, audiotag: Run, db: Path) -> None:
        code, said, messages = audiotag("learn", "--update", "--name", "other")
        assert (code, said) == (1, "")
        assert messages == "audiotag: there is no model 'other' to learn again yet; leave out --update\n"

    @pytest.mark.parametrize(
        ("arguments", "code", "said"),
        [
            (["--precision", "2"], 2, "--precision must be above 0"),
            (["--name", "resnet50"], 2, "that is a shipped model's"),
            (["--name", "a/b"], 2, "--name 'a/b'"),
            (["/nowhere"], 1, "/nowhere: no such file or folder, nor is it in the library"),
        ],
    )
    def test_bad_options_are_one_line(
        self, audiotag: Run, db: Path, arguments: list[str], code: int, said: str
    ) -> None:
        done = audiotag("learn", *arguments)
        assert done[0] == code
        assert said in done[2]
        assert len(done[2].splitlines()) == 1

    def test_nothing_to_learn_leaves_the_old_model(self, audiotag: Run, db: Path) -> None:
        audiotag("learn")
        with Store(db, write=True) as store:
            store.execute("UPDATE tracks SET tags = NULL")
        code, _, messages = audiotag("learn", "--update")
        assert code == 1
        assert len(messages.splitlines()) == 1
        assert audiotag("models")[1].splitlines()[-1].startswith("mine: learnt, 6 genres, from 360 tracks")


class TestModels:
    def test_shipped_and_learnt(self, audiotag: Run, db: Path) -> None:
        audiotag("learn")
        code, said, _ = audiotag("models")
        shipped, mine = said.splitlines()
        assert code == 0
        assert shipped.startswith("resnet50 (in use): shipped, ")
        assert mine.startswith("mine: learnt, 6 genres, from 360 tracks, first answer right ")
        first, second = (json.loads(line) for line in audiotag("models", "--json")[1].splitlines())
        assert (first["name"], first["kind"], first["in_use"]) == ("resnet50", "shipped", True)
        assert (second["kind"], second["tracks"], second["in_use"]) == ("learnt", 360, False)
        assert set(second["genres"]) == set(WORDS.values())

    def test_the_config_s_model(self, audiotag: Run, db: Path, tmp_path: Path) -> None:
        audiotag("learn", "-q", "--name", "my own")
        config = tmp_path / "other.toml"
        config.write_text('model = "my own"\n')
        said = audiotag("report", "--config", config, "--csv", "-")[1]
        assert all(word in said.splitlines()[0] for word in WORDS.values())
        assert "my own (in use): learnt, 6 genres" in audiotag("models", "--config", config)[1]

    def test_a_damaged_one_is_named(self, audiotag: Run, db: Path, tmp_path: Path) -> None:
        audiotag("learn")
        (tmp_path / "data" / "audiotag" / "models" / "mine.json").write_text("{}")
        code, _, messages = audiotag("models", "-q")
        assert code == 1
        assert "mine.json: damaged" in messages

    def test_the_config_names_one_that_is_gone(self, audiotag: Run, db: Path, tmp_path: Path) -> None:
        audiotag("learn", "-q", "--name", "other")
        config = tmp_path / "other.toml"
        config.write_text('model = "gone"\n')
        for command in (["models"], ["report", "--csv", "-"], ["tag"], ["scan", tmp_path]):
            code, _, messages = audiotag(*command, "--config", config)
            assert code == 1
            (line,) = messages.splitlines()
            assert "no model 'gone': give one of: resnet50, other; " in line
            assert "audiotag learn --name NAME" in line
        config.write_text('model = "/gone/card.json"\n')
        code, _, messages = audiotag("models", "--config", config)
        assert (code, "no model '/gone/card.json'" in messages) == (1, True)


class TestTag:
    def test_a_map_of_the_network_s_genres_is_no_mistake(
        self, audiotag: Run, db: Path, tmp_path: Path
    ) -> None:
        """The config file's map may be made for the shipped model."""
        audiotag("learn", "-q")
        words = tmp_path / "genres.toml"
        words.write_text('"Metal" = ["Heavy Metal"]\n"Doom" = ["Doom Metal"]\n')
        code, _, messages = audiotag("tag", "--model", "mine", "--map", words)
        assert code == 0, messages
        words.write_text('"Dooom" = ["Doom Metal"]\n')
        code, _, messages = audiotag("tag", "--model", "mine", "--map", words)
        assert (code, len(messages.splitlines())) == (1, 1)
        assert '"Dooom" is no genre' in messages


class TestReport:
    def test_in_the_owner_s_words(self, audiotag: Run, db: Path) -> None:
        audiotag("learn")
        _, said, _ = audiotag("report", "--model", "mine", "--json", "-")
        rows = [json.loads(line) for line in said.splitlines()]
        assert len(rows) == 720
        assert {row["genre"] for row in rows} == set(WORDS.values())
        assert all(row["model"].startswith("mine-") for row in rows)
        assert set(WORDS.values()) <= set(rows[0])
        assert "styles" not in rows[0]
        assert "Metal" in json.loads(audiotag("report", "--json", "-")[1].splitlines()[0])

    def test_a_part_of_it_in_order_and_as_playlists(self, audiotag: Run, db: Path, tmp_path: Path) -> None:
        audiotag("learn")
        word = sorted(WORDS.values())[0]
        only = ("--model", "mine", "--genre", word, "--sort", "confidence", "--status", "ok")
        code, said, messages = audiotag("report", *only, "--json", "-")
        assert code == 0, messages
        rows = [json.loads(line) for line in said.splitlines()]
        assert {row["genre"] for row in rows} == {word}
        confidences = [row["confidence"] for row in rows]
        assert confidences == sorted(confidences, reverse=True)
        code, _, messages = audiotag("report", "--model", "mine", "--m3u", tmp_path / "lists")
        assert code == 0, messages
        assert {path.stem for path in (tmp_path / "lists").iterdir()} <= set(WORDS.values())
        listed = (tmp_path / "lists" / f"{word}.m3u8").read_text().count("#EXTINF")
        assert listed == len(rows)

    def test_after_another_network_heard_the_library(self, audiotag: Run, db: Path) -> None:
        audiotag("learn")
        (new,) = made_tracks(1, 32, folder=b"/new")
        newer = StoredModel("alike-2", MODEL.genres, MODEL.thresholds, MODEL.styles)
        fill(db, [replace(new, model=newer)])
        for command in (["report", "--csv", "-"], ["tag"]):
            code, _, messages = audiotag(*command, "--model", "mine")
            assert code == 1
            assert (
                "the network is now alike-2: scan, then run 'audiotag learn --update --name mine'" in messages
            )
