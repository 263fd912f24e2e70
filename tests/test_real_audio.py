"""What a network was trained on and what it is asked about are the same thing.

The archive was made by others, with librosa, of 30 s clips; songs come through our decoder,
whole. Needs ../shared. `pytest -s` shows the figures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from audiotag.audio.frontend import FMA_ARCHIVE
from audiotag.audio.mel import MelAnalyser
from audiotag.audio.windows import WindowSlicer, slice_windows
from audiotag.training.archives.archive import FMA_CLIP, MelArchive, cut, load_archive
from tests.helpers.decoding import mono, windows
from tests.helpers.music import ARCHIVE, MUSIC, SONGS, require, songs
from tests.helpers.workers import in_worker

DB = 80.0 / 255.0
DRAWS = 4_000


@pytest.fixture(scope="module")
def archive() -> MelArchive:
    return load_archive(require(ARCHIVE))


@pytest.fixture(scope="module")
def pair(archive: MelArchive) -> tuple[np.ndarray, np.ndarray]:
    """(ours at the offset that fits best, the archive's), dB, (100, 250)."""
    (row,) = np.flatnonzero(archive.track_id == 123_760)
    theirs = archive.mel[row] * DB - 80.0
    samples, rate = in_worker(mono, require(MUSIC) / "Instrumental" / "HawkinWoods.mp3")
    analyser = MelAnalyser.build(FMA_CLIP, rate)

    def clip(start: float) -> np.ndarray:
        stretch = samples[int(start * rate) : int((start + 30) * rate)]
        return next(slice_windows([stretch], WindowSlicer(analyser))) * DB - 80.0

    starts = np.arange(52.9, 53.3, 0.01)
    best = max(starts, key=lambda start: correlation(clip(start), theirs))
    return clip(best), theirs


class TestOneSongInBoth:
    """HawkinWoods.mp3 is FMA track 123760: its 30 s from about 53.1 s on are a row of the archive."""

    def test_cell_for_cell(self, pair: tuple[np.ndarray, np.ndarray]) -> None:
        print(f"\nHawkinWoods: correlation {correlation(*pair):.4f}")
        assert correlation(*pair) >= 0.99

    def test_band_for_band(self, pair: tuple[np.ndarray, np.ndarray]) -> None:
        """But for the level of the one loudest cell, to which all are relative, and the last column,
        where the archive has the click with which its clip ends."""
        ours, theirs = (side[:, :-1] for side in pair)
        mean = ours.mean(axis=1) - theirs.mean(axis=1)
        mean -= np.median(mean)
        deviation = ours.std(axis=1) - theirs.std(axis=1)
        print(f"\nband means within {np.abs(mean).max():.2f} dB, deviations {np.abs(deviation).max():.2f} dB")
        assert np.abs(mean).max() < 1.0
        assert np.abs(deviation).max() < 1.0

    def test_any_other_choice_of_bands_is_worse(self, pair: tuple[np.ndarray, np.ndarray]) -> None:
        """One band lower or higher: 16 dB beside it in the worst band of this song."""
        ours, theirs = pair
        for neighbour in (1, -1):
            moved = np.roll(ours, neighbour, axis=0)
            assert correlation(moved[1:-1], theirs[1:-1]) < 0.97


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def test_the_whole_archive_has_the_bands_that_the_front_end_keeps(archive: MelArchive) -> None:
    """Two rows differ more where a band between them was left out: the archive shows which were.

    In every genre the rows where `kept_bands` skips a band stand out by 20 % and more, those where
    the middle band of each share (floor((r + 0.5) * 1.28), as the data's description has it) would
    be skipped do not.
    """
    skips = np.diff(FMA_ARCHIVE.kept_bands()) == 2
    as_described = np.diff(np.floor((np.arange(100) + 0.5) * 1.28)) == 2
    assert not (skips & as_described).any()
    neither = ~(skips | as_described)
    for genre in archive.genres:
        mel = archive.mel[archive.genre == genre][:, :, ::5].astype(np.int16)
        level = np.log(np.abs(np.diff(mel, axis=1)).mean(axis=(0, 2)))
        level -= np.convolve(np.pad(level, 4, mode="edge"), np.full(9, 1 / 9), "valid")
        ours, described = (level[rows].mean() - level[neither].mean() for rows in (skips, as_described))
        print(f"\n{genre}: skips {np.expm1(ours):+.0%}, those described {np.expm1(described):+.0%}")
        assert ours > 0.2
        assert described < 0.1


@dataclass(frozen=True)
class BandStatistics:
    """mean, deviation: dB, (n, 100), of a window or the average over a track's."""

    mean: np.ndarray
    deviation: np.ndarray

    @classmethod
    def of(cls, windows: np.ndarray) -> BandStatistics:
        """(n, 100, 198) uint8, a row a window."""
        parts = [windows[i : i + 256] * np.float32(DB) - 80 for i in range(0, len(windows), 256)]
        return cls(
            np.concatenate([part.mean(axis=2) for part in parts]),
            np.concatenate([part.std(axis=2) for part in parts]),
        )


@pytest.fixture(scope="module")
def extracted() -> tuple[list[str], BandStatistics]:
    """The songs' genres and statistics."""
    require(MUSIC)
    each = [BandStatistics.of(in_worker(windows, song)[0]) for song in songs()]
    assert len(each) == SONGS
    mean = np.stack([song.mean.mean(axis=0) for song in each])
    deviation = np.stack([song.deviation.mean(axis=0) for song in each])
    return [song.parent.name for song in songs()], BandStatistics(mean, deviation)


@pytest.fixture(scope="module")
def clips(archive: MelArchive, extracted: tuple[list[str], BandStatistics]) -> dict[str, BandStatistics]:
    """Of the first window of each clip of the archive, by genre."""
    first = {genre: archive.mel[archive.genre == genre] for genre in sorted(set(extracted[0]))}
    return {genre: BandStatistics.of(cut(mel, 0, FMA_ARCHIVE.frames)) for genre, mel in first.items()}


@pytest.mark.slow
class TestAllSongsAndTheirGenres:
    """No shift of the songs against the archive beyond what the genre and chance explain.

    For each band: how far a song lies from the mean of the archive's clips of its genre, in
    their standard deviations (z), averaged over the songs. The largest of the hundred averages
    is compared with what as many clips of the same genres, drawn from the archive, give: it has
    to be less than in 1 % of 4,000 draws. So bands may go together as they do, and a song that
    is unlike its genre counts as a clip that is.
    """

    @pytest.mark.parametrize("name", ["mean", "deviation"])
    def test_no_band_is_shifted(
        self,
        name: str,
        extracted: tuple[list[str], BandStatistics],
        clips: dict[str, BandStatistics],
    ) -> None:
        genres, ours = extracted
        theirs = {genre: getattr(found, name) for genre, found in clips.items()}
        shift, limit = largest_shift(getattr(ours, name), genres, theirs), chance(genres, theirs)
        print(f"\n{name}: largest average z {shift:.2f}, by chance {limit:.2f} in 1 % of draws")
        assert shift < limit

    def test_a_shift_would_be_seen(
        self, extracted: tuple[list[str], BandStatistics], clips: dict[str, BandStatistics]
    ) -> None:
        """As before the mel bank had a low-pass: 9 dB more in the top band."""
        genres, ours = extracted
        theirs = {genre: found.mean for genre, found in clips.items()}
        shifted = ours.mean.copy()
        shifted[:, -1] += 9
        assert largest_shift(shifted, genres, theirs) > chance(genres, theirs)


def largest_shift(songs: np.ndarray, genres: list[str], clips: dict[str, np.ndarray]) -> float:
    """The largest |z| of all bands, averaged over songs (n, bands)."""
    z = [(song - clips[g].mean(axis=0)) / clips[g].std(axis=0) for song, g in zip(songs, genres, strict=True)]
    return float(np.abs(np.mean(z, axis=0)).max())


def chance(genres: list[str], clips: dict[str, np.ndarray]) -> float:
    """What largest_shift exceeds in one of a hundred draws of clips instead of songs."""
    random = np.random.default_rng(11)
    z = {genre: (found - found.mean(axis=0)) / found.std(axis=0) for genre, found in clips.items()}
    drawn = np.mean([z[genre][random.integers(len(z[genre]), size=DRAWS)] for genre in genres], axis=0)
    return float(np.quantile(np.abs(drawn).max(axis=1), 0.99))
