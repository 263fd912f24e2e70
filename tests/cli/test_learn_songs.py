"""A half-tagged folder of real files becomes a tagged one: scan, learn, tag, undo."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from audiotag.cli import app
from audiotag.library.store import Store
from audiotag.tags.formats.read import read_tags
from tests.helpers.audio_files import make_audio
from tests.helpers.command import environment
from tests.helpers.genre_tree import KINDS, GenreTree, dress_again, make_tree, sound
from tests.helpers.models import MadeModel

Run = Callable[..., "Done"]


@dataclass(frozen=True)
class Done:
    """How a command ended and what it said."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def audiotag(tmp_path: Path, made_model: MadeModel) -> Iterator[Run]:
    """Run a command in this process, with the small model and its thresholds."""
    handler = signal.getsignal(signal.SIGTERM)
    variables = environment(tmp_path, made_model)
    del variables["AUDIOTAG_MIN_CONFIDENCE"]

    def run(*arguments: str | Path) -> Done:
        result = CliRunner().invoke(app, [str(word) for word in arguments], env=variables)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return Done(result.exit_code, result.stdout, result.stderr)

    yield run
    signal.signal(signal.SIGTERM, handler)


@pytest.fixture
def tree(tmp_path: Path) -> GenreTree:
    return make_tree(tmp_path / "music")


@pytest.mark.slow
def test_a_half_tagged_folder(audiotag: Run, tree: GenreTree, tmp_path: Path) -> None:
    before = tree.contents()
    assert audiotag("scan", tree.folder).returncode == 0
    learnt = audiotag("learn", "--json")
    found = json.loads(learnt.stdout)
    assert (found["tracks"], found["grouped"]) == (27, {"artist": 27})
    assert {one["name"] for one in found["genres"]} == set(KINDS)
    assert found["own"]["precision"] >= 0.8

    plan = audiotag("tag", "--model", "mine", "--json")
    assert tree.contents() == before, "a plan writes nothing"
    shown = {path: json.loads(audiotag("show", "--no-listen", "--json", "--model", "mine", path).stdout)
             for path in sorted(tree.blank)[:2]}  # fmt: skip
    wanted = {row["path"]: row["new"] for row in map(json.loads, plan.stdout.splitlines())}
    for path, sheet in shown.items():
        assert sheet["model"] == found["identity"]
        assert {one["genre"] for one in sheet["genres"]} == set(KINDS)
        assert sheet["tag"]["new"] == wanted[str(path)]
        assert {near["genre"] for near in sheet["neighbours"]} <= set(KINDS)
    done = audiotag("tag", "--model", "mine", "--write", "--provenance")
    assert done.returncode == 0
    after = tree.contents()
    written = {path for path in tree.truth if after[path] != before[path]}
    assert written <= tree.blank, "a genre that the owner has is never touched"
    assert {row["path"] for row in map(json.loads, plan.stdout.splitlines()) if row["action"] == "write"} == {
        str(path) for path in written
    }
    assert len(written) >= 0.8 * len(tree.blank)
    assert sum(read_tags(path).genres == (tree.truth[path],) for path in written) >= 0.9 * len(written)
    for path in written:
        tags = read_tags(path)
        assert (tags.artist, tags.title) == (path.parent.name, path.stem)
        assert tags.texts["AUDIOTAG_MODEL"] == (found["identity"],)

    assert json.loads(audiotag("learn", "--json").stdout)["identity"] == found["identity"], (
        "what audiotag wrote is no lesson"
    )
    assert audiotag("tag", "--model", "mine").stderr.startswith("0 of 54 files would be written")
    assert audiotag("undo").returncode == 0
    assert tree.contents() == before, "every byte"
    with Store(tmp_path / "library.db", write=False) as store:
        rows = store.execute("SELECT DISTINCT m.identity FROM writes JOIN models AS m ON m.id = model")
        assert rows == [(found["identity"],)], "the journal names the model"


@pytest.mark.slow
def test_a_correction_is_a_lesson_and_a_new_song_is_heard_once(audiotag: Run, tree: GenreTree) -> None:
    audiotag("scan", "-q", tree.folder)
    audiotag("learn", "-q")
    audiotag("tag", "-q", "--model", "mine", "--write")
    corrected = sorted(path for path in tree.blank if read_tags(path).genres)[0]
    dress_again(corrected, "Power Noise")
    new = make_audio(tree.folder / "new.flac", sound(2, 9, 9), 22_050)
    done = audiotag("scan", "-v", "--model", "mine", tree.folder)
    assert "decoded 1, recognised 1, unchanged 53" in done.stderr
    assert "1 track predicted, 1 recognised" in done.stderr, "and it is certain, by the learnt model"
    assert json.loads(audiotag("learn", "--json").stdout)["tracks"] == 28
    nowhere = make_audio(tree.folder.parent / "nowhere.flac", sound(2, 8, 8), 22_050)
    shown = json.loads(audiotag("show", "--json", "--model", "mine", nowhere).stdout)
    assert shown["genres"][0]["genre"] == "Power Noise"
    plan = audiotag("tag", "--model", "mine", new)
    assert plan.stdout.startswith(f"{new}: (no genre) → Power Noise"), plan.stdout
