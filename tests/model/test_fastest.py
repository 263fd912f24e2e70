"""The fastest engine is found by measuring, once on a machine; what cannot be kept is measured again."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from audiotag.errors import EngineError
from audiotag.model.card import ModelCard, ModelFile
from audiotag.model.engines import Engine, Outputs, cpu_engines, why_chosen
from audiotag.model.engines.fastest import Choice, cache_file, open_fastest
from tests.helpers.big_library import made_card

NAMES = ("onnx", "onnx-int8", "openvino")


class Working:
    """An engine that computes for so many milliseconds."""

    device = "CPU"

    def __init__(self, name: str, milliseconds: float) -> None:
        self.name, self.seconds = name, milliseconds / 1e3

    def predict(self, windows: np.ndarray) -> Outputs:
        until = time.process_time() + self.seconds
        while time.process_time() < until:
            pass
        return Outputs(*(np.zeros((len(windows), 1), np.float32),) * 3)


class Machine:
    """Engines by their milliseconds; None cannot be opened. `opened`: which were, in turn."""

    def __init__(self, **milliseconds: float | None) -> None:
        self.milliseconds = {name.replace("_", "-"): ms for name, ms in milliseconds.items()}
        self.opened: list[str] = []

    def __call__(self, name: str) -> Engine:
        self.opened.append(name)
        cost = self.milliseconds[name]
        if cost is None:
            raise EngineError(f"{name} is half installed")
        return Working(name, cost)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def card(tmp_path: Path) -> ModelCard:
    return made_card(tmp_path)


def test_the_fastest_is_taken_and_remembered(card: ModelCard) -> None:
    machine = Machine(onnx=30, onnx_int8=20, openvino=8)
    engine = open_fastest(card, NAMES, machine)
    assert engine.name == "openvino"
    assert "openvino 4.0" in why_chosen(engine)  # of a window, where two cost 8 ms
    assert machine.opened == list(NAMES)
    again = open_fastest(card, NAMES, machine)
    assert (again.name, why_chosen(again)) == ("openvino", why_chosen(engine))
    assert machine.opened == [*NAMES, "openvino"]


def test_a_little_faster_is_not_enough(card: ModelCard) -> None:
    """The network in 32 bits says most exactly what was trained."""
    assert open_fastest(card, NAMES, Machine(onnx=20, onnx_int8=19, openvino=40)).name == "onnx"


def test_one_that_does_not_open_is_no_candidate(card: ModelCard) -> None:
    engine = open_fastest(card, NAMES, Machine(onnx=20, onnx_int8=10, openvino=None))
    assert engine.name == "onnx-int8"
    assert "openvino" not in why_chosen(engine)


def test_one_that_no_longer_opens_is_measured_away(card: ModelCard) -> None:
    open_fastest(card, NAMES, Machine(onnx=20, onnx_int8=20, openvino=5))
    assert open_fastest(card, NAMES, Machine(onnx=20, onnx_int8=5, openvino=None)).name == "onnx-int8"


def test_of_two_first_runs_at_once_the_first_that_is_done_decides(card: ModelCard) -> None:
    """Two measurements may come out otherwise; one machine gives one answer."""
    first = Machine(onnx=20, onnx_int8=5, openvino=20)

    class Second(Machine):
        def __call__(self, name: str) -> Engine:
            if name == "openvino":  # the other one is done meanwhile
                open_fastest(card, NAMES, first)
            return super().__call__(name)

    assert open_fastest(card, NAMES, Second(onnx=20, onnx_int8=20, openvino=5)).name == "onnx-int8"
    (kept,) = json.loads(cache_file().read_text()).values()
    assert kept["engine"] == "onnx-int8"


def test_where_there_is_no_choice_nothing_is_measured(card: ModelCard) -> None:
    machine = Machine(onnx=20)
    engine = open_fastest(card, ("onnx",), machine)
    assert (machine.opened, why_chosen(engine)) == (["onnx"], "")
    assert not cache_file().exists()


def test_another_model_is_measured_anew(card: ModelCard) -> None:
    open_fastest(card, NAMES, Machine(onnx=20, onnx_int8=20, openvino=5))
    machine = Machine(onnx=20, onnx_int8=5, openvino=20)
    other = replace(card, files={"onnx": ModelFile("other.onnx", "f" * 64, "float16")})
    assert open_fastest(other, NAMES, machine).name == "onnx-int8"
    assert len(json.loads(cache_file().read_text())) == 2


@pytest.mark.parametrize("engine", ["openvino", "abacus"])
def test_what_is_installed_no_longer_is_not_asked_for(engine: str, card: ModelCard) -> None:
    open_fastest(card, NAMES[:2], Machine(onnx=20, onnx_int8=5))
    kept = json.loads(cache_file().read_text())
    cache_file().write_text(json.dumps({key: {"engine": engine, "took": {}} for key in kept}))
    assert open_fastest(card, NAMES[:2], Machine(onnx=20, onnx_int8=5)).name == "onnx-int8"


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "[" * 100_000, '{"a": 1}', '{"KEY": 1}', '{"KEY": {"engine": 3}}']
)
def test_a_broken_cache_costs_nothing_but_the_measurement(text: str, card: ModelCard) -> None:
    open_fastest(card, NAMES, Machine(onnx=20, onnx_int8=20, openvino=5))
    (key,) = json.loads(cache_file().read_text())
    cache_file().write_text(text.replace("KEY", key))
    machine = Machine(onnx=20, onnx_int8=20, openvino=5)
    assert open_fastest(card, NAMES, machine).name == "openvino"
    assert machine.opened == list(NAMES)
    assert json.loads(cache_file().read_text())[key]["engine"] == "openvino"


def test_nor_does_one_that_cannot_be_written(card: ModelCard, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder would be")
    for _ in range(2):
        assert open_fastest(card, NAMES, Machine(onnx=20, onnx_int8=5, openvino=9)).name == "onnx-int8"


def test_it_does_not_grow_without_end(card: ModelCard) -> None:
    entries = {str(number): {"engine": "onnx", "took": {}} for number in range(100)}
    os.makedirs(cache_file().parent)
    cache_file().write_text(json.dumps(entries))
    open_fastest(card, NAMES, Machine(onnx=20, onnx_int8=20, openvino=5))
    kept = json.loads(cache_file().read_text())
    assert len(kept) == 32
    assert list(kept)[-2] == "99"


def test_the_model_s_files_and_what_is_installed_say_which_there_are(
    card: ModelCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audiotag.extras.find_spec", lambda _: None)
    assert cpu_engines(card) == ("onnx",)
    both = replace(card, files={**card.files, "onnx-int8": ModelFile("fast.onnx", "0" * 64, "int8")})
    assert cpu_engines(both) == ("onnx", "onnx-int8")
    monkeypatch.setattr("audiotag.extras.find_spec", lambda _: object())
    assert cpu_engines(both) == NAMES


def test_the_words_of_a_choice() -> None:
    words = Choice("onnx-int8", {"onnx": 15.04, "onnx-int8": 12.0}).words
    assert words == "the fastest here, in ms of processor time a window: onnx 15.0, onnx-int8 12.0"
