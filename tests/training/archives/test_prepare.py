"""From labelled audio to a mel archive: every row what librosa makes of it, every fault named."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import librosa
import mutagen
import numpy as np
import pytest

from audiotag.audio.worker import WorkerDied
from audiotag.errors import ArchiveError, UsageError
from audiotag.library.records import TrackInfo
from audiotag.pipeline.extract import Extracted, ExtractJob
from audiotag.pipeline.window_buffer import Windows
from audiotag.training.archives.archive import FMA_CLIP, MelArchive, load_archive, save_archive
from audiotag.training.archives.dataset import Dataset, find_dataset
from audiotag.training.archives.fma import FmaTrack
from audiotag.training.archives.prepare import PrepareOptions, PrepareSummary, gaps, prepare
from audiotag.training.archives.split import Shares
from tests.helpers.audio_files import make_audio, tone
from tests.helpers.fma import make_clip, write_tracks
from tests.helpers.models import SMALL

# Clips of 2 s by a small front-end: a second's work for a dozen files.
QUICK = PrepareOptions(SMALL, clip_seconds=2.0, jobs=1)


@dataclass
class Progress:
    """Remembers."""

    planned: tuple[int, int] = (0, 0)
    extracted: list[Extracted] = field(default_factory=list)

    def plan(self, files: int, size: int) -> None:
        self.planned = (files, size)

    def advance(self, extracted: Extracted) -> None:
        self.extracted.append(extracted)


def run(dataset: Dataset, options: PrepareOptions = QUICK) -> tuple[MelArchive, PrepareSummary]:
    return prepare(dataset, options, Progress())


def song(path: Path, artist: str = "", seconds: float = 4.0, seed: int = 0) -> Path:
    """A file with an artist tag."""
    path.parent.mkdir(parents=True, exist_ok=True)
    make_audio(path, tone(seconds, 22_050, seed=seed), 22_050)
    if artist:
        tagged = mutagen.File(path)
        tagged["artist"] = artist
        tagged.save()
    return path


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """Two genres, nested and with faults: a file that is no audio, one too short, one silent."""
    root = tmp_path / "music"
    song(root / "Folk" / "Ann" / "First" / "one.flac", "Ann", seed=1)
    song(root / "Folk" / "Ann" / "First" / "two.flac", "ann", seed=2)
    song(root / "Folk" / "Bob.flac", "Bob", seed=3)
    song(root / "Pop" / "Ann sings pop.flac", "Ann ", seed=4)
    song(root / "Pop" / "nobody.flac", seed=5)
    song(root / "Pop" / "short.flac", seconds=2.0)
    make_audio(root / "Pop" / "silent.wav", np.zeros((5 * 22_050, 1), np.float32), 22_050)
    (root / "Pop" / "notes.flac").write_text("no audio at all")
    (root / "Pop" / "cover.jpg").write_text("not looked at")
    (root / ".hidden").mkdir()
    song(root / ".hidden" / "x.flac")
    return root


class TestGenreFolders:
    def test_every_file_is_labelled_or_named(self, folders: Path) -> None:
        dataset = find_dataset(folders)
        progress = Progress()
        archive, summary = prepare(dataset, QUICK, progress)
        assert archive.path is not None
        rows = dict(zip(archive.path.tolist(), archive.genre.tolist(), strict=True))
        assert rows == {
            "Folk/Ann/First/one.flac": "Folk",
            "Folk/Ann/First/two.flac": "Folk",
            "Folk/Bob.flac": "Folk",
            "Pop/Ann sings pop.flac": "Pop",
            "Pop/nobody.flac": "Pop",
        }
        assert [os.path.basename(path) for path, _ in summary.failures] == [b"notes.flac"]
        assert [(os.path.basename(path), reason) for path, reason in summary.too_short] == [
            (b"short.flac", "2.0 s of sound; at least 3 s are needed"),
            (b"silent.wav", "nothing but silence in it"),
        ]
        assert (summary.tracks, summary.seconds) == (5, pytest.approx(20.0))
        assert progress.planned == (8, sum(file.found.size for file in dataset.files))
        assert len(progress.extracted) == 8

    @pytest.mark.slow
    def test_an_artist_is_on_one_side_in_all_genres(self, folders: Path) -> None:
        for seed in range(5):
            options = replace(QUICK, shares=Shares(0.3, 0.3, seed))
            archive, _ = run(find_dataset(folders), options)
            assert archive.path is not None
            ann = np.array(["Ann" in path for path in archive.path])
            assert len(set(archive.split[ann])) == 1
            # And on one side of every fold, however few artists there are.
            assert len(set(archive.group[ann])) == 1
            assert not set(archive.group[ann]) & set(archive.group[~ann])

    @pytest.mark.slow
    def test_the_same_archive_whatever_the_order_and_the_workers(self, folders: Path, tmp_path: Path) -> None:
        other = Path(shutil.copytree(folders, tmp_path / "copy"))
        one, _ = run(find_dataset(folders))
        two, _ = run(find_dataset(other), replace(QUICK, jobs=3))
        for name in ("mel", "genre", "split", "track_id", "path"):
            np.testing.assert_array_equal(getattr(one, name), getattr(two, name))

    def test_several_clips_of_a_track_share_its_id_and_split(self, tmp_path: Path) -> None:
        song(tmp_path / "Folk" / "long.flac", seconds=11.0)
        song(tmp_path / "Folk" / "short.flac", seconds=4.1, seed=1)
        archive, summary = run(find_dataset(tmp_path), replace(QUICK, clips=3))
        assert archive.path is not None
        assert archive.path.tolist() == ["Folk/long.flac"] * 3 + ["Folk/short.flac"] * 2
        assert len(set(archive.track_id.tolist())) == summary.tracks == 2
        assert archive.track_id.dtype == np.int32

    def test_by_default_the_clip_in_the_middle(self, tmp_path: Path) -> None:
        """Three stretches: noise, a tone, noise. The tone is what the archive has."""
        noise = 0.3 * np.random.default_rng(0).standard_normal((2 * 22_050, 1)).astype(np.float32)
        steady = 0.3 * np.sin(2 * np.pi * 440 * np.arange(2 * 22_050) / 22_050).astype(np.float32)[:, None]
        (tmp_path / "Folk").mkdir()
        make_audio(tmp_path / "Folk" / "x.flac", np.concatenate([noise, steady, noise]), 22_050)
        archive, _ = run(find_dataset(tmp_path))
        assert archive.mel.shape == (1, SMALL.bands, SMALL.of_length(2.0).frames)
        middle = archive.mel[0][:, 10:-10]
        loudest = np.bincount(middle.argmax(axis=0)).argmax()
        assert (middle.argmax(axis=0) == loudest).all()

    def test_a_short_track_is_followed_by_floor(self, tmp_path: Path) -> None:
        song(tmp_path / "Folk" / "x.flac", seconds=4.0)
        archive, _ = run(find_dataset(tmp_path), replace(QUICK, clip_seconds=8.0))
        columns = archive.mel.shape[2]
        assert (archive.mel[0][:, columns // 2 + 2 :] == 0).all()
        assert (archive.mel[0][:, : columns // 2 - 2].max(axis=0) > 0).all()

    def test_a_genre_without_a_share_is_told(self, folders: Path) -> None:
        archive, _ = run(find_dataset(folders))
        uneven = replace(archive, split=np.where(archive.genre == "Pop", "train", "val"))
        assert gaps(uneven) == [("train", ["Folk"]), ("val", ["Pop"])]


class TestFma:
    TRACKS = (
        FmaTrack(2, "train", "small", "Folk"),
        FmaTrack(5, "val", "small", "Folk"),
        FmaTrack(1_000, "test", "small", "Rock"),
        FmaTrack(1_001, "train", "medium", "Jazz"),
        FmaTrack(1_002, "train", "small", "Rock"),
        FmaTrack(1_003, "train", "small", "Rock"),
    )

    def test_its_official_split_and_genres(self, tmp_path: Path) -> None:
        write_tracks(tmp_path / "fma_metadata" / "tracks.csv", self.TRACKS)
        for track in self.TRACKS[:4]:
            make_clip(tmp_path / "fma_small", track)
        bad = tmp_path / "fma_small" / self.TRACKS[4].name
        bad.write_bytes(b"\0" * 1_000)
        dataset = find_dataset(tmp_path)
        assert dataset.absent == ("001/001003.mp3",)
        archive, summary = run(dataset)
        assert archive.track_id.tolist() == [2, 5, 1_000]
        assert archive.split.tolist() == ["train", "val", "test"]
        assert archive.genre.tolist() == ["Folk", "Folk", "Rock"]
        assert [os.fsdecode(path) for path, _ in summary.failures] == [str(bad)]

    def test_tracks_without_a_genre_are_passed_over(self, tmp_path: Path) -> None:
        tracks = [replace(self.TRACKS[0], subset="large"), FmaTrack(3, "train", "large", "")]
        write_tracks(tmp_path / "tracks.csv", tracks)
        for track in tracks:
            make_clip(tmp_path / "fma_large", track)
        dataset = find_dataset(tmp_path)
        assert (len(dataset.files), dataset.unlabelled) == (1, 1)


class TestARow:
    RATE = 44_100

    def sound(self) -> np.ndarray:
        """30 s of gliding partials and bursts of noise, mono."""
        random = np.random.default_rng(5)
        t = np.arange(30 * self.RATE) / self.RATE
        partials = sum(0.1 * np.sin(2 * np.pi * f * (t + 0.01 * np.sin(t))) for f in (110, 440, 1320, 5000))
        bursts = 0.05 * random.standard_normal(len(t)) * np.abs(np.sin(3 * t)) ** 8
        return np.asarray(partials + bursts, np.float32)

    def test_it_is_what_librosa_makes_of_a_clip(self, tmp_path: Path) -> None:
        """As FMA's archive was made: 1,292 frames, of which 250 columns, of 128 bands 100 rows."""
        (tmp_path / "Folk").mkdir()
        make_audio(tmp_path / "Folk" / "x.wav", self.sound()[:, None], self.RATE)
        archive, _ = run(find_dataset(tmp_path), PrepareOptions(jobs=1))
        assert archive.mel.shape == (1, 100, 250)
        assert archive.frontend == FMA_CLIP

        samples, _ = librosa.load(tmp_path / "Folk" / "x.wav", sr=22_050)
        mel = librosa.feature.melspectrogram(y=samples, sr=22_050, n_fft=2048, hop_length=512, n_mels=128)
        level = librosa.power_to_db(mel, ref=np.max, top_db=80)
        assert level.shape == (128, 1292)
        rows = np.ceil((np.arange(100) + 1) * 1.28).astype(int) - 1
        columns = np.floor((np.arange(250) + 0.5) * 1292 / 250).astype(int)
        expected = level[rows][:, columns]
        expected -= expected.max()  # ours is relative to the loudest cell that is kept
        expected = np.maximum(expected, -80)[:-3]  # the low-pass in the top three: see test_mel.py
        ours = archive.mel[0][:-3] * (80 / 255) - 80
        assert np.abs(ours - expected).mean() < 0.15
        assert (np.abs(ours - expected) > 3).mean() < 0.01
        assert np.corrcoef(ours.ravel(), expected.ravel())[0, 1] > 0.999


