"""Windows on their way to the engine: in memory while they are few, on disk when they are many."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from audiotag.model.average import choose_windows
from audiotag.pipeline.window_buffer import IN_MEMORY, NoRoomError, WindowBuffer


def numbered(count: int) -> list[np.ndarray]:
    return [np.full((2, 3), number % 256, np.uint8) for number in range(count)]


def filled(count: int, folder: Path | None, most: int | None = None) -> WindowBuffer:
    buffer = WindowBuffer(None if folder is None else str(folder), most)
    for number, window in enumerate(numbered(count)):
        buffer.add(window, 20.0 * number)
    return buffer


@pytest.mark.parametrize("count", [1, IN_MEMORY, IN_MEMORY + 1, 500])
def test_all_come_out_as_they_went_in(count: int, tmp_path: Path) -> None:
    windows = filled(count, tmp_path).finish()
    assert windows is not None
    assert len(windows) == count
    np.testing.assert_array_equal(np.stack(list(windows)), np.stack(numbered(count)))
    np.testing.assert_array_equal(windows.starts, 20.0 * np.arange(count))
    assert len(os.listdir(tmp_path)) == (count > IN_MEMORY)
    windows.discard()
    assert os.listdir(tmp_path) == []


def test_no_window_is_nothing(tmp_path: Path) -> None:
    assert filled(0, tmp_path).finish() is None


def test_it_begins_anew(tmp_path: Path) -> None:
    buffer = filled(200, tmp_path)
    buffer.clear()
    assert os.listdir(tmp_path) == []
    buffer.add(numbered(1)[0], 0.0)
    windows = buffer.finish()
    assert windows is not None
    assert len(windows) == 1


@pytest.mark.parametrize("most", [1, 3, 20])
def test_of_a_song_the_chosen_are_those_that_would_be_chosen_of_all(most: int) -> None:
    windows = filled(IN_MEMORY, None, most).finish()
    assert windows is not None
    np.testing.assert_array_equal(
        np.stack(list(windows)), choose_windows(np.stack(numbered(IN_MEMORY)), most)
    )


@pytest.mark.parametrize("most", [1, 3, 20])
def test_of_a_long_mix_few_are_kept_and_evenly_spread(most: int) -> None:
    count = 250
    buffer = filled(count, None, most)
    assert len(buffer._kept) <= max(IN_MEMORY, 4 * most)
    windows = buffer.finish()
    assert windows is not None
    places = [int(window[0, 0]) for window in windows]
    assert len(places) == most
    wanted = (np.arange(most) + 0.5) * count / most
    assert np.abs(np.array(places) - wanted).max() <= max(4, count / most / 2)


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    buffer = filled(IN_MEMORY, tmp_path / "gone")
    with pytest.raises(NoRoomError, match="make room"):
        buffer.add(numbered(1)[0], 0.0)
