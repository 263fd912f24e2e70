"""The steps of 8 bits that fit a tensor's values best."""

from __future__ import annotations

import numpy as np
import pytest

from audiotag.model.int8.ranges import Seen, Steps, best_steps


def seen(values: np.ndarray) -> Seen:
    """Of a tensor with one channel."""
    flat = np.asarray(values, np.float32)
    return Seen(flat.min(keepdims=True), flat.max(keepdims=True), flat, np.zeros(len(flat), int))


def error(values: np.ndarray, steps: Steps) -> float:
    whole = np.clip(np.rint(values / steps.scale) + int(steps.zero), 0, 255)
    return float(np.mean(((whole - int(steps.zero)) * steps.scale - values) ** 2))


def test_even_values_get_the_whole_range() -> None:
    values = np.linspace(0, 10, 5_000)
    assert best_steps(seen(values), None) == (pytest.approx(10 / 255), 0)


def test_a_lonely_large_value_is_cut_off() -> None:
    values = np.append(np.abs(np.random.default_rng(1).normal(size=400_000)), 12.0)
    steps = best_steps(seen(values), None)
    assert steps.scale * 255 < 9
    assert error(values, steps) < error(values, Steps(np.float32(12 / 255), np.uint8(0)))


def test_values_below_0_move_the_zero() -> None:
    steps = best_steps(seen(np.linspace(-1, 3, 5_000)), None)
    assert steps.zero == pytest.approx(64, abs=2)


def test_each_channel_is_seen_by_its_factor() -> None:
    values = np.array([1.0, 100.0] * 3_000, np.float32)
    both = Seen(np.zeros(2), np.array([1.0, 100.0]), values, np.array([0, 1] * 3_000))
    assert best_steps(both, np.array([10.0, 0.1])).scale == pytest.approx(10 / 255)


def test_nothing_but_zeros() -> None:
    assert best_steps(seen(np.zeros(10)), None).scale > 0
