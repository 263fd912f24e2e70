"""Tracks are judged by windows of their sound, and by all of them alike."""

from __future__ import annotations

import numpy as np
import pytest

from audiotag.errors import ArchiveError
from audiotag.training.archive import MelArchive
from audiotag.training.predictions import Predictions
from audiotag.training.tracks import LabelledTracks

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


def test_neighbouring_tracks_are_of_one_album() -> None:
    found = LabelledTracks.of(clips([10, 10, 10], [7, 8, 700], ["Rock", "Folk", "Rock"]), GENRES, 10)
    assert found.groups.tolist() == [0, 0, 1]


def test_a_genre_that_is_not_asked_for_is_refused() -> None:
    with pytest.raises(ArchiveError, match="no genre Jazz"):
        LabelledTracks.of(clips([10], [1], ["Jazz"]), GENRES, 6)


def test_every_window_of_a_track_counts_the_same() -> None:
    answers = Predictions(np.array([[1.0, 0.0], [0.4, 0.6], [0.4, 0.6], [0.5, 0.5]]), np.array([0, 0, 0, 1]))
    np.testing.assert_allclose(answers.mean(), [[0.6, 0.4], [0.5, 0.5]])
    # Squared and brought back to a sum of 1: 0.16 and 0.36 become 0.308 and 0.692.
    np.testing.assert_allclose(answers.mean(0.5)[0], [(1 + 2 * 0.3077) / 3, 2 * 0.6923 / 3], atol=1e-3)


def test_some_tracks_of_many_keep_their_answers() -> None:
    answers = Predictions(np.random.default_rng(1).dirichlet(np.ones(3), 12), np.repeat(np.arange(6), 2))
    chosen = np.array([1, 4, 5])
    np.testing.assert_array_equal(answers.of(chosen).mean(2.0), answers.mean(2.0)[chosen])
