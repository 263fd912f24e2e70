"""The stable interface, as another program uses it."""

from __future__ import annotations

import inspect
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import audiotag.api as api
from audiotag.api import (
    Answer,
    AudiotagError,
    Genre,
    Library,
    Style,
    TagRules,
    choose,
    listen,
    plan,
    predict,
    undo,
    write,
)
from audiotag.model.card import load_card
from audiotag.tags.formats.read import read_tags
from tests.helpers.command import environment
from tests.helpers.documentation import DOCS, ROOT
from tests.helpers.models import MadeModel

EXAMPLES = re.findall(r"```python\n(.*?)```", (DOCS / "python.md").read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def model(made_model: MadeModel) -> str:
    return str(made_model.card_file)


def genres(folder: Path) -> list[tuple[str, ...]]:
    return [read_tags(path).genres for path in sorted(folder.iterdir())]


class TestLibrary:
    def test_there_and_back(self, music: Path, tmp_path: Path, model: str) -> None:
        before = [path.read_bytes() for path in sorted(music.iterdir())]
        (music / "bad.flac").write_text("no music")
        rules = TagRules(min_confidence=0.0, names={"folk": ["A"], "Pop": ["A"], "ROCK": ["A"]})
        with Library(tmp_path / "l.db", write=True, model=model) as library:
            result = library.scan(music)
            assert (result.predicted, list(result.failed)) == (2, [music / "bad.flac"])
            assert library.scan(music).unchanged == 2
            planned = [one for one in plan(library, music, rules=rules) if one.changes]
            assert [(one.path.name, one.old, one.new) for one in planned] == [
                ("one.mp3", (), ("A",)),
                ("two.flac", (), ("A",)),
            ]
            assert [
                path.read_bytes() for path in sorted(music.iterdir()) if path.name != "bad.flac"
            ] == before
            run = write(library, music, rules=rules)
            assert (run.run, run.written, run.failed) == (1, 2, ())
            (music / "bad.flac").unlink()
            assert genres(music) == [("A",), ("A",)]
            assert undo(library, dry_run=True).written == 2
            assert genres(music) == [("A",), ("A",)]
            back = undo(library, music / "one.mp3")
            assert (back.run, back.written, genres(music)) == (2, 1, [(), ("A",)])
            assert undo(library, run=1).written == 1
        assert [path.read_bytes() for path in sorted(music.iterdir())] == before

    def test_what_is_known_of_a_track(self, music: Path, tmp_path: Path, model: str) -> None:
        with Library(tmp_path / "l.db", write=True, model=model) as library:
            library.scan(music)
        with Library(tmp_path / "l.db", model=model) as library:
            (one, two) = library.tracks()
            assert library.track(music / "one.mp3") is not None
            assert library.track(music / "three.mp3") is None
            assert (one.path, two.path) == (music / "one.mp3", music / "two.flac")
            assert one.genre is not None
            assert one.genre.probability == max(genre.probability for genre in one.genres)
            ((nearest, cosine),) = library.similar(one.path)
            assert (nearest.path, -1.0 <= cosine <= 1.0) == (two.path, True)
            shutil.copyfile(music / "one.mp3", tmp_path / "three.mp3")
            with pytest.raises(AudiotagError, match=r"three\.mp3: is not in the library"):
                library.similar(tmp_path / "three.mp3")

    def test_one_that_may_only_be_read_is_not_written(self, music: Path, tmp_path: Path, model: str) -> None:
        with pytest.raises(AudiotagError, match=r"l\.db"):
            Library(tmp_path / "l.db", model=model)
        with Library(tmp_path / "l.db", write=True, model=model) as library:
            library.scan(music)
        with Library(tmp_path / "l.db", model=model) as library:
            for attempt in (write, undo, lambda one: one.scan(music)):
                with pytest.raises(AudiotagError, match="open it with write=True"):
                    attempt(library)
        assert genres(music) == [(), ()]

    def test_who_keeps_genres_himself_chooses_by_the_same_rules(self) -> None:
        heard = Answer(
            Path("/m/a.mp3"),
            "ok",
            (Genre("Electronic", 0.8, 0.5), Genre("Rock", 0.6, 0.5)),
            (Style("House", 0.7, 0.5, "Electronic"),),
        )
        assert choose(heard, []).new == ("Electronic",)
        assert choose(heard, ["Polka"]).new == ("Polka",)
        assert choose(heard, ["Polka"], TagRules("append", 2, styles=True)).new == (
            "Polka", "Electronic", "House", "Rock",
        )  # fmt: skip
        assert choose(heard, ["Pop"], written=["Pop"]).new == ("Electronic",), "our own, which nobody changed"
        assert choose(heard, ["Jazz"], written=["Pop"]).new == ("Jazz",)

    def test_a_policy_that_is_none(self, tmp_path: Path, model: str) -> None:
        with Library(tmp_path / "l.db", write=True, model=model) as library:
            rules = TagRules(policy="maybe")
            with pytest.raises(AudiotagError, match="policy must be one of"):
                next(plan(library, rules=rules))

    def test_its_path_is_any_path(self, tmp_path: Path, model: str) -> None:
        with Library(str(tmp_path / "library.db"), write=True, model=model) as library:
            assert library.path == tmp_path / "library.db"
        with Library(bytes(tmp_path / "library.db"), model=model) as library:
            assert list(library.tracks()) == []

    def test_no_windows_at_all_is_wrong_usage(self, music: Path, tmp_path: Path, model: str) -> None:
        with Library(tmp_path / "library.db", write=True, model=model) as library:
            with pytest.raises(AudiotagError, match="windows must be at least 1"):
                library.scan(music, windows=0)
            assert list(library.tracks()) == []

    def test_a_name_by_itself_is_one_name(self) -> None:
        answer = Answer(Path("a.mp3"), "ok", (Genre("Folk", 0.9, 0.5),))
        assert choose(answer, (), TagRules(names={"Folk": "Volk"})).new == ("Volk",)


class TestOneFile:
    @pytest.mark.parametrize(("name", "why"), [("", "not a file"), ("a\0b", "no file can have this name")])
    def test_what_is_no_file(self, name: str, why: str, tmp_path: Path, model: str) -> None:
        for hear in (listen, predict):
            with pytest.raises(AudiotagError, match=why):
                hear(f"{tmp_path}/{name}", model=model)

    def test_no_windows_at_all(self, music: Path, model: str) -> None:
        with pytest.raises(AudiotagError, match="windows must be at least 1"):
            listen(music / "one.mp3", windows=0, model=model)

    def test_listen_gives_the_windows_that_the_model_takes(self, music: Path, model: str) -> None:
        frontend = load_card(model).frontend
        windows = listen(music / "one.mp3", model=model)
        assert windows.dtype == np.uint8
        assert windows.shape[1:] == (frontend.bands, frontend.frames)
        assert len(listen(music / "one.mp3", windows=1, model=model)) == 1

    def test_predict_says_what_a_scan_would(self, music: Path, tmp_path: Path, model: str) -> None:
        answer = predict(music / "one.mp3", model=model)
        with Library(tmp_path / "l.db", write=True, model=model) as library:
            library.scan(music)
            stored = library.track(music / "one.mp3")
        assert stored is not None
        assert (answer.status, answer.windows, answer.model) == (stored.status, stored.windows, stored.model)
        for one, other in zip(answer.genres, stored.genres, strict=True):
            assert (one.name, one.probability) == (other.name, pytest.approx(other.probability, abs=1e-4))

    def test_a_file_without_sound(self, tmp_path: Path, model: str) -> None:
        bad = tmp_path / "bad.mp3"
        bad.write_text("no music")
        answer = predict(bad, model=model)
        assert (answer.status, answer.genre, bool(answer.error)) == ("failed", None, True)
        with pytest.raises(AudiotagError, match=r"bad\.mp3: decode: "):
            listen(bad, model=model)
        with pytest.raises(AudiotagError, match=r"none\.mp3: cannot be read"):
            predict(tmp_path / "none.mp3", model=model)


class TestTheInterface:
    def test_everything_in_it_has_types_and_says_what_it_is(self) -> None:
        for name in api.__all__:
            thing = getattr(api, name)
            if name == "API_VERSION":
                continue
            assert inspect.getdoc(thing), name
            if inspect.isfunction(thing):
                assert inspect.signature(thing).return_annotation is not inspect.Signature.empty
        assert (Path(api.__file__).parents[1] / "py.typed").exists()

    def test_its_names_are_these(self) -> None:
        """Taking one away, or an argument of one, needs another first number in API_VERSION."""
        assert api.API_VERSION.startswith("1.")
        arguments = {
            name: list(inspect.signature(getattr(api, name)).parameters)
            for name in ("Library", "listen", "predict", "choose", "plan", "write", "undo")
        }
        assert arguments == {
            "Library": ["path", "write", "wait", "model"],
            "listen": ["path", "windows", "model", "timeout"],
            "predict": ["path", "model", "engine", "timeout"],
            "choose": ["answer", "genres", "rules", "written", "found"],
            "plan": ["library", "paths", "rules"],
            "write": ["library", "paths", "rules"],
            "undo": ["library", "paths", "run", "dry_run", "keep_mtime"],
        }

    @pytest.mark.parametrize(("number", "names"), [(0, ["put back"]), (1, ["mel windows"])])
    def test_the_examples_of_the_documentation_run(
        self, number: int, names: list[str], music: Path, tmp_path: Path
    ) -> None:
        script = tmp_path / "example.py"
        script.write_text(EXAMPLES[number])
        argument = music if number == 0 else music / "one.mp3"
        done = subprocess.run(
            [sys.executable, script, argument], capture_output=True, text=True, check=False,
            env=environment(tmp_path) | {"PYTHONPATH": str(ROOT), "XDG_DATA_HOME": str(tmp_path / "data")},
        )  # fmt: skip
        assert (done.returncode, [name for name in names if name not in done.stdout]) == (0, []), done.stderr
