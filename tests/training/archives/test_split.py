"""The split: whole artists, near the shares, and the same every time."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiotag.errors import UsageError
from audiotag.training.archives.split import Shares, artist_group, number_groups, split_groups

SHARES = st.builds(Shares, st.floats(0, 0.5), st.floats(0, 0.5), st.integers(0, 5))
TRACKS = st.lists(
    st.tuples(st.sampled_from([f"artist {i}" for i in range(12)]), st.sampled_from(["Folk", "Pop", "Rock"])),
    max_size=60,
)


@given(TRACKS, SHARES)
def test_no_artist_is_on_two_sides(tracks: list[tuple[str, str]], shares: Shares) -> None:
    groups, genres = [group for group, _ in tracks], [genre for _, genre in tracks]
    sides = split_groups(groups, genres, shares)
    assert len(sides) == len(tracks)
    assert set(sides) <= {"train", "val", "test"}
    assert len(set(zip(groups, sides, strict=True))) == len(set(groups))


@given(TRACKS, SHARES, st.randoms(use_true_random=False))
def test_the_order_of_the_files_does_not_matter(
    tracks: list[tuple[str, str]], shares: Shares, random: object
) -> None:
    shuffled = list(tracks)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    sides = []
    for order in (tracks, shuffled):
        groups = [group for group, _ in order]
        splits = split_groups(groups, [genre for _, genre in order], shares)
        sides.append(dict(zip(groups, splits, strict=True)))
    assert sides[0] == sides[1]


@settings(deadline=None)
@given(st.lists(st.integers(1, 300), min_size=1, max_size=5), st.integers(0, 9))
def test_songs_without_artists_are_shared_out_to_the_track(counts: list[int], seed: int) -> None:
    """Of every genre, each split gets its share within a track or two."""
    genres = [f"genre {i}" for i, count in enumerate(counts) for _ in range(count)]
    groups = [artist_group("", str(i)) for i in range(len(genres))]
    sides = split_groups(groups, genres, Shares(0.1, 0.1, seed))
    for genre, total in Counter(genres).items():
        found = Counter(side for side, of in zip(sides, genres, strict=True) if of == genre)
        for split, share in (("train", 0.8), ("val", 0.1), ("test", 0.1)):
            assert abs(found[split] - share * total) <= 2


def test_artists_are_shared_out_too() -> None:
    """A hundred artists of one to nine songs in each of eight genres: 80/10/10 within 2 %."""
    tracks = [
        (f"{genre} {i}", f"{genre}") for genre in range(8) for i in range(100) for _ in range(1 + i % 9)
    ]
    groups, genres = [group for group, _ in tracks], [genre for _, genre in tracks]
    sides = split_groups(groups, genres, Shares())
    for genre in set(genres):
        found = Counter(side for side, of in zip(sides, genres, strict=True) if of == genre)
        for split, share in (("train", 0.8), ("val", 0.1), ("test", 0.1)):
            assert found[split] / found.total() == pytest.approx(share, abs=0.02)


def test_one_large_artist_stays_where_most_are_wanted() -> None:
    groups = ["large"] * 50 + [f"small {i}" for i in range(50)]
    sides = split_groups(groups, ["Folk"] * 100, Shares())
    assert sides[0] == "train"
    assert Counter(sides) == {"train": 80, "val": 10, "test": 10}


def test_another_seed_is_another_draw() -> None:
    groups = [f"file {i}" for i in range(100)]
    one, other = (split_groups(groups, ["Folk"] * 100, Shares(seed=seed)) for seed in (1, 2))
    assert one != other
    assert Counter(one) == Counter(other)


def test_all_may_be_for_testing() -> None:
    assert split_groups(["a", "b"], ["Folk", "Pop"], Shares(val=0, test=1)) == ["test", "test"]


@pytest.mark.parametrize("shares", [(-0.1, 0.1), (0.6, 0.6), (float("nan"), 0.1), (0.0, 2.0)])
def test_senseless_shares_are_refused(shares: tuple[float, float]) -> None:
    with pytest.raises(UsageError, match="together"):
        Shares(*shares)


def test_an_artist_is_known_however_the_name_is_written() -> None:
    assert artist_group("The  Artist ", "a.mp3") == artist_group("the artist", "b.mp3")
    assert artist_group("", "a.mp3") != artist_group("", "b.mp3")
    assert artist_group("a.mp3", "x") != artist_group("", "a.mp3")


def test_track_ids_are_near_only_within_an_artist() -> None:
    groups, names = ["b", "a", "b", "a", "c"], ["1", "2", "3", "4", "5"]
    assert number_groups(groups, names) == [201, 100, 202, 101, 302]
