"""A card is checked when it is read, and its files when they are used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audiotag.errors import ModelError
from audiotag.library.records import StyleOutput
from audiotag.model.calibration import Platt, SongPower
from audiotag.model.card import DEFAULT_MODEL, load_card, weights_folder, write_card
from tests.helpers.models import MadeModel


def changed(card_file: Path, folder: Path, **changes: Any) -> Path:
    values = json.loads(card_file.read_text())
    values.update(changes)
    path = folder / "changed.json"
    path.write_text(json.dumps(values))
    return path


def test_a_card_is_read_back_as_it_was_written(made_model: MadeModel, tmp_path: Path) -> None:
    card = load_card(str(made_model.card_file))
    assert card.genres == made_model.genres
    again = write_card(card)
    assert load_card(str(again)) == card


def test_the_shipped_model_is_whole() -> None:
    card = load_card()
    assert card.name == DEFAULT_MODEL
    assert card.network_file("onnx").is_file()
    assert any(card.thresholds)
    assert all(threshold is None or 0 < threshold < 1 for threshold in card.thresholds)
    assert all(style.parent in card.genres for style in card.styles)
    assert set(card.genres) == {genre for genres in card.collections.values() for genre in genres}
    assert sum(file.stat().st_size for file in weights_folder().iterdir()) < 100e6


def test_a_genre_has_a_calibration_and_perhaps_a_threshold(made_model: MadeModel, tmp_path: Path) -> None:
    genres: dict[str, Any] = {
        "Rock": {"slope": 2.0, "offset": 0.5, "threshold": 0.6},
        "Jazz": {"slope": 1, "offset": 0, "threshold": None},
    }
    styles = {"Punk": {"parent": "Rock", "threshold": 0.3}}
    card = load_card(str(changed(made_model.card_file, tmp_path, genres=genres, styles=styles)))
    assert (card.genres, card.thresholds) == (("Rock", "Jazz"), (0.6, None))
    assert card.outputs[0].scaling == Platt(2.0, 0.5)
    assert card.styles == (StyleOutput("Punk", "Rock", 0.3),)
    np.testing.assert_allclose(card.calibrated(np.array([0.5, 0.5]), 1), [1 / (1 + np.exp(-0.5)), 0.5])
    # Only what changes an answer changes the identity.
    genres["Rock"]["threshold"] = 0.7
    again = load_card(str(changed(made_model.card_file, tmp_path, genres=genres, styles=styles)))
    assert again.identity == card.identity
    genres["Rock"]["slope"] = 2.5
    assert load_card(str(changed(made_model.card_file, tmp_path, genres=genres))).identity != card.identity


def test_a_card_may_say_how_sure_a_whole_song_is_made(made_model: MadeModel, tmp_path: Path) -> None:
    song = {"windows": 2, "power": 2.0}
    card = load_card(str(changed(made_model.card_file, tmp_path, song=song)))
    assert card.song == SongPower(2, 2.0)
    mean = np.full(len(card.genres), 0.1)
    mean[0] = 0.8
    clip, whole = (card.calibrated(np.tile(mean, (2, 1)), np.array([2, 6]))[:, 0]).tolist()
    assert whole > clip
    assert load_card(str(write_card(card))) == card


def test_a_card_from_before_leaves_songs_as_they_are_and_keeps_its_identity(
    made_model: MadeModel, tmp_path: Path
) -> None:
    values = json.loads(made_model.card_file.read_text())
    values.pop("song", None)
    path = tmp_path / "older.json"
    path.write_text(json.dumps(values))
    older = load_card(str(path))
    assert older.song == SongPower()
    same = load_card(str(changed(path, tmp_path, song={"windows": 2, "power": 1.0})))
    assert same.identity == older.identity
    other = load_card(str(changed(path, tmp_path, song={"windows": 2, "power": 1.5})))
    assert other.identity != older.identity


def test_a_style_needs_its_parent(made_model: MadeModel, tmp_path: Path) -> None:
    styles = {"House": {"parent": "Electronic", "threshold": 0.3}}
    path = changed(made_model.card_file, tmp_path, styles=styles)
    with pytest.raises(ModelError, match="House's parent Electronic"):
        load_card(str(path))


def test_a_style_s_name_can_be_told_from_a_list_of_them(made_model: MadeModel, tmp_path: Path) -> None:
    styles = {"Punk; Oi": {"parent": "Rock", "threshold": 0.3}}
    with pytest.raises(ModelError, match="style 'Punk; Oi'"):
        load_card(str(changed(made_model.card_file, tmp_path, styles=styles)))


def test_an_older_card_says_what_to_do(made_model: MadeModel, tmp_path: Path) -> None:
    path = changed(made_model.card_file, tmp_path, temperature=0.8, threshold=0.5, genres=["Rock"])
    with pytest.raises(ModelError, match="train it again"):
        load_card(str(path))


def test_an_unknown_model_names_those_there_are() -> None:
    with pytest.raises(ModelError, match=f"no model 'nonsense'.*{DEFAULT_MODEL}"):
        load_card("nonsense")


def test_a_damaged_network_file_is_found_out(made_model: MadeModel, tmp_path: Path) -> None:
    for file in made_model.card_file.parent.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    card = load_card(str(tmp_path / made_model.card_file.name))
    onnx = card.network_file("onnx")
    data = bytearray(onnx.read_bytes())
    data[len(data) // 2] ^= 1
    onnx.write_bytes(data)
    with pytest.raises(ModelError, match="damaged"):
        card.network_file("onnx")
    onnx.unlink()
    with pytest.raises(ModelError, match="No such file"):
        card.network_file("onnx")


def test_a_network_file_of_another_kind_is_not_there(made_model: MadeModel) -> None:
    with pytest.raises(ModelError, match="has no keras file"):
        load_card(str(made_model.card_file)).network_file("keras")


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"name": "x"}'])
def test_what_is_no_card_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    path.write_text(text)
    with pytest.raises(ModelError, match="not a model card"):
        load_card(str(path))


def test_a_card_with_a_senseless_front_end_is_refused(made_model: MadeModel, tmp_path: Path) -> None:
    path = changed(made_model.card_file, tmp_path, frontend={"n_fft": 2048})
    with pytest.raises(ModelError, match="front-end"):
        load_card(str(path))


def test_the_identity_changes_with_the_weights(made_model: MadeModel, tmp_path: Path) -> None:
    values = json.loads(made_model.card_file.read_text())
    values["files"]["onnx"]["sha256"] = "0" * 64
    path = changed(made_model.card_file, tmp_path, files=values["files"])
    assert load_card(str(path)).identity != load_card(str(made_model.card_file)).identity
