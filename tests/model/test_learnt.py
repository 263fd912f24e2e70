"""Learnt models: what they say of a track, their files, and when they have to be learnt again."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from audiotag.errors import ModelError
from audiotag.library.records import Track
from audiotag.library.store import Store
from audiotag.model.card import load_card
from audiotag.model.learnt import Regression
from audiotag.model.learnt_file import (
    learnt_folder,
    learnt_names,
    load_learnt,
    network_named,
    open_model,
    save_learnt,
)
from audiotag.model.seen import SeenStore, open_seen
from tests.helpers.half_tagged import MODEL, fill
from tests.helpers.learnt_models import SIZE, model
from tests.helpers.models import MadeModel
from tests.helpers.sound_alikes import made_tracks
from tests.helpers.tracks import failed


def heard(direction: int, **changes: object) -> Track:
    """A track whose embedding points one way."""
    (track,) = made_tracks(1, SIZE)
    return replace(track, embedding=np.eye(SIZE, dtype=np.float32)[direction] * 30, **changes)


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data"


class TestAnswers:
    def test_a_track_gets_the_owner_s_genres_then_the_network_s(self) -> None:
        judged = model().judge(heard(0))
        assert judged.model is not None
        assert judged.model.genres == ("Krautrock", "Bossa Nova", "Jazz")
        assert judged.model.thresholds == (0.6, None, 0.5)
        assert judged.ranked()[0][0] == "Krautrock"
        assert judged.certain
        assert judged.styles_by_genre() == {}
        before = heard(0).probabilities
        assert before is not None
        assert judged.probabilities is not None
        assert judged.probabilities[2] == before[MODEL.genres.index("Jazz")]

    def test_what_is_like_none_of_them_is_none(self) -> None:
        judged = model().judge(heard(2))
        assert judged.probabilities is not None
        assert judged.probabilities[:2].max() < 0.1

    @pytest.mark.parametrize("vector", [None, np.zeros(SIZE), np.full(SIZE, np.nan), np.ones(3)])
    def test_an_embedding_of_no_use_is_a_failure_in_words(self, vector: np.ndarray | None) -> None:
        judged = model().judge(replace(heard(0), embedding=vector))
        assert (judged.status, judged.model) == ("failed", None)
        assert "--rescan" in (judged.error or "")

    def test_another_network_s_embedding_is_one(self) -> None:
        judged = model("newer-2").judge(heard(0))
        assert (judged.status, judged.model) == ("failed", None)
        assert judged.error == f"heard by {MODEL.identity}; mine needs another scan of it"

    def test_what_failed_stays_so(self) -> None:
        assert model().judge(failed(b"/x.mp3")) == failed(b"/x.mp3")


class TestFiles:
    def test_a_model_comes_back(self, data: Path) -> None:
        path = save_learnt(model())
        assert path == data / "audiotag" / "models" / "mine.json"
        found = load_learnt("mine")
        assert found is not None
        assert (found.identity, found.stored) == (model().identity, model().stored)
        assert found.asked == {"precision": 0.8}
        np.testing.assert_array_equal(found.regression.slopes, model().regression.slopes)
        assert learnt_names() == ["mine"]

    def test_it_holds_nothing_but_words_weights_and_counts(self, data: Path) -> None:
        save_learnt(model())
        card = json.loads((learnt_folder() / "mine.json").read_text())
        assert set(card) == {
            "kind", "name", "embedding", "genres", "shipped", "weights", "asked", "lessons", "figures",
        }  # fmt: skip

    def test_the_same_model_is_the_same_bytes_and_old_weights_go(self) -> None:
        save_learnt(model())
        first = {path.name: path.read_bytes() for path in learnt_folder().iterdir()}
        save_learnt(model())
        assert {path.name: path.read_bytes() for path in learnt_folder().iterdir()} == first
        other = model()
        save_learnt(replace(other, name="mine-2"))
        save_learnt(replace(other, regression=Regression(np.ones((3, SIZE), np.float32), np.zeros(3), 2)))
        assert sorted(path.suffix for path in learnt_folder().iterdir()) == [".json", ".json", ".npy", ".npy"]
        assert load_learnt("mine-2") is not None

    @pytest.mark.parametrize("name", ["none", "", "../../etc/passwd", "a/b", "\0"])
    def test_there_is_none_of_that_name(self, name: str) -> None:
        assert load_learnt(name) is None

    @pytest.mark.parametrize("damage", ["weights", "gone", "text", "keys", "shape", "deep", "nan"])
    def test_a_damaged_one_is_named_and_what_to_do(self, damage: str) -> None:
        path = save_learnt(model())
        (weights,) = learnt_folder().glob("*.npy")
        if damage == "weights":
            weights.write_bytes(weights.read_bytes()[:-1] + b"x")
        elif damage == "gone":
            weights.unlink()
        elif damage == "deep":
            path.write_text("[" * 100_000)
        elif damage == "nan":
            nan = Regression(np.full((3, SIZE), np.nan, np.float32), np.zeros(3, np.float32), 2)
            save_learnt(replace(model(), regression=nan))
        elif damage == "text":
            path.write_bytes(b"\xff\xfe nonsense")
        else:
            card = json.loads(path.read_text())
            card |= {"genres": {}} if damage == "shape" else {"embedding": {"size": 3}}
            path.write_text(json.dumps(card))
        with pytest.raises(ModelError, match=r"mine\.json: .*audiotag learn --name mine") as caught:
            load_learnt("mine")
        assert "\n" not in str(caught.value)

    def test_a_folder_that_cannot_be_written_is_named(self, data: Path) -> None:
        data.write_text("a file")
        with pytest.raises(ModelError, match=r"mine\.json: cannot be written"):
            save_learnt(model())


class TestNames:
    def test_a_learnt_name_stands_for_the_network_and_it(self) -> None:
        save_learnt(model(load_card().identity))
        opened = open_model("mine")
        assert opened.card == load_card()
        assert (opened.learnt is not None, opened.note) == (True, "")

    def test_after_the_network_changed_it_says_so(self) -> None:
        save_learnt(model("resnet50-000000000000"))
        opened = open_model("mine")
        assert (opened.learnt, opened.card) == (None, load_card())
        assert "audiotag learn --update --name mine" in opened.note

    def test_a_network_keeps_its_name_or_card_file(self, made_model: MadeModel) -> None:
        identity = load_card(str(made_model.card_file)).identity
        assert network_named(identity, ["resnet50", str(made_model.card_file)]) == str(made_model.card_file)
        assert network_named("gone-1", ["resnet50", "none"]) is None
        save_learnt(model(identity, str(made_model.card_file)))
        assert network_named(identity, ["mine"]) == str(made_model.card_file)


class TestSeenLibrary:
    def test_tracks_and_model_are_the_learnt_one_s_and_what_is_stored_stays(self, tmp_path: Path) -> None:
        db = fill(tmp_path / "library.db", [heard(0)])
        save_learnt(model())
        with open_seen(db, "mine", write=False) as store:
            (track,) = store.tracks()
            assert track.ranked()[0][0] == "Krautrock"
            assert store.latest_model() == model().stored
        with Store(db, write=False) as store:
            assert store.latest_model() == MODEL

    def test_one_that_is_written_knows_the_model_for_its_journal(self, tmp_path: Path) -> None:
        db = fill(tmp_path / "library.db", [heard(0)])
        with SeenStore(db, write=True, learnt=model()) as store:
            rows = store.execute("SELECT identity FROM models ORDER BY id")
            assert [identity for (identity,) in rows] == [MODEL.identity, model().identity]
        with Store(db, write=False) as store:
            assert store.latest_model() == MODEL, "the network's answers are still the last that were stored"

    def test_a_library_that_another_network_heard_is_refused(self, tmp_path: Path) -> None:
        db = fill(tmp_path / "library.db", [heard(0)])
        save_learnt(model("older-1"))
        with pytest.raises(ModelError, match="learn --update --name mine"):
            open_seen(db, "mine", write=True)
        Store(db, write=True).close()  # nobody holds it

    def test_no_model_at_all(self, tmp_path: Path) -> None:
        db = fill(tmp_path / "library.db", [heard(0)])
        with pytest.raises(ModelError, match="no model 'nonsense'"):
            open_seen(db, "nonsense", write=False)
