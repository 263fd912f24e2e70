"""What the network loses by a wrong answer, and which heads learn beside the genre's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from audiotag.model.network import build_network
from audiotag.training.learning.student import Teachers, compile_student, possible_cross_entropy, student_of
from audiotag.training.learning.targets import TrainingSet
from audiotag.training.recipe import Phase
from tests.training.stripes import RECIPE, SPEC, several, stripes


def loss(genre: np.ndarray, possible: np.ndarray, logits: np.ndarray, smoothing: float) -> np.ndarray:
    target = np.concatenate([genre, possible], axis=1).astype(np.float32)
    return np.asarray(possible_cross_entropy(smoothing)(target, logits.astype(np.float32)))


def by_hand(genre: np.ndarray, possible: np.ndarray, logits: np.ndarray, smoothing: float) -> float:
    """Of one clip: the cross-entropy over its possible genres alone."""
    own = np.flatnonzero(possible)
    likely = np.exp(logits[own]) / np.exp(logits[own]).sum()
    wanted = (1 - smoothing) * genre[own] + smoothing / len(own)
    return float(-(wanted * np.log(likely)).sum())


class TestLoss:
    @pytest.mark.parametrize("smoothing", [0.0, 0.1])
    def test_it_is_the_cross_entropy_among_the_possible_genres(self, smoothing: float) -> None:
        random = np.random.default_rng(3)
        logits = random.normal(0, 3, (6, 5))
        possible = np.array([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0], [0, 1, 1, 0, 1]] * 2)
        genre = np.eye(5)[[4, 0, 2, 3, 1, 4]]
        expected = [by_hand(*each, smoothing=smoothing) for each in zip(genre, possible, logits, strict=True)]
        np.testing.assert_allclose(loss(genre, possible, logits, smoothing), expected, rtol=1e-4)

    def test_what_the_collection_does_not_know_has_no_part(self) -> None:
        """However sure the network is of it."""
        genre, possible = np.eye(3)[[0]], np.array([[1, 1, 0]])
        costs = [loss(genre, possible, np.array([[1.0, 0.0, sure]]), 0.1)[0] for sure in (-50, 0, 50)]
        np.testing.assert_allclose(costs, costs[0], rtol=1e-5)

    def test_a_clip_without_a_genre_costs_nothing(self) -> None:
        nothing = np.zeros((2, 3))
        possible = np.array([[1, 1, 0], [0, 0, 0]])
        assert loss(nothing, possible, np.array([[5.0, 1.0, -9.0]] * 2), 0.1).tolist() == [0, 0]

    def test_of_two_clips_that_are_blended_either_s_genres_are_possible(self) -> None:
        """As mixup blends them, three to one."""
        genre, possible = np.array([[0.75, 0, 0.25]]), np.array([[1, 0.75, 0.25]])
        logits = np.array([[1.0, 0.0, 2.0]])
        likely = np.exp(logits) / np.exp(logits).sum()
        expected = -(0.75 * np.log(likely[0, 0]) + 0.25 * np.log(likely[0, 2]))
        np.testing.assert_allclose(loss(genre, possible, logits, 0.0), [expected], rtol=1e-4)


def test_what_no_clip_has_no_layer_learns() -> None:
    corpus = stripes()
    plain = corpus.learnt().targets
    assert Teachers.of(replace(plain, has_vggish=0 * plain.has_vggish)) == Teachers(None, None)
    teachers = Teachers.of(several().learnt().targets)
    assert teachers.vggish is not None
    assert teachers.tags is not None
    assert (teachers.vggish.units, teachers.tags.units) == (128, 3)


def test_both_phases_teach_the_same_layers() -> None:
    """The second goes on where the first has stopped."""
    clips: TrainingSet = several().learnt()
    network, teachers = build_network(replace(SPEC, genres=3)), Teachers.of(clips.targets)
    whole, part = (student_of(network, start, teachers) for start in (None, "pooled"))
    assert list(whole.output) == list(part.output) == ["genre", "vggish", "tags"]
    assert part.input.shape == (None, 1024)
    assert {id(variable) for variable in part.variables} <= {id(variable) for variable in whole.variables}


def test_each_teacher_counts_as_the_recipe_says() -> None:
    """The loss of a network whose answers are all 0, of a clip that stands one deviation off everywhere."""
    network = build_network(replace(SPEC, arch="convpool"))
    student = student_of(network, "hidden", Teachers.of(several().learnt().targets))
    student.set_weights([np.zeros_like(weight) for weight in student.get_weights()])
    recipe = replace(RECIPE, distillation=0.5, tags=3.0, label_smoothing=0.0)
    compile_student(student, Phase(epochs=1, rate=1e-3, batch=1), recipe, steps=2)
    wanted = {"genre": [[1, 0, 1, 1]], "vggish": np.ones((1, 128)), "tags": np.ones((1, 3))}
    loss_of = student.evaluate(
        np.zeros((1, 16)),
        {name: np.array(value) for name, value in wanted.items()},
        verbose=0,
        return_dict=True,
    )
    assert loss_of["loss"] == pytest.approx(np.log(2) + 0.5 + 3.0, rel=1e-5)
