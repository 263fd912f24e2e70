"""What a track's genre should become."""

from __future__ import annotations

import pytest

from audiotag.errors import UsageError
from audiotag.tags.policy import Own, Policy, Prediction, Rules, decide
from tests.tags.predicted import PREDICTED, said


@pytest.mark.parametrize(
    ("policy", "current", "new", "reason"),
    [
        (Policy.FILL, (), ("Rock",), "fill"),
        (Policy.FILL, ("Jazz",), None, "has a genre"),
        (Policy.APPEND, (), ("Rock",), "append"),
        (Policy.APPEND, ("Jazz",), ("Jazz", "Rock"), "append"),
        (Policy.APPEND, ("ROCK",), None, "already so"),
        (Policy.REPLACE, ("Jazz",), ("Rock",), "replace"),
        (Policy.REPLACE, ("Rock",), None, "already so"),
    ],
)
def test_policies(policy: Policy, current: tuple[str, ...], new: tuple[str, ...] | None, reason: str) -> None:
    decision = decide(current, PREDICTED, Rules(policy))
    assert decision.action == ("keep" if new is None else "write")
    assert decision.new == (current if new is None else new)
    assert (decision.old, decision.confidence, decision.reason) == (current, 0.8, reason)


@pytest.mark.parametrize(
    ("predicted", "rules", "reason"),
    [
        (said(), Rules(), "no prediction"),
        (said(("Rock", 0.43, 0.55)), Rules(), "below threshold 0.43 < 0.55"),
        (said(("Rock", 0.43, 0.2)), Rules(min_confidence=0.55), "below threshold 0.43 < 0.55"),
        (said(("Rock", 0.5499, 0.55)), Rules(), "below threshold 0.5499 < 0.5500"),
        (said(("Pop", 0.3, 0.7), ("Rock", 0.4, 0.6)), Rules(), "below threshold 0.40 < 0.60"),
        (said(("Rock", 0.9)), Rules(genre_map={"rock": ()}), "silenced by the map"),
        (said(("Rock", float("nan"))), Rules(), "below threshold nan < 0.50"),
        (said(("Rock", 0.3), ("Live", 0.8, None)), Rules(), "not written by default: Live 0.80"),
    ],
)
def test_reasons_to_keep(predicted: list[Prediction], rules: Rules, reason: str) -> None:
    decision = decide((), predicted, rules)
    assert (decision.action, decision.new, decision.reason) == ("keep", (), reason)


def test_each_of_several_genres_needs_its_own_probability() -> None:
    assert decide((), PREDICTED, Rules(top=3)).new == ("Rock", "Folk")
    assert decide((), PREDICTED, Rules(top=1)).new == ("Rock",)


def test_top_counts_those_above_their_thresholds() -> None:
    predicted = said(("Rock", 0.9, 0.95), ("Live", 0.8, None), ("Folk", 0.4, 0.3), ("Pop", 0.5, 0.5))
    decision = decide((), predicted, Rules(top=3))
    assert (decision.new, decision.confidence) == (("Pop", "Folk"), 0.5)
    assert decide((), predicted, Rules()).new == ("Pop",)


def test_a_least_probability_of_the_user_s_takes_the_place_of_every_threshold() -> None:
    predicted = said(("Rock", 0.9, 0.95), ("Live", 0.8, None), ("Folk", 0.4, 0.3))
    assert decide((), predicted, Rules(top=3, min_confidence=0.5)).new == ("Rock", "Live")


def test_the_map_renames_and_splits() -> None:
    rules = Rules(top=2, genre_map={"rock": ("Rock", "Guitar"), "folk": ("guitar", "Song")})
    assert decide((), PREDICTED, rules).new == ("Rock", "Guitar", "Song")


@pytest.mark.parametrize("policy", list(Policy))
def test_an_own_genre_may_be_updated(policy: Policy) -> None:
    decision = decide(("Pop",), PREDICTED, Rules(policy), Own(wrote=("Pop",)))
    assert (decision.new, decision.reason) == (("Rock",), "own genre, updated")


def test_a_genre_changed_since_is_the_users() -> None:
    assert decide(("Pop", "x"), PREDICTED, Rules(), Own(wrote=("Pop",))).reason == "has a genre"


def test_an_update_keeps_what_the_user_had() -> None:
    own = Own(wrote=("Jazz", "Pop"), found=("Jazz",))
    assert decide(("Jazz", "Pop"), PREDICTED, Rules(Policy.APPEND), own).new == ("Jazz", "Rock")
    assert decide(("Jazz", "Pop"), PREDICTED, Rules(Policy.REPLACE), own).new == ("Rock",)


@pytest.mark.parametrize("wrong", [{"top": 0}, {"min_confidence": 1.5}, {"min_confidence": -0.1}])
def test_senseless_rules(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        Rules(**wrong)
