"""What a track's genre should become."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiotag.errors import UsageError
from audiotag.tags.policy import Own, Policy, Rules, decide
from audiotag.tags.sameness import is_placeholder, sameness

PREDICTED = [("Rock", 0.8), ("Folk", 0.6), ("Pop", 0.1)]

names = st.sampled_from(["Rock", "rock", "Folk", "Pop", "Hip-Hop", "hip hop", "Rock; Folk", "Ärger"])
placeholders = st.sampled_from(["Unknown", "<unknown>", "OTHER", "-", "(255)"])
genre_lists = st.lists(names | placeholders, max_size=4, unique=True).map(tuple)
predictions = st.lists(st.tuples(names, st.floats(0, 1)), max_size=6, unique_by=lambda pair: pair[0])
maps = st.dictionaries(
    names.map(str.casefold), st.lists(names | placeholders, max_size=3).map(tuple), max_size=3
)
counting_as_none = st.sampled_from((Rules().placeholders, frozenset[str]()))
rule_sets = st.builds(
    Rules, st.sampled_from(Policy), st.integers(1, 3), st.floats(0, 1), maps, counting_as_none
)
owns = st.none() | st.builds(Own, genre_lists, genre_lists)


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
        ([], Rules(), "no prediction"),
        ([("Rock", 0.43)], Rules(min_confidence=0.55), "below threshold 0.43 < 0.55"),
        ([("Rock", 0.5499)], Rules(min_confidence=0.55), "below threshold 0.5499 < 0.5500"),
        ([("Rock", 0.9)], Rules(genre_map={"rock": ()}), "silenced by the map"),
        ([("Rock", float("nan"))], Rules(), "below threshold nan < 0.50"),
    ],
)
def test_reasons_to_keep(predicted: list[tuple[str, float]], rules: Rules, reason: str) -> None:
    decision = decide((), predicted, rules)
    assert (decision.action, decision.new, decision.reason) == ("keep", (), reason)


def test_each_of_several_genres_needs_its_own_probability() -> None:
    assert decide((), PREDICTED, Rules(top=3)).new == ("Rock", "Folk")
    assert decide((), PREDICTED, Rules(top=1)).new == ("Rock",)


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


@pytest.mark.parametrize(
    "text",
    [
        "Unknown", "<Unknown>", "UNKNOWN GENRE", "[no genre]", "other", "Misc.", " none ", "-", "(255)",
        "Other; Unknown", "unknown/none", "Misc, Other",
    ],
)  # fmt: skip
@pytest.mark.parametrize("policy", list(Policy))
def test_a_placeholder_is_no_genre_and_makes_way_for_one(text: str, policy: Policy) -> None:
    assert decide((text,), PREDICTED, Rules(policy)).new == ("Rock",)
    assert decide((text,), [("Rock", 0.1)], Rules(policy)).new == (text,)


def test_beside_a_real_genre_a_placeholder_changes_nothing() -> None:
    assert decide(("Unknown", "Jazz"), PREDICTED, Rules()).reason == "has a genre"
    assert decide(("Unknown", "Jazz"), PREDICTED, Rules(Policy.APPEND)).new == ("Jazz", "Rock")
    assert decide(("Unknown", "Rock"), PREDICTED, Rules(Policy.APPEND)).reason == "already so"


@pytest.mark.parametrize(
    "text",
    ["Others' Folk", "Unknown Pleasures", "No Wave", "Miscellany", "Alternative", "Other; Jazz", "; ", ""],
)
def test_what_only_looks_like_a_placeholder_is_the_users(text: str) -> None:
    assert decide((text,), PREDICTED, Rules()).reason == "has a genre"


def test_which_texts_are_placeholders_is_the_users_to_say() -> None:
    assert decide(("Unknown",), PREDICTED, Rules(placeholders=())).reason == "has a genre"
    assert decide(("to do",), PREDICTED, Rules(placeholders={sameness("To-do")})).new == ("Rock",)


@pytest.mark.parametrize(
    "text",
    [
        "Rock; Folk", "Folk;Rock", "Rock, Folk", "Rock / Folk", "Pop/Rock", "Folk|Rock", "Folk\\\\Rock",
        "Folk\\Rock", "ROCK;Folk", "Folk ; rock ;", "Jazz, Rock",
    ],
)  # fmt: skip
def test_a_genre_in_a_joined_text_is_not_added_again(text: str) -> None:
    assert decide((text,), PREDICTED, Rules(Policy.APPEND)).reason == "already so"


@pytest.mark.parametrize(
    ("text", "genre"),
    [
        ("Folk, World, & Country", "Folk"),
        ("Rock and Roll", "Rock"),
        ("Rock & Roll", "Rock"),
        ("Drum & Bass", "Bass"),
        ("R&B", "R"),
        ("Indie Rock", "Rock"),
        ("Folk-Rock", "Rock"),
    ],
)
def test_a_genre_within_another_s_name_is_another(text: str, genre: str) -> None:
    assert decide((text,), [(genre, 0.9)], Rules(Policy.APPEND)).new == (text, genre)


@pytest.mark.parametrize(
    ("text", "genre"),
    [("Hip Hop", "Hip-Hop"), ("hip-hop", "Hip-Hop"), ("HipHop", "Hip-Hop"), ("Drum and Bass", "Drum & Bass")],
)
def test_spellings_of_one_genre(text: str, genre: str) -> None:
    assert decide((text,), [(genre, 0.9)], Rules(Policy.APPEND)).reason == "already so"
    assert decide((text + "; Jazz",), [(genre, 0.9)], Rules(Policy.APPEND)).reason == "already so"


@pytest.mark.parametrize("wrong", [{"top": 0}, {"min_confidence": 1.5}, {"min_confidence": -0.1}])
def test_senseless_rules(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        Rules(**wrong)


@given(genre_lists, predictions, rule_sets, owns)
def test_laws(
    current: tuple[str, ...], predicted: list[tuple[str, float]], rules: Rules, own: Own | None
) -> None:
    decision = decide(current, predicted, rules, own)
    assert decision.old == current
    assert (decision.action == "write") == (decision.new != current)
    if decision.action == "write":
        assert decision.new  # a genre is never taken away for none
        assert decision.confidence is not None
        assert decision.confidence >= rules.min_confidence
    is_users = own is None or own.wrote != current
    real = tuple(genre for genre in current if not is_placeholder(genre, rules.placeholders))
    if is_users and rules.policy is Policy.FILL and real:
        assert decision.new == current
    if is_users and rules.policy is Policy.APPEND and decision.new != current:
        assert decision.new[: len(real)] == real
        assert len(decision.new) > len(real)
    if rules.policy is not Policy.REPLACE and not rules.placeholders and is_users:
        assert decision.new[: len(current)] == current


@given(genre_lists, predictions, rule_sets)
def test_deciding_again_changes_nothing(
    current: tuple[str, ...], predicted: list[tuple[str, float]], rules: Rules
) -> None:
    first = decide(current, predicted, rules)
    again = decide(first.new, predicted, rules, Own(wrote=first.new, found=current))
    if first.action == "write":
        assert (again.action, again.new) == ("keep", first.new)
