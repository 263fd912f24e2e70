"""Tracks are judged by windows of their sound, and by all of them alike."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest

from audiotag.errors import ArchiveError
from audiotag.training.archives.archive import MelArchive
from audiotag.training.archives.tracks import LabelledTracks, outputs_of, predicting

GENRES = ("Folk", "Rock")


def clips(sound: list[int], tracks: list[int], genres: list[str]) -> MelArchive:
    """Clips of ten columns, each with so many of sound; the clip's number is in its lowest band."""
    mel = np.zeros((len(sound), 4, 10), np.uint8)
    for number, (clip, columns) in enumerate(zip(mel, sound, strict=True)):
        clip[:, :columns] = 255
        clip[0, :columns] = number + 1
    return MelArchive(mel, np.array(genres), np.full(len(sound), "val"), np.array(tracks), None)


def test_the_clips_of_a_track_are_its_windows() -> None:
    found = LabelledTracks.of(clips([10, 10, 10], [7, 8, 7], ["Rock", "Folk", "Rock"]), GENRES, 6)
    assert found.track.tolist() == [0, 0, 0, 0, 1, 1]
    assert found.windows[:, 0, 0].tolist() == [1, 1, 3, 3, 2, 2]
    assert found.labels.tolist() == [1, 0]
    assert found.track_id.tolist() == [7, 8]


def test_one_track_id_under_two_genres_is_two_tracks() -> None:
    found = LabelledTracks.of(clips([10, 10], [7, 7], ["Rock", "Folk"]), GENRES, 10)
    assert found.labels.tolist() == [1, 0]


@pytest.mark.parametrize(("sound", "windows"), [(10, 2), (7, 2), (6, 1), (2, 1)])
def test_silence_after_a_short_track_is_no_window_of_it(sound: int, windows: int) -> None:
    found = LabelledTracks.of(clips([sound], [1], ["Folk"]), GENRES, 6)
    assert len(found.windows) == windows
    assert all((window > 0).any(axis=0).sum() == min(sound, 6) for window in found.windows)


def test_a_silent_clip_still_counts() -> None:
    archive = clips([10], [1], ["Folk"])
    archive.mel[:] = 0
    assert len(LabelledTracks.of(archive, GENRES, 6).windows) == 1


def test_a_track_is_of_its_clips_album() -> None:
    archive = replace(
        clips([10] * 4, [7, 8, 7, 700], ["Rock", "Folk", "Rock", "Rock"]), group=np.array([5, 5, 5, 2])
    )
    assert LabelledTracks.of(archive, GENRES, 10).groups.tolist() == [5, 5, 2]


def test_a_genre_that_is_not_asked_for_is_refused() -> None:
    with pytest.raises(ArchiveError, match="no genre Jazz"):
        LabelledTracks.of(clips([10], [1], ["Jazz"]), GENRES, 6)


def test_every_window_of_a_track_counts_the_same() -> None:
    said = np.array([[1.0, 0.0], [0.4, 0.6], [0.4, 0.6], [0.5, 0.5]])
    tracks = LabelledTracks(np.zeros((4, 2, 2), np.uint8), np.array([0, 0, 0, 1]), *(np.zeros(2, int),) * 3)
    np.testing.assert_allclose(tracks.mean(lambda windows: said[: len(windows)]), [[0.6, 0.4], [0.5, 0.5]])


def test_a_network_hears_windows_as_numbers_from_0_to_1() -> None:
    """Its outputs one after another, however many windows there are; of several the first one counts."""
    given = keras.Input((2, 3, 1))
    flat = keras.layers.Flatten()(given)
    network = keras.Model(given, [flat, keras.layers.Rescaling(2.0)(flat)])
    windows = np.random.default_rng(1).integers(0, 256, (1030, 2, 3), np.uint8)
    first, second = outputs_of(network, windows)
    np.testing.assert_allclose(first, windows.reshape(1030, 6) / 255, atol=1e-6)
    np.testing.assert_allclose(second, 2 * first, atol=1e-6)
    np.testing.assert_array_equal(predicting(network)(windows), first)
    np.testing.assert_array_equal(predicting(keras.Model(given, flat))(windows), first)
