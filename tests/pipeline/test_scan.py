"""The pipeline: what is heard, what is left alone, and that one bad file costs only itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import wave
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from audiotag.library.records import KnownTags, StyleOutput, Track
from audiotag.library.schema import MIGRATIONS
from audiotag.library.store import Store
from audiotag.library.walk import FoundFile
from audiotag.model.calibration import Platt
from audiotag.model.card import load_card
from audiotag.model.engines import Outputs
from audiotag.pipeline import predict as predict_module
from audiotag.pipeline.extract import Extracted as ExtractedFile
from audiotag.pipeline.extract import ExtractJob, ExtractTask
from audiotag.pipeline.scan import ScanOptions, scan
from audiotag.pipeline.summary import ScanSummary
from audiotag.tags.known import state_of
from tests.helpers.audio_files import make_audio, tone
from tests.helpers.big_library import CheapEngine
from tests.helpers.models import MadeModel
from tests.helpers.video_files import make_video

QUICK = ScanOptions(jobs=1, engine="onnx")


@dataclass
class Heard:
    """A progress that remembers."""

    planned: tuple[int, int] = (0, 0)
    tracks: list[Track] = field(default_factory=list)
    passed: list[tuple[str, str]] = field(default_factory=list)

    def plan(self, files: int, size: int, summary: ScanSummary) -> None:
        self.planned = (files, size)

    def advance(self, found: FoundFile, track: Track | None) -> None:
        if track is not None:
            self.tracks.append(track)

    def passed_over(self, path: bytes, kind: str, found: FoundFile | None) -> None:
        self.passed.append((os.path.basename(os.fsdecode(path)), kind))


@pytest.fixture(scope="session")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Four seconds of sound each, no two alike."""
    folder = tmp_path_factory.mktemp("sound")
    return [make_audio(folder / f"{i}.flac", tone(4.0, 22_050, seed=i), 22_050) for i in range(7)]


@pytest.fixture(scope="session")
def sound(sounds: list[Path]) -> Path:
    """One that is not among the three songs."""
    return sounds[3]


@pytest.fixture
def music(tmp_path: Path, sounds: list[Path]) -> Path:
    """A folder with three songs."""
    folder = tmp_path / "music"
    (folder / "album").mkdir(parents=True)
    for name, source in zip(("one.flac", "album/two.flac", "album/three.flac"), sounds, strict=False):
        shutil.copyfile(source, folder / name)
    return folder


@dataclass
class Library:
    """Scans into one library with the made model."""

    path: Path
    model: MadeModel
    heard: Heard = field(default_factory=Heard)

    def scan(self, *roots: Path, options: ScanOptions = QUICK) -> ScanSummary:
        self.heard = Heard()
        card = load_card(str(self.model.card_file))
        with Store(self.path, write=True) as store:
            return scan([os.fsencode(root) for root in roots], store, card, options, self.heard)

    def tracks(self) -> dict[str, Track]:
        with Store(self.path, write=False) as store:
            return {os.path.basename(os.fsdecode(track.path)): track for track in store.tracks()}


@pytest.fixture
def library(tmp_path: Path, made_model: MadeModel) -> Library:
    return Library(tmp_path / "library.db", made_model)


def test_every_song_gets_a_prediction(library: Library, music: Path) -> None:
    summary = library.scan(music)
    assert (summary.predicted, len(summary.failures), summary.unchanged) == (3, 0, 0)
    assert summary.seconds == pytest.approx(12.0, abs=0.01)
    assert library.heard.planned == (3, sum(file.stat().st_size for file in music.rglob("*.flac")))
    for track in library.tracks().values():
        assert track.status == "ok"
        assert track.windows == 3  # 4 s in windows of 1.2 s; a rest of a third of one adds none
        assert track.probabilities is not None
        assert track.embedding is not None
        assert (track.probabilities.shape, track.embedding.shape, track.styles) == ((3,), (16,), None)
        assert track.duration == pytest.approx(4.0, abs=0.01)
        # What `tag` has to know of it, so that it need not be opened again.
        assert track.info.tags == KnownTags(state_of(os.stat(track.path)), "flac")


