"""The same recording more than once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiotag.discovery import pairs as pairs_module
from audiotag.discovery.duplicates import Duplicates, duplicates
from audiotag.discovery.pairs import CROWD, Pairs, stars
from audiotag.discovery.sameness import COSINE, SECONDS, How, Sounds, earlier_twins, twins
from audiotag.discovery.sketch import may_be_near, sketch_all
from audiotag.library.records import StoredModel, Track
from audiotag.library.store import Store
from tests.helpers.sound_alikes import made_tracks
from tests.helpers.tracks import MODEL, failed
from tests.helpers.vectors import fill, song, space_of


def groups_in(db: Path, *under: bytes) -> tuple[list[dict[str, How | None]], int]:
    """Each group as title → how."""
    with Store(db, write=False) as store:
        found: Duplicates = duplicates(store, under)
        groups = [{copy.track.info.title: copy.how for copy in group} for group in found.groups]
    return groups, found.crowded


def around(angle: float) -> list[float]:
    return [float(np.cos(angle)), float(np.sin(angle)), 0.0]


class TestGroups:
    def test_copies_and_other_encodings_of_one_recording(self, tmp_path: Path) -> None:
        first = song("a", around(0.0))
        mp3 = replace(song("c", around(0.2)), duration=first.duration)
        tracks = [
            first,
            replace(song("b", around(0.0)), fingerprint=first.fingerprint, duration=first.duration),
            mp3,
            replace(song("d", around(0.2)), fingerprint=mp3.fingerprint, duration=first.duration),
            song("much longer zz", around(0.0)),
            replace(song("other", around(1.0)), duration=first.duration),
        ]
        fill(tmp_path / "library.db", tracks)
        groups, crowded = groups_in(tmp_path / "library.db")
        assert groups == [
            {"a": None, "b": "same sound", "c": "sounds the same", "d": "sounds the same"},
        ]
        assert crowded == 0

    def test_the_one_that_most_are_like_is_the_middle_and_no_group_drifts(self, tmp_path: Path) -> None:
        """Steps that are small each lead from one song to another in the end."""
        tracks = [replace(song(f"{n}", around(0.25 * n)), duration=60.0) for n in range(5)]
        fill(tmp_path / "library.db", tracks)
        groups, _ = groups_in(tmp_path / "library.db")
        assert groups == [
            {"1": None, "0": "sounds the same", "2": "sounds the same"},
            {"3": None, "4": "sounds the same"},
        ]

    def test_missing_files_and_other_folders_are_left_out(self, tmp_path: Path) -> None:
        tracks = [song("x/a", [1, 2]), replace(song("x/b", [1, 2]), missing=True), song("y/c", [1, 2])]
        same = [replace(one, fingerprint=b"s" * 16) for one in tracks]
        fill(tmp_path / "library.db", same)
        groups, _ = groups_in(tmp_path / "library.db")
        assert groups == [{"x/a": None, "y/c": "same sound"}]
        assert groups_in(tmp_path / "library.db", b"/music/x")[0] == []
        assert len(groups_in(tmp_path / "library.db", b"/music/x", b"/music/y")[0]) == 1

    def test_of_an_older_model_s_tracks_the_sound_alone_counts(self, tmp_path: Path) -> None:
        older = StoredModel("older-1", MODEL.genres, MODEL.thresholds)
        old = [replace(song(name, [1, 2]), model=older, duration=60.0) for name in "ab"]
        new = replace(song("c", [1, 2]), fingerprint=old[0].fingerprint)
        fill(tmp_path / "library.db", [*old, new])
        assert groups_in(tmp_path / "library.db")[0] == [{"a": None, "c": "same sound"}]

    @pytest.mark.parametrize(
        "tracks",
        [
            [],
            [song("a", [1, 2])],
            [replace(song(n, [np.nan, 1]), duration=9.0) for n in "ab"],
            [replace(song(n, [0, 0]), duration=9.0) for n in "ab"],
            [failed(b"/a.mp3"), failed(b"/b.mp3", "too-short")],
        ],
    )
    def test_nothing_to_compare(self, tmp_path: Path, tracks: list[Track]) -> None:
        fill(tmp_path / "library.db", tracks)
        assert groups_in(tmp_path / "library.db") == ([], 0)

    @pytest.mark.parametrize("count", [CROWD + 2, 1_000])
    def test_what_the_model_does_not_tell_apart_is_no_recording(self, tmp_path: Path, count: int) -> None:
        """And there are not as many comparisons as pairs."""
        tracks = [replace(song(f"{n:04}", [1, 2]), duration=60.0) for n in range(count)]
        fill(tmp_path / "library.db", [*tracks, song("copy z", [0, 1]), song("copy z", [0, 1])])
        groups, crowded = groups_in(tmp_path / "library.db")
        assert (groups, crowded) == ([], count)

    def test_as_many_as_are_no_crowd_are_one_recording(self, tmp_path: Path) -> None:
        tracks = [replace(song(f"{n:04}", [1, 2]), duration=60.0) for n in range(CROWD + 1)]
        fill(tmp_path / "library.db", tracks)
        groups, crowded = groups_in(tmp_path / "library.db")
        assert [len(group) for group in groups] == [CROWD + 1]
        assert crowded == 0


class TestPairs:
    @pytest.mark.parametrize("few", [0, 1000])
    def test_they_are_those_of_a_look_at_all(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, few: int
    ) -> None:
        """In whatever parts, and whether sketches or embeddings are looked at."""
        monkeypatch.setattr(pairs_module, "_BLOCK", 17)
        monkeypatch.setattr(pairs_module, "_COLUMNS", 23)
        monkeypatch.setattr(pairs_module, "_FEW", few)
        random = np.random.default_rng(2)
        tracks = []
        for one in made_tracks(150, size=48):
            assert one.embedding is not None
            copies = 1 + int(random.integers(3))
            for number in range(copies):
                noise = random.normal(0, 0.25, 48).astype(np.float32)
                seconds = round(random.uniform(180, 183), 1)
                mark = random.bytes(16)
                tracks.append(
                    replace(one, path=b"%s %d" % (one.path, number), embedding=one.embedding + noise,
                            duration=seconds, fingerprint=mark)
                )  # fmt: skip
        fill(tmp_path / "library.db", tracks)
        sounds = Sounds.of([replace(one, embedding=_half(one)) for one in tracks], 48)
        cosines = sounds.vectors @ sounds.vectors.T
        longer = np.abs(sounds.durations[:, None] - sounds.durations) <= SECONDS
        expected = set(zip(*map(list, np.nonzero(np.triu((cosines >= COSINE) & longer, 1))), strict=True))
        assert 50 < len(expected) < 1000

        with Store(tmp_path / "library.db", write=False) as store:
            rows = np.arange(1, len(tracks) + 1)
            sketches, known = sketch_all(store, space_of(store), rows)
            assert known.all()
            order = np.argsort(sounds.durations, kind="stable")
            compared = pairs_module.Compared(
                store, space_of(store), rows[order], sounds.durations[order], sketches[order]
            )
            found, crowded = compared.pairs()
        ends = np.sort(np.stack([order[found.first], order[found.second]]), axis=0)
        assert crowded == 0
        assert set(zip(*ends.tolist(), strict=True)) == {(int(a), int(b)) for a, b in expected}
        assert np.allclose(found.cosines, cosines[ends[0], ends[1]], atol=1e-5)


def _half(track: Track) -> np.ndarray:
    """As the library keeps it."""
    assert track.embedding is not None
    return track.embedding.astype(np.float16).astype(np.float32)


@given(st.integers(0, 10_000), st.floats(0.5, 0.999))
def test_no_near_pair_is_hidden_by_its_sketches(seed: int, cosine: float) -> None:
    random = np.random.default_rng(seed)
    vectors = random.normal(1, 0.5, (40, 20))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    axes, _ = np.linalg.qr(random.normal(size=(20, 6)))
    sketches = (vectors @ axes).astype(np.float32)
    near = vectors @ vectors.T >= cosine
    assert may_be_near(sketches, sketches, cosine)[near].all()


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=30))
def test_each_is_in_one_group_and_near_its_middle(edges: list[tuple[int, int]]) -> None:
    """And whoever has a neighbour is in a group, unless all of its neighbours are in others."""
    chosen = sorted({(min(edge), max(edge)) for edge in edges if edge[0] != edge[1]})
    first, second = ([edge[end] for edge in chosen] for end in (0, 1))
    pairs = Pairs(np.array(first, int), np.array(second, int), np.ones(len(chosen), np.float32))
    groups = stars(pairs, np.arange(13))
    near = defaultdict(set)
    for one, other in chosen:
        near[one].add(other)
        near[other].add(one)
    members = [one for middle, others in groups.items() for one in (middle, *others)]
    assert len(members) == len(set(members))
    assert all(others and set(others) <= near[middle] for middle, others in groups.items())
    for alone in set(near) - set(members):
        assert near[alone] <= set(members)


def sounds(cosines: Sequence[float], durations: Sequence[float], marks: Sequence[bytes | None]) -> Sounds:
    """Vectors that have these cosines to (1, 0)."""
    vectors = np.array([[c, np.sqrt(1 - c * c)] for c in cosines], np.float32)
    return Sounds([b"%d" % n for n in range(len(marks))], np.array(durations), list(marks), vectors)


class TestTwins:
    def test_the_same_sound_or_sounding_the_same_at_about_the_same_length(self) -> None:
        some = sounds([1, 0.96, 0.94, 0.96, -1], [60, 60.9, 60, 61.5, 90], [b"a", b"b", b"c", None, b"s"])
        found = twins(some, sounds([1, 0.0], [60, 60], [b"x", b"s"]))
        assert found == [
            (b"0", "sounds the same"), (b"0", "sounds the same"), None, None, (b"1", "same sound"),
        ]  # fmt: skip

    def test_within_a_list_those_before_count(self) -> None:
        found = earlier_twins(sounds([1, 1, 0], [60, 60, 60], [None, None, None]))
        assert found == [None, (b"0", "sounds the same"), None]

    def test_nothing_is_like_what_says_nothing(self) -> None:
        nothing = Sounds.of([song("a", [0, 0]), song("a", [np.nan, 1])], 2)
        bare = replace(nothing, fingerprints=[None, None])
        assert twins(bare, bare) == [None, None]
        assert twins(Sounds.of([], 2), bare) == []
