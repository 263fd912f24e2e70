"""What holds of every decision, whatever a track has and a model says."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from audiotag.library.records import Judged
from audiotag.tags.policy import Own, Policy, Prediction, Rules, decide, mapped
from audiotag.tags.sameness import genres_in, is_placeholder, sameness

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