def test_a_second_scan_decodes_nothing(library: Library, music: Path) -> None:
    library.scan(music)
    before = library.tracks()
    summary = library.scan(music)
    assert (summary.decoded, summary.unchanged, library.heard.tracks) == (0, 3, [])
    assert {name: track.scanned_at for name, track in before.items()} == {
        name: track.scanned_at for name, track in library.tracks().items()
    }


def test_only_what_changed_is_heard_again(library: Library, music: Path, sounds: list[Path]) -> None:
    library.scan(music)
    shutil.copyfile(sounds[3], music / "one.flac")
    shutil.copyfile(sounds[4], music / "new.flac")
    assert library.scan(music).predicted == 2
    assert sorted(os.path.basename(track.path) for track in library.heard.tracks) == [
        b"new.flac",
        b"one.flac",
    ]


@pytest.mark.parametrize("options", [replace(QUICK, rescan=True), replace(QUICK, windows=2)])
def test_what_was_heard_otherwise_is_heard_again(options: ScanOptions, library: Library, music: Path) -> None:
    library.scan(music)
    assert library.scan(music, options=options).predicted == 3
    if options.windows:
        assert {track.windows for track in library.tracks().values()} == {2}


def test_what_is_kept_is_how_often_a_genre_is_right(library: Library, music: Path) -> None:
    """The mean over the windows of what the network says, and then the card's calibration."""
    library.scan(music)
    card = load_card(str(library.model.card_file))
    plain = tuple(replace(genre, scaling=Platt()) for genre in card.outputs)
    calibrated = library.tracks()
    with Store(library.path, write=True) as store:
        scan([os.fsencode(music)], store, replace(card, outputs=plain), QUICK, Heard())
    for name, track in library.tracks().items():
        kept = calibrated[name].probabilities
        assert track.probabilities is not None
        assert kept is not None
        np.testing.assert_allclose(kept, card.calibrated(track.probabilities), atol=1e-5)
        assert track.probabilities.sum() == pytest.approx(1, abs=1e-4)


def test_styles_are_kept_beside_the_genres(
    library: Library, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Styling(CheapEngine):
        def predict(self, windows: np.ndarray) -> Outputs:
            styles = np.tile(np.array([0.25, 0.5], np.float32), (len(windows), 1))
            return super().predict(windows)._replace(styles=styles)

    monkeypatch.setattr(predict_module, "open_engine", lambda *_: Styling())
    styles = (StyleOutput("Skiffle", "Folk", 0.2), StyleOutput("Punk", "Rock", 0.5))
    card = replace(load_card(str(library.model.card_file)), styles=styles)
    with Store(library.path, write=True) as store:
        scan([os.fsencode(music)], store, card, QUICK, Heard())
        latest = store.latest_model()
        assert latest is not None
        assert latest.styles == styles
    assert [track.ranked_styles() for track in library.tracks().values()] == [
        [("Punk", 0.5), ("Skiffle", 0.25)]
    ] * 3


def test_known_tracks_are_judged_by_the_card_s_present_thresholds(library: Library, music: Path) -> None:
    library.scan(music)
    card = load_card(str(library.model.card_file))
    thresholds = (0.999_9, None, 0.1)
    outputs = tuple(replace(g, threshold=t) for g, t in zip(card.outputs, thresholds, strict=True))
    card = replace(card, outputs=outputs)
    with Store(library.path, write=True) as store:
        scan([os.fsencode(music)], store, card, QUICK, Heard())
    assert {track.model.thresholds for track in library.tracks().values() if track.model} == {thresholds}


def test_files_are_only_read(library: Library, music: Path) -> None:
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in music.rglob("*.flac")}
    library.scan(music)
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in music.rglob("*.flac")} == before
    assert sorted(os.listdir(music)) == ["album", "one.flac"]


def test_a_path_given_twice_or_inside_another_is_heard_once(library: Library, music: Path) -> None:
    assert library.scan(music, music, music / "album", music / "one.flac").predicted == 3


