"""Both engines give the same answer on the same windows."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from audiotag.errors import EngineError
from audiotag.library.records import StyleOutput
from audiotag.model import engines
from audiotag.model.card import ModelCard, load_card
from audiotag.model.engines import choose_engine, note_of, open_engine, output_names, to_outputs
from audiotag.model.engines.onnx import _faults as onnx_faults
from tests.helpers.models import MadeModel


def windows(card: ModelCard, count: int) -> np.ndarray:
    """Smooth random pictures, brighter and darker, with some silence."""
    random = np.random.default_rng(5)
    coarse = random.random((count, card.frontend.bands // 4, card.frontend.frames // 6)) * 255
    fine = np.repeat(np.repeat(coarse, 4, axis=1), 6, axis=2)
    shape = (count, card.frontend.bands, card.frontend.frames)
    result = np.zeros(shape, np.uint8)
    result[:, : fine.shape[1], : fine.shape[2]] = fine
    return result


def assert_agreement(card: ModelCard, count: int) -> None:
    given = windows(card, count)
    onnx = open_engine(card, "onnx", 4).predict(given)
    tensorflow = open_engine(card, "tensorflow", 4).predict(given)
    assert onnx.probabilities.shape == (count, len(card.genres))
    assert onnx.styles.shape == (count, len(card.styles))
    for one, other in zip(onnx, tensorflow, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-3)


def test_the_engines_agree_on_a_made_model(made_model: MadeModel) -> None:
    assert_agreement(load_card(str(made_model.card_file)), 10)


def test_the_engines_agree_on_the_shipped_model() -> None:
    assert_agreement(load_card(), 6)


@pytest.mark.parametrize("engine", ["onnx", "tensorflow"])
def test_the_size_of_the_batch_does_not_matter(engine: str, made_model: MadeModel) -> None:
    card = load_card(str(made_model.card_file))
    given = windows(card, 7)
    for one, other in zip(
        open_engine(card, engine, 3).predict(given), open_engine(card, engine, 16).predict(given), strict=True
    ):
        np.testing.assert_allclose(one, other, atol=1e-5)


class Answering:
    """An engine that was opened."""

    name = "tensorflow"

    def __init__(self, device: str) -> None:
        self.device = device


class TestAuto:
    """Where TensorFlow seems to be able to use a GPU, and then whether it does."""

    @pytest.fixture
    def card(self, made_model: MadeModel) -> ModelCard:
        return load_card(str(made_model.card_file))

    @pytest.fixture(autouse=True)
    def without_openvino(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Which of several serves the CPU is test_fastest.py's."""
        monkeypatch.setattr("audiotag.model.engines.openvino.is_installed", lambda: False)

    @pytest.fixture
    def promising(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(engines, "why_no_gpu", lambda: None)

    def test_without_a_gpu(self, card: ModelCard, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(engines, "why_no_gpu", lambda: "there is no GPU")
        engine = open_engine(card, "auto", 4)
        assert (choose_engine(), engine.name, note_of(engine)) == ("onnx", "onnx", "")

    @pytest.mark.usefixtures("promising")
    def test_with_one_that_tensorflow_sees(self, card: ModelCard, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("audiotag.model.engines.tensorflow.TensorFlowEngine", lambda *_: Answering("GPU"))
        assert (choose_engine(), open_engine(card, "auto", 4).device) == ("tensorflow", "GPU")

    @pytest.mark.usefixtures("promising")
    def test_with_one_that_it_does_not_see(self, card: ModelCard) -> None:
        """This machine's own TensorFlow, on its CPU."""
        engine = open_engine(card, "auto", 4)
        assert engine.name == "onnx"
        assert "sees no GPU" in note_of(engine)
        assert "The CPU predicts" in note_of(engine)

    @pytest.mark.usefixtures("promising")
    @pytest.mark.parametrize("fault", [EngineError("not installed"), RuntimeError("CUDA\nfailed"), OSError()])
    def test_with_a_tensorflow_that_fails(
        self, fault: Exception, card: ModelCard, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object) -> None:
            raise fault

        monkeypatch.setattr("audiotag.model.engines.tensorflow.TensorFlowEngine", fail)
        engine = open_engine(card, "auto", 4)
        assert engine.name == "onnx"
        assert "TensorFlow is not used" in note_of(engine)
        assert "\n" not in note_of(engine)

    def test_what_is_asked_for_is_given(self, card: ModelCard) -> None:
        engine = open_engine(card, "tensorflow", 4)
        assert (engine.device, note_of(engine)) == ("CPU", "")


class TestWhatANetworkSays:
    """Two batches of a window each; the card has three genres and no styles."""

    @pytest.fixture
    def card(self, made_model: MadeModel) -> ModelCard:
        return load_card(str(made_model.card_file))

    def batches(self, *outputs: list[float]) -> list[list[np.ndarray]]:
        return [[np.array([output], np.float32) for output in outputs]] * 2

    def test_without_styles(self, card: ModelCard) -> None:
        said = to_outputs(self.batches([0.2, 0.3, 0.5], [4.0, 5.0]), card, "x")
        assert (said.probabilities.shape, said.embedding.shape, said.styles.shape) == ((2, 3), (2, 2), (2, 0))
        assert output_names(card) == ["probabilities", "embedding"]

    def test_with_styles_and_genres_that_do_not_sum_to_one(self, card: ModelCard) -> None:
        card = replace(card, styles=(StyleOutput("Punk", "Rock", 0.5),))
        said = to_outputs(self.batches([0.9, 0.0, 1.0001], [4.0], [0.25]), card, "x")
        assert said.probabilities.max() == 1
        assert said.styles.tolist() == [[0.25], [0.25]]
        assert output_names(card) == ["probabilities", "embedding", "styles"]

    def test_what_the_card_does_not_name_is_refused(self, card: ModelCard) -> None:
        with pytest.raises(EngineError, match="knows 2 genres, its card 3"):
            to_outputs(self.batches([0.5, 0.5], [1.0]), card, "x")
        with pytest.raises(EngineError, match="knows 1 styles, its card 0"):
            to_outputs(self.batches([0.2, 0.3, 0.5], [1.0], [0.5]), card, "x")

    @pytest.mark.parametrize("wrong", [float("nan"), float("inf"), -0.1, 1.1])
    def test_what_is_no_probability_is_refused(self, wrong: float, card: ModelCard) -> None:
        with pytest.raises(EngineError, match="not a probability; try another --engine"):
            to_outputs(self.batches([wrong, 0.5, 0.5], [1.0]), card, "x")


def test_an_unknown_engine_is_refused(made_model: MadeModel) -> None:
    with pytest.raises(EngineError, match="auto, onnx, onnx-int8, openvino, tensorflow"):
        open_engine(load_card(str(made_model.card_file)), "abacus", 4)


def test_the_onnx_engine_loads_neither_tensorflow_nor_keras(made_model: MadeModel) -> None:
    code = (
        "import sys, numpy as np\n"
        "from audiotag.model.card import load_card; from audiotag.model.engines import open_engine\n"
        "card = load_card(sys.argv[1])\n"
        "silence = np.zeros((1, card.frontend.bands, card.frontend.frames), 'u1')\n"
        "open_engine(card, 'onnx', 2).predict(silence)\n"
        "print(sorted({'tensorflow', 'keras', 'essentia'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(made_model.card_file)], capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="reads what it has from /proc")
def test_too_little_memory_is_called_that_and_nothing_else_is_printed() -> None:
    """The shipped network takes some 100 MB; here it has 20."""
    code = (
        "import re, resource, onnxruntime\n"
        "from audiotag.errors import EngineError\n"
        "from audiotag.model.card import load_card\n"
        "from audiotag.model.engines import open_engine\n"
        "import audiotag.model.engines.onnx\n"
        "used = int(re.search(r'VmData:\\s+(\\d+)', open('/proc/self/status').read())[1]) << 10\n"
        "resource.setrlimit(resource.RLIMIT_DATA, (used + (20 << 20), resource.RLIM_INFINITY))\n"
        "try:\n"
        "    open_engine(load_card('resnet50'), 'onnx', 2)\n"
        "except EngineError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "not enough memory for the network" in done.stdout
    assert "bad_alloc" not in done.stdout
    assert done.stderr == ""


def test_what_the_runtime_says_names_the_file() -> None:
    words = r"net\.onnx: ONNX Runtime cannot open it \(bad graph\)"
    with pytest.raises(EngineError, match=words), onnx_faults(Path("net.onnx"), "open"):
        raise RuntimeError("bad graph")


def test_tensorflow_may_not_be_installed(made_model: MadeModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    said = r"tensorflow needs tensorflow: pip install 'audiotag\[gpu\]'; or use --engine onnx"
    with pytest.raises(EngineError, match=said):
        open_engine(load_card(str(made_model.card_file)), "tensorflow", 4)