def test_a_clip_that_kills_its_worker_has_failed(folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def workers(_task: object, jobs: Iterator[ExtractJob], _count: int) -> Iterator[object]:
        first, *others = jobs
        yield WorkerDied(first)
        for job in others:
            windows = Windows(np.zeros((1, SMALL.bands, 48), np.uint8), np.zeros(1, np.float32))
            yield Extracted(job, TrackInfo(), 4.0, windows)

    monkeypatch.setattr("audiotag.training.archives.prepare.run_workers", workers)
    dataset = replace(find_dataset(folders), problems=())
    archive, summary = run(dataset)
    first = dataset.files[0].found.path
    assert summary.failures == [(first, "killed its worker process (out of memory?)")]
    assert summary.tracks == len(archive) == len(dataset.files) - 1


def test_summaries_add_up() -> None:
    total = PrepareSummary()
    total.add(PrepareSummary(2, 60.0, [(b"a", "damaged")]))
    total.add(PrepareSummary(3, 30.0, too_short=[(b"b", "1 s")]))
    assert total == PrepareSummary(5, 90.0, [(b"a", "damaged")], [(b"b", "1 s")])


class TestNothingToUse:
    def test_no_folder_no_audio_no_genre(self, tmp_path: Path) -> None:
        with pytest.raises(ArchiveError, match="not a folder"):
            find_dataset(tmp_path / "gone")
        with pytest.raises(ArchiveError, match="no audio files"):
            find_dataset(tmp_path)
        song(tmp_path / "in no genre.flac")
        with pytest.raises(ArchiveError, match="no audio files"):
            find_dataset(tmp_path)

    def test_not_one_good_file(self, tmp_path: Path) -> None:
        (tmp_path / "Folk").mkdir()
        (tmp_path / "Folk" / "a.mp3").write_text("nothing")
        with pytest.raises(ArchiveError, match=r"not one file could be used; the first: .*a\.mp3"):
            run(find_dataset(tmp_path))

    @pytest.mark.parametrize("wrong", [{"clips": 0}, {"clip_seconds": 0.5}, {"clip_seconds": float("nan")}])
    def test_senseless_options(self, wrong: dict[str, float]) -> None:
        with pytest.raises(UsageError):
            replace(QUICK, **wrong)


def test_what_is_prepared_is_read_back(folders: Path, tmp_path: Path) -> None:
    archive, _ = run(find_dataset(folders))
    save_archive(archive, tmp_path / "a.npz")
    again = load_archive(tmp_path / "a.npz")
    assert again.frontend == SMALL.of_length(2.0)
    np.testing.assert_array_equal(again.mel, archive.mel)
    again.require_frontend(SMALL)