def test_the_number_of_workers_does_not_change_the_answer(library: Library, music: Path) -> None:
    library.scan(music)
    one = library.tracks()
    library.scan(music, options=replace(QUICK, jobs=3, batch_size=5, rescan=True))
    for name, track in library.tracks().items():
        assert track.probabilities is not None
        np.testing.assert_allclose(track.probabilities, one[name].probabilities, atol=1e-5)


class TestBadFiles:
    def test_each_is_recorded_with_its_reason_and_the_rest_goes_on(
        self, library: Library, music: Path
    ) -> None:
        (music / "text.flac").write_text("no music at all\n" * 99)
        (music / "empty.mp3").touch()
        (music / "picture.ogg").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(500))
        (music / "folder.mp3").mkdir()
        data = (music / "one.flac").read_bytes()
        (music / "half.flac").write_bytes(data[: len(data) // 8])
        make_audio(music / "jingle.wav", tone(1.0, 22_050), 22_050)
        summary = library.scan(music)
        assert summary.predicted == 3
        assert summary.too_short >= 1
        failed = {os.path.basename(path): reason for path, reason in summary.failures}
        assert failed[b"empty.mp3"] == "the file is empty"
        assert {b"text.flac", b"empty.mp3", b"picture.ogg"} <= set(failed)
        tracks = library.tracks()
        assert tracks["jingle.wav"].status == "too-short"
        assert "1.0 s" in str(tracks["jingle.wav"].error)
        assert tracks["text.flac"].status == "failed"
        assert len(tracks) == 8

    def test_they_are_not_tried_again_until_asked_or_changed(
        self, library: Library, music: Path, sound: Path
    ) -> None:
        bad = music / "bad.flac"
        bad.write_text("no music")
        assert len(library.scan(music).failures) == 1
        again = library.scan(music)
        assert (len(again.failures), again.failed_before, again.decoded) == (0, 1, 0)
        assert len(library.scan(music, options=replace(QUICK, retry_failed=True)).failures) == 1
        shutil.copyfile(sound, bad)
        assert library.scan(music).predicted == 1
        assert library.tracks()["bad.flac"].status == "ok"

    @pytest.mark.parametrize("rate", [1, 20_000_000, 2_147_483_647])
    def test_a_damaged_header_costs_that_file_alone(self, rate: int, library: Library, music: Path) -> None:
        with wave.open(str(music / "damaged.wav"), "wb") as file:
            file.setparams((1, 2, rate, 0, "NONE", "not compressed"))
            file.writeframes(bytes(range(256)) * 500)
        summary = library.scan(music)
        assert summary.predicted == 3
        ((path, reason),) = summary.failures
        assert (os.path.basename(path), "header is damaged" in reason) == (b"damaged.wav", True)

    def test_what_nobody_foresaw_costs_that_file_alone(
        self, library: Library, music: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(predict_module, "ExtractTask", _UnforeseenTask)
        summary = library.scan(music)
        assert summary.predicted == 2
        assert [reason for _, reason in summary.failures] == ["MemoryError: too much"]

    def test_names_may_be_any_bytes(self, library: Library, music: Path, sounds: list[Path]) -> None:
        names = [b"\xff\xfe.flac", b"new\nline.flac", b"quo'te\".flac", "é🎵.flac".encode()]
        for name, sound in zip(names, sounds[3:], strict=True):
            shutil.copyfile(os.fsencode(sound), os.path.join(os.fsencode(music), name))
        assert library.scan(music).predicted == 7


class _UnforeseenTask(ExtractTask):
    """A task in whose depths something breaks."""

    def __call__(self, job: ExtractJob) -> ExtractedFile:
        from audiotag.pipeline import extract as extract_module

        def broken(*arguments: object) -> object:
            raise MemoryError("too much")

        original = extract_module.extract
        if job.found.path.endswith(b"one.flac"):
            extract_module.extract = broken  # type: ignore[assignment]
        try:
            return super().__call__(job)
        finally:
            extract_module.extract = original


class TestMissing:
    def test_a_folder_that_cannot_be_looked_into_is_not_gone(
        self, library: Library, music: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        library.scan(music)
        real = os.lstat

        def refused(path: bytes, **options: int) -> os.stat_result:
            if b"album" in os.fsencode(path):
                raise PermissionError(13, "Permission denied")
            return real(path, **options)

        monkeypatch.setattr(os, "lstat", refused)
        assert library.scan(music, options=replace(QUICK, prune=True)).missing == 0
        assert len(library.tracks()) == 3

    def test_prune_forgets_nothing_elsewhere(self, library: Library, music: Path, sounds: list[Path]) -> None:
        library.scan(music)
        other = music.parent / "other"
        other.mkdir()
        shutil.copyfile(sounds[3], other / "more.flac")
        shutil.rmtree(music)
        library.scan(other, options=replace(QUICK, prune=True))
        assert len(library.tracks()) == 4

    def test_prune_spares_what_may_be_a_disk_that_is_not_mounted(self, library: Library, music: Path) -> None:
        library.scan(music)
        shutil.move(music, music.parent / "unplugged")
        music.mkdir()
        summary = library.scan(music, options=replace(QUICK, prune=True))
        assert (summary.missing, summary.spared) == (3, 3)
        assert all(track.missing for track in library.tracks().values())
        music.rmdir()
        shutil.move(music.parent / "unplugged", music)
        assert library.scan(music).unchanged == 3
        assert not any(track.missing for track in library.tracks().values())

    def test_files_that_are_gone_are_marked_and_come_back(
        self, library: Library, music: Path, sound: Path
    ) -> None:
        library.scan(music)
        (music / "one.flac").rename(music.parent / "aside.flac")
        assert library.scan(music).missing == 1
        assert library.tracks()["one.flac"].missing
        (music.parent / "aside.flac").rename(music / "one.flac")
        assert library.scan(music).unchanged == 3
        assert not library.tracks()["one.flac"].missing

    def test_a_failed_file_comes_back_as_well(self, library: Library, music: Path) -> None:
        bad = music / "bad.flac"
        bad.write_text("no music")
        library.scan(music)
        bad.rename(music.parent / "aside.flac")
        library.scan(music)
        assert library.tracks()["bad.flac"].missing
        (music.parent / "aside.flac").rename(bad)
        assert library.scan(music).failed_before == 1
        assert not library.tracks()["bad.flac"].missing

    def test_prune_forgets_them(self, library: Library, music: Path) -> None:
        library.scan(music)
        (music / "album/two.flac").unlink()
        assert library.scan(music, options=replace(QUICK, prune=True)).missing == 1
        assert sorted(library.tracks()) == ["one.flac", "three.flac"]

    def test_files_elsewhere_are_none_of_its_business(
        self, library: Library, music: Path, tmp_path: Path
    ) -> None:
        library.scan(music)
        (music / "one.flac").unlink()
        assert library.scan(music / "album").missing == 0


def loaded_libraries(pid: int) -> set[str]:
    """Which of the two that must not meet a process has mapped."""
    try:
        with open(f"/proc/{pid}/maps") as file:
            maps = file.read()
    except OSError:
        return set()
    names = {"essentia": "/essentia/_essentia", "tensorflow": "/tensorflow/libtensorflow_framework"}
    return {name for name, mark in names.items() if mark in maps}


def descendants(pid: int) -> list[int]:
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as file:
                for child in map(int, file.read().split()):
                    found += [child, *descendants(child)]
    except OSError:
        pass
    return found


@pytest.mark.slow
def test_essentia_and_tensorflow_never_meet_in_one_process(
    music: Path, made_model: MadeModel, tmp_path: Path
) -> None:
    """Watched from outside, through a scan with the TensorFlow engine."""
    command = [sys.executable, "-m", "audiotag", "scan", str(music), "--engine", "tensorflow"]
    command += ["--db", str(tmp_path / "l.db"), "--model", str(made_model.card_file), "--jobs", "2"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    seen: set[frozenset[str]] = set()
    while process.poll() is None:
        for pid in [process.pid, *descendants(process.pid)]:
            seen.add(frozenset(loaded_libraries(pid)))
        time.sleep(0.01)
    assert process.stderr is not None
    assert process.returncode == 0, process.stderr.read()
    assert frozenset({"essentia"}) in seen, "no decode worker was seen at work"
    assert frozenset({"tensorflow"}) in seen, "the engine was not seen at work"
    assert frozenset({"essentia", "tensorflow"}) not in seen


class TestWhatIsNoMusic:
    """Videos and audiobooks are passed over, remembered as such, and heard when asked for."""

    @pytest.fixture
    def film(self, music: Path) -> Path:
        return make_video(music / "film.m4a", tone(4.0, 44_100), 44_100, 20, 0.1)

    @pytest.fixture
    def book(self, music: Path) -> Path:
        return make_audio(music / "book.m4b", tone(4.0, 44_100, seed=1), 44_100)

    def test_it_is_counted_and_has_no_row(
        self, library: Library, music: Path, film: Path, book: Path
    ) -> None:
        summary = library.scan(music)
        assert (summary.predicted, len(summary.failures)) == (3, 0)
        assert summary.passed_over == {"videos": 1, "audiobooks": 1}
        assert sorted(library.heard.passed) == [("book.m4b", "audiobooks"), ("film.m4a", "videos")]
        assert {"film.m4a", "book.m4b"}.isdisjoint(library.tracks())

    def test_it_is_not_looked_into_again(self, library: Library, music: Path, film: Path, book: Path) -> None:
        library.scan(music)
        summary = library.scan(music)
        assert library.heard.planned == (0, 0)
        assert summary.passed_over == {"videos": 1, "audiobooks": 1}
        assert len(library.heard.passed) == 2
        os.utime(film, ns=(1, 1))
        library.scan(music)
        assert library.heard.planned[0] == 1

    def test_it_is_heard_when_asked_for(self, library: Library, music: Path, film: Path, book: Path) -> None:
        library.scan(music)
        summary = library.scan(music, options=replace(QUICK, include=("videos",)))
        assert summary.predicted == 1
        assert summary.passed_over == {"audiobooks": 1}
        assert library.tracks()["film.m4a"].status == "ok"
        # And what was asked for stays, until the file changes.
        assert library.scan(music).passed_over == {"audiobooks": 1}
        assert "film.m4a" in library.tracks()

    def test_what_an_earlier_version_made_of_it_is_forgotten(
        self, library: Library, music: Path, film: Path, book: Path
    ) -> None:
        library.scan(music, options=replace(QUICK, include=("videos", "audiobooks")))
        assert len(library.tracks()) == 5
        with Store(library.path, write=True) as store:
            for statement in MIGRATIONS[3]:
                if "mtime_ns = -1" in statement:
                    store.execute(statement)
        summary = library.scan(music)
        assert (summary.predicted, summary.unchanged) == (0, 3)
        assert {"film.m4a", "book.m4b"}.isdisjoint(library.tracks())

    def test_songs_in_such_files_are_only_looked_at(self, library: Library, tmp_path: Path) -> None:
        song = tmp_path / "SONG.M4A"
        make_audio(tmp_path / "song.m4a", tone(4.0, 44_100), 44_100).rename(song)
        library.scan(song)
        with Store(library.path, write=True) as store:
            for statement in MIGRATIONS[3]:
                if "mtime_ns = -1" in statement:
                    store.execute(statement)
        summary = library.scan(song)
        assert (summary.predicted, summary.recognised) == (0, 1)
        assert library.tracks()["SONG.M4A"].mtime_ns == song.stat().st_mtime_ns

    def test_one_that_is_gone_is_forgotten(self, library: Library, music: Path, film: Path) -> None:
        library.scan(music)
        film.unlink()
        summary = library.scan(music)
        assert (summary.passed_over, summary.missing) == ({}, 0)
        with Store(library.path, write=False) as store:
            assert store.execute("SELECT * FROM passed_over") == []

    def test_elsewhere_it_is_none_of_the_scan_s_business(
        self, library: Library, music: Path, film: Path
    ) -> None:
        library.scan(music)
        assert library.scan(music / "album").passed_over == {}
        assert library.scan(music).passed_over == {"videos": 1}
        assert library.heard.planned == (0, 0)
