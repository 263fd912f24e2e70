"""What the TensorFlow engine does on a GPU, tried on the CPU with the same code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audiotag.errors import EngineError
from audiotag.model.card import ModelCard, load_card
from audiotag.model.engines import Outputs, batch_size_of, note_of, open_engine
from audiotag.model.engines.fastest_batch import NoMemoryError, fastest_batch
from audiotag.model.engines.gpu_or_cpu import GpuOrCpu
from audiotag.model.engines.tensorflow import Placement, TensorFlowEngine, policy_for
from tests.helpers.models import MadeModel
from tests.model.test_engines import windows

AS_ON_A_GPU = Placement("CPU:0", "mixed_float16", compiled=True)


@pytest.fixture
def card(made_model: MadeModel) -> ModelCard:
    return load_card(str(made_model.card_file))


def assert_agreement(found: Outputs, expected: Outputs, probability: float) -> None:
    np.testing.assert_allclose(found.probabilities, expected.probabilities, atol=probability)
    np.testing.assert_allclose(found.styles, expected.styles, atol=probability)
    lengths = np.linalg.norm(found.embedding, axis=1) * np.linalg.norm(expected.embedding, axis=1)
    assert ((found.embedding * expected.embedding).sum(axis=1) / lengths).min() > 0.999


class TestInSixteenBits:
    """Tolerances are those of docs/speed.md."""

    def test_float16_by_xla_agrees_with_the_cpu_s_engine(self, card: ModelCard) -> None:
        import keras

        given = windows(card, 10)
        engine = TensorFlowEngine(card, 4, AS_ON_A_GPU)
        assert_agreement(engine.predict(given), open_engine(card, "onnx", 4).predict(given), 0.002)
        assert keras.config.dtype_policy().name == "float32", "others' networks are none of its business"

    @pytest.mark.slow
    @pytest.mark.parametrize(("policy", "off"), [("mixed_float16", 0.002), ("mixed_bfloat16", 0.02)])
    def test_the_shipped_model(self, policy: str, off: float) -> None:
        card = load_card()
        given = windows(card, 12)
        engine = TensorFlowEngine(card, 6, Placement("CPU:0", policy, compiled=True))
        assert_agreement(engine.predict(given), open_engine(card, "onnx", 4).predict(given), off)

    @pytest.mark.parametrize(
        ("capability", "policy"),
        [((0, 0), "float32"), ((6, 1), "float32"), ((7, 0), "mixed_float16"), ((9, 0), "mixed_float16")],
    )
    def test_where_the_device_has_units_for_it(self, capability: tuple[int, int], policy: str) -> None:
        assert policy_for(capability) == policy


class Memory:
    """In place of a GPU's memory: a batch of more than `room` windows does not fit, though it did once."""

    def __init__(self, room: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.room, self.tried = room, list[int]()
        run = TensorFlowEngine._run

        def limited(engine: TensorFlowEngine, program: Any, part: np.ndarray) -> list[np.ndarray]:
            self.tried.append(program.size)
            call = program.call if program.size <= self.room else self.exhausted
            return run(engine, type(program)(program.size, call), part)

        monkeypatch.setattr(TensorFlowEngine, "_run", limited)

    def exhausted(self, batch: Any) -> Any:
        import tensorflow as tf

        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")


class TestOutOfMemory:
    def test_the_batch_is_halved_and_nothing_lost(
        self, card: ModelCard, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        given = windows(card, 21)
        expected = open_engine(card, "onnx", 4).predict(given)
        memory = Memory(2, monkeypatch)
        engine = TensorFlowEngine(card, 8, Placement())
        found = engine.predict(given)
        assert_agreement(found, expected, 1e-3)
        assert len(found.probabilities) == 21
        assert memory.tried == [8, 4, *[2] * 11]
        assert engine.batch_size == 2
        assert note_of(engine) == "The CPU ran out of memory: batches of 2 from here on."

    def test_there_is_no_half_of_a_window(self, card: ModelCard, monkeypatch: pytest.MonkeyPatch) -> None:
        Memory(0, monkeypatch)
        with pytest.raises(EngineError, match="does not hold the network for one window"):
            TensorFlowEngine(card, 4, Placement()).predict(windows(card, 3))

    def test_another_fault_is_named(self, card: ModelCard) -> None:
        import tensorflow as tf

        def fail(batch: Any) -> Any:
            raise tf.errors.InternalError(None, None, "CUDA_ERROR_LAUNCH_FAILED\nat some place")

        engine = TensorFlowEngine(card, 4, Placement())
        engine._program = type(engine._program)(4, fail)
        with pytest.raises(EngineError, match="TensorFlow failed on the CPU: CUDA_ERROR_LAUNCH_FAILED"):
            engine.predict(windows(card, 3))

    def test_a_size_that_was_asked_for_is_halved_on_opening(
        self, card: ModelCard, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Memory(2, monkeypatch)
        engine = TensorFlowEngine(card, 4, Placement("CPU:0", "mixed_float16"))
        assert engine.batch_size == 2
        assert "batches of 2" in note_of(engine)


def test_where_xla_fails_it_does_without(card: ModelCard, monkeypatch: pytest.MonkeyPatch) -> None:
    run = TensorFlowEngine._run

    def without_xla(engine: TensorFlowEngine, program: Any, part: np.ndarray) -> list[np.ndarray]:
        if engine._placement.compiled:
            raise EngineError("libdevice not found")
        return run(engine, program, part)

    monkeypatch.setattr(TensorFlowEngine, "_run", without_xla)
    engine = TensorFlowEngine(card, 4, AS_ON_A_GPU)
    given = windows(card, 5)
    assert_agreement(engine.predict(given), open_engine(card, "onnx", 4).predict(given), 0.002)
    assert note_of(engine).startswith("XLA does not work here; without it the CPU is slower: libdevice")


def test_a_tensorflow_that_cannot_be_opened_is_a_line(
    card: ModelCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no kernel image\nfor this device")

    monkeypatch.setattr("audiotag.model.engines.tensorflow.TensorFlowEngine", fail)
    with pytest.raises(EngineError, match=r"cannot be opened \(no kernel image.*; use --engine onnx"):
        open_engine(card, "tensorflow", 4)


class TestTheSizeOfTheBatch:
    """rate() of a size, from a table of seconds to make ready and windows a second."""

    @staticmethod
    def found(*table: tuple[float, float] | None, seconds: float = 15) -> tuple[int, list[int]]:
        now, asked = [0.0], list[int]()
        left: Iterator[tuple[float, float] | None] = iter(table)

        def rate(size: int) -> float:
            asked.append(size)
            entry = next(left)
            if entry is None:
                raise NoMemoryError("full")
            now[0] += entry[0]
            return entry[1]

        return fastest_batch(rate, seconds, lambda: now[0]), asked

    def test_as_large_as_it_pays(self) -> None:
        assert self.found((1, 100), (1, 150), (1, 155), (1, 900)) == (64, [32, 64, 128])

    def test_as_large_as_there_is_time_for(self) -> None:
        assert self.found((4, 100), (4, 200), (4, 400), (4, 800), (4, 1600)) == (128, [32, 64, 128])
        assert self.found((20, 100)) == (32, [32])

    def test_as_large_as_memory_holds(self) -> None:
        assert self.found((1, 100), (1, 200), None) == (64, [32, 64, 128])
        assert self.found(None, None, (1, 10)) == (8, [32, 16, 8])
        with pytest.raises(NoMemoryError):
            self.found(*[None] * 6)

    def test_it_is_measured_where_none_is_given(
        self, card: ModelCard, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("audiotag.model.engines.fastest_batch._SIZES", (4, 8))
        memory = Memory(4, monkeypatch)
        engine = TensorFlowEngine(card, 0, Placement("CPU:0", "mixed_float16"))
        assert set(memory.tried) == {4, 8}
        assert batch_size_of(engine) == 4
        assert batch_size_of(engine, asked=7) == 7


class Dying:
    """A GPU that works for so many calls."""

    name, device, batch_size = "tensorflow", "GPU", 4

    def __init__(self, calls: int, fault: Exception, card: ModelCard) -> None:
        self.calls, self.fault = calls, fault
        self.engine = open_engine(card, "onnx", 4)

    def predict(self, windows: np.ndarray) -> Outputs:
        self.calls -= 1
        if self.calls < 0:
            raise self.fault
        return self.engine.predict(windows)


@pytest.mark.parametrize("fault", [EngineError("CUDA failed"), RuntimeError("CUDA failed"), OSError()])
def test_a_gpu_that_dies_is_replaced_by_the_cpu(fault: Exception, card: ModelCard) -> None:
    opened = []

    def open_cpu() -> Any:
        opened.append(1)
        return open_engine(card, "onnx", 0)

    engine = GpuOrCpu(Dying(1, fault, card), open_cpu)
    given = windows(card, 4)
    assert (engine.device, batch_size_of(engine), note_of(engine)) == ("GPU", 4, "")
    first, second, third = (engine.predict(given) for _ in range(3))
    assert_agreement(second, first, 1e-5)
    assert_agreement(third, first, 1e-5)
    assert (engine.name, engine.device, opened) == ("onnx", "CPU", [1])
    words = str(fault) or "OSError"
    assert note_of(engine) == f"The GPU failed: {words}. ONNX Runtime goes on, on the CPU."


def test_where_the_cpu_fails_too_both_are_named(card: ModelCard) -> None:
    def open_cpu() -> Any:
        raise EngineError("no runtime")

    engine = GpuOrCpu(Dying(0, RuntimeError("CUDA failed"), card), open_cpu)
    with pytest.raises(EngineError, match=r"the GPU failed \(CUDA failed\), and so does the CPU: no runtime"):
        engine.predict(windows(card, 1))


def test_a_gpu_whose_answers_are_no_numbers_is_replaced(card: ModelCard, tmp_path: Path) -> None:
    """As of a network that does not fit into 16 bits."""
    engine = TensorFlowEngine(card, 4, Placement())
    run = engine._program.call
    engine._program = type(engine._program)(4, lambda batch: [one * np.nan for one in run(batch)])
    given = windows(card, 3)
    both = GpuOrCpu(engine, lambda: open_engine(card, "onnx", 0))
    assert np.isfinite(both.predict(given).probabilities).all()
    assert "not a probability" in note_of(both)
