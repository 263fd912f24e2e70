"""What sounds like a track, as a user asks for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from audiotag.discovery.seeds import find_seeds
from audiotag.discovery.similar import Alike, Wish, similar
from audiotag.library import embeddings as module
from audiotag.library.records import Track
from audiotag.library.store import Store
from tests.helpers.learnt_models import SIZE
from tests.helpers.learnt_models import model as learnt_model
from tests.helpers.sound_alikes import fill_alike
from tests.helpers.tracks import MODEL
from tests.helpers.vectors import FOLK, POP, deaf, fill, seeds_of, song, space_of


def answer(db: Path, wish: Wish, *paths: bytes) -> list[Alike]:
    with Store(db, write=False) as store:
        return similar(store, space_of(store), seeds_of(store, *paths), wish)


def titles(found: list[Alike]) -> list[str]:
    return [alike.track.info.title for alike in found]


def around(angle: float) -> list[float]:
    return [float(np.cos(angle)), float(np.sin(angle)), 0.0]


@pytest.fixture
def circle(tmp_path: Path) -> Path:
    """Tracks on a circle, at 0, 0.1, 0.2 … from the one that is asked about."""
    tracks = [
        song("seed", around(0.0), FOLK, "Ann", "First"),
        song("1", around(0.1), POP, "ANN ", "first"),
        song("2", around(0.2), FOLK, "Ann", "Second"),
        song("3", around(0.3), FOLK, "Bob", "First"),
        song("4", around(0.4), FOLK, "", ""),
        song("5", around(0.5), POP, "", ""),
        replace(song("gone", around(0.01)), missing=True),
    ]
    fill(tmp_path / "library.db", tracks)
    return tmp_path / "library.db"


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        (Wish(), "1 2 3 4 5"),
        (Wish(count=2), "1 2"),
        (Wish(same_genre=True), "2 3 4"),
        (Wish(other_artist=True), "3 4 5"),
        (Wish(other_album=True), "2 4 5"),
        (Wish(count=1, same_genre=True, other_artist=True, other_album=True), "4"),
    ],
)
def test_the_nearest_first_and_never_the_seed_nor_what_is_gone(
    circle: Path, wish: Wish, expected: str
) -> None:
    found = answer(circle, wish, b"/music/seed.mp3")
    assert titles(found) == expected.split()
    assert [alike.similarity for alike in found] == pytest.approx(
        [np.cos(0.1 * int(name)) for name in expected.split()], abs=1e-3
    )


def test_a_learnt_model_says_whose_genre_is_the_same(tmp_path: Path) -> None:
    """Krautrock is what has more of the first number, Bossa Nova of the second."""
    tracks = [
        song(name, [*values, *[0.0] * (SIZE - 2)], genre)
        for name, values, genre in (
            ("seed", (3, 1), FOLK),
            ("kraut", (3, 2), POP),
            ("bossa", (2, 3), FOLK),
            ("far", (3, -2), FOLK),
        )
    ]
    fill(tmp_path / "library.db", tracks)
    learnt = replace(learnt_model(MODEL.identity), shipped=())
    seed = b"/music/seed.mp3"
    with Store(tmp_path / "library.db", write=False) as store:
        seeds = find_seeds(store, space_of(store), [seed], deaf, learnt)
        found = similar(store, space_of(store), seeds, Wish(same_genre=True, learnt=learnt))
        all_of_them = similar(store, space_of(store), seeds, Wish(learnt=learnt))
    assert titles(found) == ["kraut", "far"]
    assert [alike.track.ranked()[0][0] for alike in found] == ["Krautrock", "Krautrock"]
    assert titles(all_of_them) == ["kraut", "bossa", "far"]
    assert titles(answer(tmp_path / "library.db", Wish(same_genre=True), seed)) == ["bossa", "far"]


def test_of_several_seeds_any_genre_will_do_and_no_artist_of_theirs(circle: Path) -> None:
    seeds = (b"/music/seed.mp3", b"/music/5.mp3")
    assert titles(answer(circle, Wish(same_genre=True), *seeds)) == ["3", "2", "4", "1"]
    assert titles(answer(circle, Wish(other_artist=True), *seeds)) == ["3", "4"]


def test_as_many_as_there_are_though_thousands_by_the_artist_are_nearer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK_ROWS", 512)
    random = np.random.default_rng(1)
    near = random.normal((1, 0, 0), 0.01, (3_000, 3))
    tracks: list[Track] = [song(f"near {n}", one, FOLK, "Ann") for n, one in enumerate(near)]
    tracks += [song(f"far {n}", [-1, 0.01 * n, 1], FOLK, "Bob") for n in range(12)]
    fill(tmp_path / "library.db", tracks)
    found = answer(tmp_path / "library.db", Wish(10, other_artist=True), b"/music/near 7.mp3")
    assert len(found) == 10
    assert {alike.track.info.artist for alike in found} == {"Bob"}


def test_an_album_s_songs_come_first_in_a_library_that_has_such(tmp_path: Path) -> None:
    fill_alike(tmp_path / "library.db", 120, size=64)
    with Store(tmp_path / "library.db", write=False) as store:
        path = next(iter(store.paths()))
    found = answer(tmp_path / "library.db", Wish(9), path)
    assert {alike.track.info.album for alike in found} == {"Album 0000"}


def test_the_same_recording_is_marked_be_it_the_seed_s_or_another_s(tmp_path: Path) -> None:
    seed = song("seed", around(0.0))
    other = song("other", around(0.6))
    assert seed.duration is not None
    fill(
        tmp_path / "library.db",
        [
            seed,
            replace(song("copy", around(0.0)), fingerprint=seed.fingerprint),
            replace(song("mp3", around(0.1)), duration=seed.duration + 0.1),
            song("as near, but longer", around(0.15)),
            other,
            replace(song("other ogg", around(0.65)), duration=other.duration),
        ],
    )
    found = answer(tmp_path / "library.db", Wish(), seed.path)
    assert {alike.track.info.title: alike.twin for alike in found} == {
        "copy": (seed.path, "same sound"),
        "mp3": (seed.path, "sounds the same"),
        "as near, but longer": None,
        "other": None,
        "other ogg": (other.path, "sounds the same"),
    }


@pytest.mark.parametrize("count", [1, 5])
def test_one_track_and_all_the_same(tmp_path: Path, count: int) -> None:
    fill(tmp_path / "library.db", [song(f"{number}", [1, 2]) for number in range(count)])
    found = answer(tmp_path / "library.db", Wish(), b"/music/0.mp3")
    assert titles(found) == [f"{number}" for number in range(1, count)]
