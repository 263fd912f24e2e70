"""What files say, as words: however it is spelt, joined, coded; and which words can be learnt."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiotag.discovery.learn.words import MOST_GENRES, Cleaning, by_reason, vocabulary
from audiotag.errors import LearnError

PLAIN = Cleaning()


class TestCleaning:
    @pytest.mark.parametrize(
        ("texts", "words"),
        [
            (("Rock; Folk",), ("Rock", "Folk")),
            (("Rock/Pop", "rock"), ("Rock", "Pop")),
            (("(17)",), ("Rock",)),
            (("17",), ("Rock",)),
            (("Hip Hop", "hip-hop"), ("Hip Hop",)),
            (("Folk, World, & Country",), ("Folk, World, & Country",)),
            (("Unknown", "-"), ()),
            (("Other; Jazz",), ("Jazz",)),
            (("  ",), ()),
            (("邦楽", "Русский рок"), ("邦楽", "Русский рок")),
        ],
    )
    def test_what_texts_mean(self, texts: tuple[str, ...], words: tuple[str, ...]) -> None:
        assert PLAIN.words(texts) == words

    def test_the_map_joins_splits_and_silences(self) -> None:
        cleaning = Cleaning({"hip hop": ("Rap",), "podcast": (), "rock; folk": ("Folk Rock",)})
        assert cleaning.words(["Hip-Hop", "Podcast"]) == ("Rap",)
        assert cleaning.words(["Rock; Folk"]) == ("Folk Rock",), "the whole text comes first"
        assert cleaning.words(["Folk; Hip Hop"]) == ("Folk", "Rap")

    def test_the_owner_s_placeholders(self) -> None:
        assert Cleaning(placeholders=["To do"]).words(["to-do", "Unknown"]) == ("Unknown",)


def tracks(**counts: int) -> list[tuple[str, ...]]:
    return [(name,) for name, count in counts.items() for _ in range(count)]


def alternating(words: list[tuple[str, ...]], artists: int = 4) -> np.ndarray:
    return np.arange(len(words)) % artists


class TestVocabulary:
    def test_the_usual_spelling_names_a_genre(self) -> None:
        words = [("Hip-Hop",)] * 5 + [("hip hop",)] * 9 + [("Jazz",)] * 8
        found = vocabulary(words, alternating(words))
        assert found.names == ("hip hop", "Jazz")
        assert found.labels.sum(axis=0).tolist() == [14, 8]

    def test_what_is_too_rare_or_of_one_artist_is_left_out_with_the_reason(self) -> None:
        words = tracks(Jazz=10, Folk=9, Polka=7, Solo=12)
        artists = alternating(words)
        artists[[word == ("Solo",) for word in words]] = 99
        found = vocabulary(words, artists)
        assert found.names == ("Jazz", "Folk")
        assert [(one.name, one.tracks, one.artists, one.why) for one in found.left_out] == [
            ("Solo", 12, 1, "a single artist"),
            ("Polka", 7, 4, "fewer than 8 tracks"),
        ]
        assert not found.labels[-1].any(), "its tracks stay, as tracks of none of the genres"

    def test_several_genres_a_track(self) -> None:
        words = [("Jazz", "Live")] * 8 + [("Live",)] * 8
        assert vocabulary(words, alternating(words)).labels.sum(axis=0).tolist() == [16, 8]

    def test_two_thousand_strings_are_bounded(self) -> None:
        words = [(f"Genre {number}",) for number in range(2_000) for _ in range(8)]
        found = vocabulary(words, alternating(words))
        assert len(found.names) == MOST_GENRES
        (reason,) = by_reason(found.left_out)
        assert reason == "only the 200 genres with the most tracks are learnt"

    def test_control_characters_are_no_name(self) -> None:
        words = tracks(Jazz=8, Folk=8) + [("\x1b[31mRed",)] * 8 + [("\u202eDoom",)] * 8
        found = vocabulary(words, alternating(words))
        assert (found.names, len(found.left_out)) == (("Jazz", "Folk"), 2)

    @pytest.mark.parametrize(
        ("words", "artists", "said"),
        [
            (tracks(Jazz=20), 4, "one genre only can be learnt, Jazz, and it takes two"),
            (tracks(Jazz=20, Folk=20), 1, "all 40 tracks with a genre are by one artist"),
            (tracks(Jazz=3, Folk=2), 4, "none of 2 genres can be learnt: each needs 8 tracks of 2 artists"),
            ([(f"G{number}",) for number in range(2_000)], 9, "none of 2,000 genres can be learnt"),
        ],
    )
    def test_where_nothing_can_be_learnt_it_says_why(
        self, words: list[tuple[str, ...]], artists: int, said: str
    ) -> None:
        with pytest.raises(LearnError) as caught:
            vocabulary(words, alternating(words, artists))
        assert said in str(caught.value)
        assert "\n" not in str(caught.value)

    @given(st.lists(st.lists(st.sampled_from("abc"), max_size=3), min_size=40, max_size=80))
    def test_other_names_change_nothing_but_names(self, some: list[list[str]]) -> None:
        first = {"a": "Alpha", "b": "Beta", "c": "Gamma"}
        other = {"a": "Zulu", "b": "Beta", "c": "Aleph"}
        words = [tuple(dict.fromkeys(one)) for one in some]
        artists = alternating(words)
        try:
            found = [
                vocabulary([tuple(names[word] for word in one) for one in words], artists)
                for names in (first, other)
            ]
        except LearnError:
            return
        np.testing.assert_array_equal(found[0].labels, found[1].labels)
        back = dict(zip(other.values(), first.values(), strict=True))
        assert [back[name] for name in found[1].names] == list(found[0].names)
