"""The embeddings of a library, in chunks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from audiotag.library import embeddings as module
from audiotag.library.embeddings import embeddings, latest_space, paths_of_rows
from audiotag.library.records import StoredModel
from audiotag.library.store import Store
from tests.helpers.sound_alikes import MODEL, fill_alike, made_tracks
from tests.helpers.tracks import failed


def test_all_of_them_in_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHUNK_ROWS", 7)
    fill_alike(tmp_path / "library.db", 20, size=16)
    with Store(tmp_path / "library.db", write=False) as store:
        space = latest_space(store)
        assert space is not None
        assert (space.model, space.size) == (MODEL, 16)
        chunks = list(embeddings(store, space))
        assert [len(chunk.rows) for chunk in chunks] == [7, 7, 6]
        paths = paths_of_rows(store, np.concatenate([chunk.rows for chunk in chunks]).tolist())
        assert sorted(paths.values()) == [track.path for track in store.tracks()]
    vectors = np.concatenate([chunk.vectors for chunk in chunks])
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_what_is_of_another_model_failed_gone_or_without_direction_is_left_out(tmp_path: Path) -> None:
    tracks = list(made_tracks(6, size=16))
    older = StoredModel("older-1", MODEL.genres, MODEL.thresholds, MODEL.styles)
    with Store(tmp_path / "library.db", write=True) as store:
        store.put(replace(tracks[0], model=older))
        store.put(failed(b"/music/broken.mp3"))
        store.put(replace(tracks[1], embedding=np.zeros(16, np.float32)))
        store.put(replace(tracks[2], embedding=np.full(16, np.nan, np.float32)))
        store.put(replace(tracks[3], missing=True))
        store.put(tracks[4])
        space = latest_space(store)
        assert space is not None

        def found(missing: bool) -> list[bytes]:
            rows = [row for chunk in embeddings(store, space, missing) for row in chunk.rows.tolist()]
            return sorted(paths_of_rows(store, rows).values())

        assert found(missing=False) == [tracks[4].path]
        assert found(missing=True) == [tracks[3].path, tracks[4].path]


def test_an_empty_library_has_none(tmp_path: Path) -> None:
    with Store(tmp_path / "library.db", write=True) as store:
        assert latest_space(store) is None
