"""An evaluation counts right, on whatever genres an archive has, and draws what it counted."""

from __future__ import annotations

import csv
import io
import json
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from audiotag.errors import ArchiveError
from audiotag.model.card import ModelCard, load_card
from audiotag.training.archive import MelArchive
from audiotag.training.evaluate import Evaluation, evaluate, judge
from audiotag.training.misread import misread_columns, write_misread
from audiotag.training.plots import plot_confusion, plot_learning, plot_reliability, plot_risk_coverage
from tests.helpers.models import GENRES, SMALL, MadeModel


@pytest.fixture
def card(made_model: MadeModel) -> ModelCard:
    return load_card(str(made_model.card_file))


@pytest.fixture
def evaluation(card: ModelCard) -> Evaluation:
    random = np.random.default_rng(3)
    probabilities = random.dirichlet(np.ones(3), 90)
    return judge(probabilities, random.integers(0, 3, 90), np.arange(90), replace(card, threshold=0.6))


class OneWindow:
    """An engine that answers by the mean level of a window: loud is Rock, quiet Folk."""

    name, device = "made", "CPU"

    def predict(self, windows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        loud = (windows.mean(axis=(1, 2)) > 128).astype(float)
        return np.stack([0.9 - 0.8 * loud, np.full(len(loud), 0.1), 0.8 * loud], axis=1), np.zeros(
            (len(loud), 1)
        )


def clips(genres: list[str], levels: list[int], tracks: list[int]) -> MelArchive:
    mel = np.stack([np.full((SMALL.bands, 60), level, np.uint8) for level in levels])
    mel[:, 0, :] = 255
    split = np.full(len(genres), "test")
    return MelArchive(mel, np.array(genres), split, np.array(tracks), None)


def test_figures_per_genre_are_scikit_learn_s(evaluation: Evaluation) -> None:
    predicted = evaluation.probabilities.argmax(axis=1)
    expected = precision_recall_fscore_support(evaluation.labels, predicted)
    for i, genre in enumerate(GENRES):
        one = evaluation.per_genre[genre]
        assert (one.precision, one.recall, one.f1, one.support) == pytest.approx([e[i] for e in expected])
        assert sum(one.mistaken_for.values()) == one.support - evaluation.matrix[i, i]
    assert (evaluation.matrix == confusion_matrix(evaluation.labels, predicted)).all()


def test_json_has_what_machines_ask_for(evaluation: Evaluation) -> None:
    values = json.loads(json.dumps(evaluation.to_json()))
    assert {"top1", "top3", "macro_f1", "ece", "n", "per_genre"} <= set(values)
    assert values["n"] == 90
    answered = evaluation.confidence >= 0.6
    assert values["share_at_threshold"] == pytest.approx(answered.mean())
    assert values["precision_at_threshold"] == pytest.approx(evaluation.right[answered].mean())


def test_the_clips_of_a_track_are_averaged(card: ModelCard) -> None:
    archive = clips(["Rock", "Folk", "Rock"], [200, 200, 10], [7, 8, 7])
    found = evaluate(archive, "test", card, OneWindow())
    assert found.track_id.tolist() == [7, 8]
    np.testing.assert_allclose(found.probabilities, [[0.5, 0.1, 0.4], [0.1, 0.1, 0.8]], atol=1e-9)


def test_genres_that_the_model_lacks_are_left_out_and_those_it_need_not_all_occur(card: ModelCard) -> None:
    archive = clips(["Rock", "Jazz", "Rock"], [200, 10, 10], [1, 2, 3])
    found = evaluate(archive, "test", card, OneWindow())
    assert (found.left_out, found.figures.n, found.figures.top1) == (1, 2, 0.5)
    assert list(found.per_genre) == ["Rock"]
    assert found.per_genre["Rock"].mistaken_for == {"Folk": 1}


def test_what_cannot_be_evaluated_is_said(card: ModelCard) -> None:
    archive = clips(["Jazz"], [10], [1])
    with pytest.raises(ArchiveError, match=r"none of the model's genres .*only: Jazz"):
        evaluate(archive, "test", card, OneWindow())
    with pytest.raises(ArchiveError, match="no split 'val', only: test"):
        evaluate(archive, "val", card, OneWindow())
    with pytest.raises(ArchiveError, match="7 mel bands"):
        evaluate(replace(archive, mel=archive.mel[:, :7]), "test", card, OneWindow())


def test_misread_tracks_come_surest_first(evaluation: Evaluation) -> None:
    file = io.StringIO(newline="")
    count = write_misread(evaluation, file)
    rows = list(csv.DictReader(io.StringIO(file.getvalue())))
    assert (
        tuple(rows[0])
        == misread_columns(GENRES)
        == ("track_id", *GENRES, "label", "top1", "top3", "predicted")
    )
    assert count == len(rows) == (~evaluation.right).sum()
    tops = [max(float(row[genre]) for genre in GENRES) for row in rows]
    assert tops == sorted(tops, reverse=True)
    for row in rows:
        assert row["label"] != row["predicted"]
        assert sum(float(row[genre]) for genre in GENRES) == pytest.approx(100, abs=0.2)


def test_the_plots_are_pictures(evaluation: Evaluation, tmp_path: Path) -> None:
    history = [
        {"loss": 2.0, "val_top1": 0.3, "val_top3": 0.6},
        {"loss": 1.5, "val_top1": 0.4, "val_top3": 0.7},
    ]
    plot_confusion(evaluation, tmp_path / "confusion.png")
    plot_reliability(evaluation, tmp_path / "reliability.png")
    plot_risk_coverage(evaluation, tmp_path / "risk_coverage.png")
    plot_learning(history, tmp_path / "learning.png")
    for name in ("confusion", "reliability", "risk_coverage", "learning"):
        data = (tmp_path / f"{name}.png").read_bytes()
        assert data.startswith(b"\x89PNG")
        assert min(struct.unpack(">II", data[16:24])) > 300
