"""OpenVINO says almost what ONNX Runtime says; where it is not installed, that is said in a line."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from audiotag.errors import EngineError
from audiotag.model.card import ModelCard, load_card
from audiotag.model.engines import open_engine
from tests.helpers.models import MadeModel
from tests.model.test_engines import windows


@pytest.fixture
def card(made_model: MadeModel) -> ModelCard:
    return load_card(str(made_model.card_file))


def test_without_it(card: ModelCard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(EngineError, match=r"pip install 'audiotag\[openvino\]'"):
        open_engine(card, "openvino", 4)


def test_one_that_does_not_load(card: ModelCard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library of the system is missing, say: by itself it is a line, and `auto` does without."""
    (tmp_path / "openvino").mkdir()
    (tmp_path / "openvino/__init__.py").write_text("raise ImportError('libtbb.so.12: cannot open')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "openvino", raising=False)
    with pytest.raises(EngineError, match=r"OpenVINO cannot open it \(.*libtbb"):
        open_engine(card, "openvino", 4)
    assert open_engine(card, "auto", 4).name.startswith("onnx")


class TestWhereItIsInstalled:
    @pytest.fixture(autouse=True)
    def installed(self) -> None:
        pytest.importorskip("openvino")

    def test_it_agrees_with_onnx(self, card: ModelCard) -> None:
        """In bfloat16, where the CPU has it: 8 bits of each number."""
        given = windows(card, 7)
        exact, fast = (open_engine(card, name, 4).predict(given) for name in ("onnx", "openvino"))
        np.testing.assert_allclose(fast.probabilities, exact.probabilities, atol=0.02)
        np.testing.assert_allclose(fast.embedding, exact.embedding, rtol=0.05, atol=0.05)

    def test_a_later_batch_leaves_an_earlier_one_s_answers_alone(self, card: ModelCard) -> None:
        given = windows(card, 6)
        engine = open_engine(card, "openvino", 2)
        whole = engine.predict(given)
        for start in (0, 2, 4):
            part = engine.predict(given[start : start + 2])
            np.testing.assert_array_equal(part.embedding, whole.embedding[start : start + 2])

    def test_what_it_says_names_the_file(self, card: ModelCard) -> None:
        engine = open_engine(card, "openvino", 2)
        with pytest.raises(EngineError, match=r"made\.onnx: OpenVINO cannot run it"):
            engine.predict(np.zeros((1, 3, 4), np.uint8))

    def test_on_the_shipped_model(self) -> None:
        shipped = load_card()
        given = windows(shipped, 3)
        exact, fast = (open_engine(shipped, name, 4).predict(given) for name in ("onnx", "openvino"))
        one, other = exact.embedding, fast.embedding
        lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
        assert ((one * other).sum(axis=1) / lengths).min() > 0.98
        np.testing.assert_allclose(
            shipped.calibrated(fast.probabilities, 1), shipped.calibrated(exact.probabilities, 1), atol=0.05
        )
