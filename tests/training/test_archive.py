"""Mel archives: read, checked, and cut into windows."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiotag.errors import ArchiveError
from audiotag.training.archive import cut, load_archive, raise_to_maximum, window_offsets


def arrays(**changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "mel": np.full((4, 5, 12), 200, np.uint8),
        "genre": np.array(["Rock", "Folk", "Rock", "Folk"]),
        "split": np.array(["train", "train", "val", "val"]),
        "track_id": np.arange(4, dtype=np.int32),
    }
    values.update(changes)
    return {key: value for key, value in values.items() if value is not None}


def saved(folder: Path, **changes: Any) -> Path:
    path = folder / "archive.npz"
    np.savez_compressed(path, **arrays(**changes))
    return path


def test_it_is_read(tmp_path: Path) -> None:
    archive = load_archive(saved(tmp_path))
    assert (len(archive), archive.genres, archive.vggish) == (4, ("Folk", "Rock"), None)
    assert archive.select("val").track_id.tolist() == [2, 3]
    assert archive.labels(("Folk", "Rock")).tolist() == [1, 0, 1, 0]


def test_an_unknown_split_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="only: train, val"):
        load_archive(saved(tmp_path)).select("test")


def test_a_genre_that_the_model_lacks_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="no genre Rock"):
        load_archive(saved(tmp_path)).labels(("Folk", "Pop"))


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"genre": None}, "no genre"),
        ({"mel": np.zeros((4, 5, 12))}, "uint8"),
        ({"mel": np.zeros((4, 60), np.uint8)}, "uint8"),
        ({"split": np.array(["train"])}, "one length"),
        ({"genre": np.array([{}, {}, {}, {}], dtype=object)}, "cannot be read"),
    ],
)
def test_what_is_wrong_with_it_is_named(changes: dict[str, Any], named: str, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=named):
        load_archive(saved(tmp_path, **changes))


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "text.npz"
    path.write_text("no archive")
    for wrong in (path, tmp_path / "gone.npz"):
        with pytest.raises(ArchiveError, match="cannot be read"):
            load_archive(wrong)


@given(st.integers(1, 600), st.integers(1, 200))
def test_windows_cover_a_clip_from_its_start_to_its_end(columns: int, frames: int) -> None:
    offsets = window_offsets(columns, frames)
    assert offsets[0] == 0
    assert offsets[-1] == max(0, columns - frames)
    assert all(0 < b - a <= frames for a, b in pairwise(offsets))


def test_a_window_is_relative_to_its_own_maximum() -> None:
    clip = np.zeros((1, 2, 6), np.uint8)
    clip[0, :, 0] = 255
    clip[0, 0, 3] = 100
    window = cut(clip, 2, 3)
    assert window.tolist() == [[[0, 255, 0], [0, 0, 0]]]


def test_a_clip_that_is_too_short_is_followed_by_silence() -> None:
    assert cut(np.full((1, 1, 2), 255, np.uint8), 0, 4).tolist() == [[[255, 255, 0, 0]]]


def test_silence_stays_silence() -> None:
    assert raise_to_maximum(np.zeros((1, 2, 2), np.uint8)).sum() == 0
