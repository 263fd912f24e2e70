"""What lies beside a training run: it goes on where it stood, and nothing of another run is believed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from audiotag.errors import ArchiveError
from audiotag.training.learning.checkpoint import Checkpoint, Progress


def network(seed: int) -> keras.Model:
    """A small one that has learnt something: its optimizer is not at the beginning either."""
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2), keras.layers.Dropout(0.5)])
    model.compile(keras.optimizers.Adam(0.1), "mse")
    random = np.random.default_rng(seed)
    model.fit(random.random((8, 3)), random.random((8, 2)), verbose=0)
    return model


def state(model: keras.Model) -> list[np.ndarray]:
    return [np.asarray(one) for one in (*model.variables, *model.optimizer.variables)]


@pytest.fixture
def point(tmp_path: Path) -> Checkpoint:
    return Checkpoint(tmp_path / "run.npz", {"recipe": {"seed": 1}, "data": ["a.npz"]})


def test_all_that_changes_in_training_comes_back(point: Checkpoint) -> None:
    assert not point.begun()
    one, other = network(1), network(2)
    progress = Progress([{"loss": 0.5}], 12.5)
    progress.add([np.full(2, 3.0)])
    progress.add([np.full(2, 4.0)])
    point.save(one, progress)
    assert point.begun()
    found = point.load(other)
    for here, there in zip(state(other), state(one), strict=True):
        np.testing.assert_array_equal(here, there)
    assert (found.history, found.minutes, found.averaged) == ([{"loss": 0.5}], 12.5, 2)
    np.testing.assert_array_equal(found.average, [[7.0, 7.0]])


def test_another_run_s_is_refused(point: Checkpoint) -> None:
    point.save(network(1), Progress())
    other = replace(point, run={**point.run, "data": ["b.npz"]})
    with pytest.raises(ArchiveError, match="from a run with another recipe, data or initial weights"):
        other.begun()
    with pytest.raises(ArchiveError, match=r"unfinished run: add --resume to go on with it"):
        point.begin()
    point.remove()
    assert not point.begun()


class TestViews:
    """What the untouched trunk makes of the clips is made once."""

    @pytest.fixture
    def made(self) -> list[int]:
        return []

    @pytest.fixture
    def make(self, made: list[int]) -> Callable[[], np.ndarray]:
        def make() -> np.ndarray:
            made.append(len(made))
            return np.full((2, 3), len(made), np.float16)

        return make

    def test_it_is_kept_for_a_run_that_goes_on(
        self, point: Checkpoint, make: Callable[[], np.ndarray], made: list[int]
    ) -> None:
        first = point.view(1, make, resume=True)
        np.testing.assert_array_equal(point.view(1, make, resume=True), first)
        assert made == [0]
        point.view(2, make, resume=True)
        point.view(1, make, resume=False)
        assert made == [0, 1, 2]

    def test_what_is_cut_short_or_another_run_s_is_made_anew(
        self, point: Checkpoint, make: Callable[[], np.ndarray], made: list[int]
    ) -> None:
        point.view(1, make, resume=True)
        replace(point, run={"recipe": "another"}).view(1, make, resume=True)
        (kept,) = point.path.parent.iterdir()
        kept.write_bytes(kept.read_bytes()[:100])
        point.view(1, make, resume=True)
        assert made == [0, 1, 2]

    def test_it_goes_with_the_run(self, point: Checkpoint, make: Callable[[], np.ndarray]) -> None:
        point.view(1, make, resume=True)
        point.view(2, make, resume=True)
        point.begin()
        assert list(point.path.parent.iterdir()) == []
