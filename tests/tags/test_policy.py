"""What a track's genre should become."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiotag.errors import UsageError
from audiotag.library.records import Judged
from audiotag.tags.policy import Own, Policy, Prediction, Rules, decide, mapped
from audiotag.tags.sameness import genres_in, is_placeholder, sameness


def said(*genres: tuple[str, float] | tuple[str, float, float | None]) -> list[Prediction]:
    """Genres as a model without styles says them: (name, probability), or with a threshold, else 0.5."""
    return [Prediction(Judged(*genre) if len(genre) == 3 else Judged(*genre, 0.5)) for genre in genres]


PREDICTED = said(("Rock", 0.8), ("Folk", 0.6), ("Pop", 0.1))
HOUSE, CHIPTUNE, PUNK = Judged("House", 0.4, 0.3), Judged("Chiptune", 0.9, 0.5), Judged("Punk", 0.9, 0.5)
STYLED = [
    Prediction(Judged("Rock", 0.3, 0.5), (PUNK,)),
    Prediction(Judged("Electronic", 0.8, 0.5), (HOUSE, Judged("Dubstep", 0.2, 0.3), CHIPTUNE)),
]

names = st.sampled_from(["Rock", "rock", "Folk", "Pop", "Hip-Hop", "hip hop", "Rock; Folk", "Ärger"])
placeholders = st.sampled_from(["Unknown", "<unknown>", "OTHER", "-", "(255)"])
genre_lists = st.lists(names | placeholders, max_size=4, unique=True).map(tuple)
style_names = st.sampled_from(["Punk", "punk", "House", "Trap", "Folk", "Rock; Folk"])
numbers = st.floats(0, 1)
styles = st.lists(
    st.builds(Judged, style_names, numbers, numbers), max_size=3, unique_by=lambda one: one.name
)
predictions = st.lists(
    st.builds(Prediction, st.builds(Judged, names, numbers, st.none() | numbers), styles.map(tuple)),
    max_size=6,
    unique_by=lambda one: one.genre.name,
)
maps = st.dictionaries(
    (names | style_names).map(str.casefold), st.lists(names | placeholders, max_size=3).map(tuple), max_size=3
)
counting_as_none = st.sampled_from((Rules().placeholders, frozenset[str]()))
rule_sets = st.builds(
    Rules,
    st.sampled_from(Policy),
    st.integers(1, 3),
    st.none() | numbers,
    maps,
    counting_as_none,
    st.booleans(),
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


class TestStyles:
    """A style is written with its parent, when styles are asked for."""

    def test_a_genre_is_followed_by_its_likely_styles_best_first(self) -> None:
        assert decide((), STYLED, Rules()).new == ("Electronic",)
        assert decide((), STYLED, Rules(styles=True)).new == ("Electronic", "Chiptune", "House")

    def test_each_genre_by_its_own(self) -> None:
        rules = Rules(styles=True, top=2, min_confidence=0.3)
        assert decide((), STYLED, rules).new == ("Electronic", "Chiptune", "House", "Rock", "Punk")

    def test_their_own_thresholds_decide_whatever_is_asked_of_genres(self) -> None:
        for least in (0.0, 0.8):
            assert "House" in decide((), STYLED, Rules(styles=True, min_confidence=least)).new
            assert "Dubstep" not in decide((), STYLED, Rules(styles=True, min_confidence=least)).new

    def test_none_is_written_without_its_parent(self) -> None:
        decision = decide((), STYLED, Rules(styles=True, min_confidence=0.9))
        assert (decision.new, decision.reason) == ((), "below threshold 0.80 < 0.90")
        silenced = Rules(styles=True, genre_map={"electronic": ()})
        assert decide((), STYLED, silenced).reason == "silenced by the map"

    def test_the_map_renames_and_silences_them(self) -> None:
        genre_map = {"house": ("House music", "Dance"), "chiptune": (), "electronic": ("EDM",)}
        rules = Rules(styles=True, genre_map=genre_map)
        assert decide((), STYLED, rules).new == ("EDM", "House music", "Dance")

    def test_beside_what_the_user_has_only_what_is_missing_is_added(self) -> None:
        rules = Rules(Policy.APPEND, styles=True)
        assert decide(("house",), STYLED, rules).new == ("house", "Electronic", "Chiptune")
        assert decide(("Electronic",), STYLED, rules).new == ("Electronic", "Chiptune", "House")
        assert decide(("Jazz",), STYLED, Rules(styles=True)).reason == "has a genre"

    @pytest.mark.parametrize("policy", list(Policy))
    def test_switched_on_or_off_later_they_come_and_go_with_an_own_genre(self, policy: Policy) -> None:
        plain, styled = ("Electronic",), ("Electronic", "Chiptune", "House")
        on = decide(plain, STYLED, Rules(policy, styles=True), Own(plain))
        assert (on.new, on.reason) == (styled, "own genre, updated")
        off = decide(styled, STYLED, Rules(policy), Own(styled))
        assert (off.new, off.reason) == (plain, "own genre, updated")

    def test_what_the_user_had_of_them_stays(self) -> None:
        wrote = ("House", "Electronic", "Chiptune")
        off = decide(wrote, STYLED, Rules(Policy.APPEND), Own(wrote, found=("House",)))
        assert off.new == ("House", "Electronic")


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
    assert decide((text,), said(("Rock", 0.1)), Rules(policy)).new == (text,)


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
    assert decide((text,), said((genre, 0.9)), Rules(Policy.APPEND)).new == (text, genre)


@pytest.mark.parametrize(
    ("text", "genre"),
    [("Hip Hop", "Hip-Hop"), ("hip-hop", "Hip-Hop"), ("HipHop", "Hip-Hop"), ("Drum and Bass", "Drum & Bass")],
)
def test_spellings_of_one_genre(text: str, genre: str) -> None:
    assert decide((text,), said((genre, 0.9)), Rules(Policy.APPEND)).reason == "already so"
    assert decide((text + "; Jazz",), said((genre, 0.9)), Rules(Policy.APPEND)).reason == "already so"


@pytest.mark.parametrize("wrong", [{"top": 0}, {"min_confidence": 1.5}, {"min_confidence": -0.1}])
def test_senseless_rules(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        Rules(**wrong)


def written_by_default(predicted: list[Prediction], rules: Rules) -> list[Prediction]:
    """Those that the rules allow."""
    least = rules.min_confidence
    each = [
        one if least is None else one._replace(genre=one.genre._replace(threshold=least)) for one in predicted
    ]
    return [one for one in each if one.genre.reaches]


@given(genre_lists, predictions, rule_sets, owns)
def test_laws(current: tuple[str, ...], predicted: list[Prediction], rules: Rules, own: Own | None) -> None:
    decision = decide(current, predicted, rules, own)
    assert decision.old == current
    assert (decision.action == "write") == (decision.new != current)
    if decision.action == "write":
        assert decision.new  # a genre is never taken away for none
        allowed = [one.genre.probability for one in written_by_default(predicted, rules)]
        assert decision.confidence == max(allowed)
    is_users = own is None or own.wrote != current
    real = tuple(genre for genre in current if not is_placeholder(genre, rules.placeholders))
    if is_users and rules.policy is Policy.FILL and real:
        assert decision.new == current
    if is_users and rules.policy is Policy.APPEND and decision.new != current:
        assert decision.new[: len(real)] == real
        assert len(decision.new) > len(real)
    if rules.policy is not Policy.REPLACE and not rules.placeholders and is_users:
        assert decision.new[: len(current)] == current


@given(genre_lists, predictions, rule_sets, owns)
def test_nothing_is_written_that_is_too_unlikely_nor_a_style_without_its_parent(
    current: tuple[str, ...], predicted: list[Prediction], rules: Rules, own: Own | None
) -> None:
    decision = decide(current, predicted, rules, own)
    there = {each for genre in decision.new for each in genres_in(genre)}
    may_come: set[str] = set()
    for genre, styles in written_by_default(predicted, rules):
        parents = {sameness(name) for name in mapped(genre.name, rules.genre_map)}
        may_come |= parents
        if rules.styles and parents and parents <= there:
            likely = [style.name for style in styles if style.reaches]
            may_come |= {sameness(name) for style in likely for name in mapped(style, rules.genre_map)}
    come = {sameness(genre) for genre in decision.new if genre not in current}
    assert come <= may_come


@given(genre_lists, predictions, rule_sets)
def test_deciding_again_changes_nothing(
    current: tuple[str, ...], predicted: list[Prediction], rules: Rules
) -> None:
    first = decide(current, predicted, rules)
    again = decide(first.new, predicted, rules, Own(wrote=first.new, found=current))
    if first.action == "write":
        assert (again.action, again.new) == ("keep", first.new)


@given(genre_lists, predictions, rule_sets)
def test_styles_come_beside_the_genres_and_take_none_away(
    current: tuple[str, ...], predicted: list[Prediction], rules: Rules
) -> None:
    plain = decide(current, predicted, replace(rules, styles=False))
    styled = decide(current, predicted, replace(rules, styles=True))
    stays = [genre for genre in plain.new if not is_placeholder(genre, rules.placeholders)]
    assert {sameness(genre) for genre in stays} <= {sameness(genre) for genre in styled.new}
