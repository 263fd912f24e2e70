"""Which texts a decision takes for no genre, and which for one genre."""

from __future__ import annotations

import pytest

from audiotag.tags.policy import Policy, Rules, decide
from audiotag.tags.sameness import sameness
from tests.tags.predicted import PREDICTED, said


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
