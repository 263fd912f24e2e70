"""The nearest of a whole library are those that a look at all of them finds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from audiotag.discovery.nearest import Nearest, Sieve, cosines_of, nearest
from audiotag.library import embeddings as module
from audiotag.library.embeddings import embeddings
from audiotag.library.store import Store
from tests.helpers.sound_alikes import fill_alike
from tests.helpers.vectors import fill, song, space_of


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    db = tmp_path_factory.mktemp("nearest") / "library.db"
    fill_alike(db, 200, size=16)
    return db


@pytest.mark.parametrize("count", [0, 1, 7, 200, 500])
@pytest.mark.parametrize("targets", [1, 3])
def test_they_are_those_of_a_look_at_all(
    library: Path, monkeypatch: pytest.MonkeyPatch, count: int, targets: int
) -> None:
    """However the library is cut into chunks."""
    wanted = np.random.default_rng(count).normal(size=(targets, 16)).astype(np.float32)
    wanted /= np.linalg.norm(wanted, axis=1, keepdims=True)
    with Store(library, write=False) as store:
        space = space_of(store)
        (every,) = embeddings(store, space)
        monkeypatch.setattr(module, "CHUNK_ROWS", 23)
        found = nearest(store, space, wanted, count, Sieve())
    for one, target in zip(found, wanted, strict=True):
        cosines = every.vectors @ target
        best = np.argsort(-cosines)[:count]
        assert one.rows.tolist() == every.rows[best].tolist()
        assert np.allclose(one.cosines, cosines[best], atol=1e-6)


def test_a_sieve_looks_at_the_columns_it_asks_for(library: Path) -> None:
    sieve = Sieve(("album",), lambda stored: np.array([name == "Album 0003" for name in stored.more[0]]))
    with Store(library, write=False) as store:
        space = space_of(store)
        (found,) = nearest(store, space, np.eye(16, dtype=np.float32)[:1], 50, sieve)
        paths = module.paths_of_rows(store, found.rows.tolist())
    assert len(paths) == 10
    assert all(b"/Album 0003/" in path for path in paths.values())


def test_all_the_same_come_in_the_order_of_their_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK_ROWS", 4)
    fill(tmp_path / "library.db", (song(f"{number:02}", [1, 2, 3]) for number in range(11)))
    with Store(tmp_path / "library.db", write=False) as store:
        space = space_of(store)
        (found,) = nearest(store, space, np.array([[1, 0, 0]], np.float32), 6, Sieve())
    assert found.rows.tolist() == [1, 2, 3, 4, 5, 6]


def test_what_has_no_direction_is_never_near() -> None:
    halves = np.array([[1, 0], [0, 0], [np.nan, 1], [np.inf, 0], [-1, 0]], np.float16)
    for count in (1, 2):
        found = cosines_of(halves, np.array([[1, 0]] * count, np.float32))
        assert found[:, 0].tolist() == [1, -np.inf, -np.inf, -np.inf, -1]
    best = Nearest().joined(np.arange(5), found[:, 0], 5)
    assert best.rows.tolist() == [0, 4]
