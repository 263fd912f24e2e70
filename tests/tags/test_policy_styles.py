"""What styles a track gets beside its genre."""

from __future__ import annotations

import pytest

from audiotag.library.records import Judged
from audiotag.tags.policy import Own, Policy, Prediction, Rules, decide

HOUSE, CHIPTUNE, PUNK = Judged("House", 0.4, 0.3), Judged("Chiptune", 0.9, 0.5), Judged("Punk", 0.9, 0.5)


STYLED = [
    Prediction(Judged("Rock", 0.3, 0.5), (PUNK,)),
    Prediction(Judged("Electronic", 0.8, 0.5), (HOUSE, Judged("Dubstep", 0.2, 0.3), CHIPTUNE)),
]


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
