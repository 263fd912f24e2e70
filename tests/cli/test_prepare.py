"""`audiotag prepare` as a user runs it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from audiotag.audio.frontend import FMA_ARCHIVE
from audiotag.training.archives.archive import load_archive
from tests.helpers.audio_files import make_audio, tone

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def environment(folder: Path) -> dict[str, str]:
    return os.environ | {
        "XDG_CONFIG_HOME": str(folder / "config"),
        "AUDIOTAG_JOBS": "1",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }


@pytest.fixture
def prepare(tmp_path: Path) -> Run:
    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "audiotag", "prepare", *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            env=environment(tmp_path),
        )

    return run


@pytest.fixture
def music(tmp_path: Path) -> Path:
    for seed, name in enumerate(("Folk/one.mp3", "Folk/two.ogg", "Pop/three.flac")):
        path = tmp_path / "music" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        make_audio(path, tone(4.0, 44_100, seed=seed), 44_100)
    return tmp_path / "music"


def test_an_archive_that_a_model_can_be_trained_on(prepare: Run, music: Path, tmp_path: Path) -> None:
    done = prepare(music, "-o", tmp_path / "a.npz")
    assert (done.returncode, done.stdout) == (0, "")
    assert f"{tmp_path}/a.npz: 3 clips of 3 tracks in 2 genres (train 3, val 0, test 0)." in done.stderr
    archive = load_archive(tmp_path / "a.npz")
    archive.require_frontend(FMA_ARCHIVE)
    assert archive.mel.shape == (3, 100, 250)
    assert prepare(music, "-q", "-o", tmp_path / "b.npz").stderr == ""


def test_no_archive_takes_the_place_of_a_song(prepare: Run, music: Path) -> None:
    song = music / "Folk" / "one.mp3"
    before = song.read_bytes()
    done = prepare(music, "-o", song)
    assert (done.returncode, song.read_bytes()) == (2, before)
    assert "one.mp3: is music, and not to be written over" in done.stderr


@pytest.mark.slow
def test_what_fails_is_named_and_exit_3(prepare: Run, music: Path, tmp_path: Path) -> None:
    (music / "Pop" / "bad.mp3").write_text("no audio")
    make_audio(music / "Pop" / "short.wav", tone(1.0, 44_100), 44_100)
    done = prepare(music, "-o", tmp_path / "a.npz")
    assert done.returncode == 3
    assert f"failed: {music}/Pop/bad.mp3: " in done.stderr
    assert f"too short: {music}/Pop/short.wav: 1.0 s of sound" in done.stderr
    assert "3 clips of 3 tracks in 2 genres (train 3, val 0, test 0), 1 too short, 1 failed." in done.stderr
    done = prepare(music, "-q", "-o", tmp_path / "a.npz")
    assert (done.returncode, done.stderr.count("\n")) == (3, 1)


@pytest.mark.slow
def test_all_for_testing(prepare: Run, music: Path, tmp_path: Path) -> None:
    done = prepare(music, "-o", tmp_path / "a.npz", "--val-share", "0", "--test-share", "1")
    assert "(train 0, val 0, test 3)" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["gone", "-o", "a.npz"], 1, "gone: no such file or folder"),
        (["music", "-o", "gone/a.npz"], 1, "there is no folder"),
        (["music/Folk", "-o", "a.npz"], 1, "no audio files in folders named by genre"),
        (["music", "-o", "a.npz", "--val-share", "0.9", "--test-share", "0.2"], 2, "together"),
        (["music", "-o", "a.npz", "--clip-seconds", "5"], 2, "the model's window"),
        (["music", "-o", "a.npz", "--jobs", "-1"], 2, "jobs"),
        (["music", "-o", "a.npz", "--model", "nonsense"], 1, "no model"),
    ],
)
def test_what_makes_no_sense_is_one_line(
    arguments: list[str], code: int, said: str, prepare: Run, music: Path, tmp_path: Path
) -> None:
    done = prepare(*arguments)
    assert (done.returncode, done.stderr.count("\n")) == (code, 1)
    assert said in done.stderr
    assert not (tmp_path / "a.npz").exists()


def test_interrupted_it_writes_nothing_and_says_so(music: Path, tmp_path: Path) -> None:
    for i in range(30):
        (music / "Pop" / f"more{i:02}.flac").write_bytes((music / "Pop" / "three.flac").read_bytes())
    process = subprocess.Popen(
        [sys.executable, "-m", "audiotag", "prepare", "-v", str(music), "-o", str(tmp_path / "a.npz")],
        env=environment(tmp_path),
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for _ in range(2):  # the opening line and a file
        process.stderr.readline()
    process.send_signal(signal.SIGINT)
    rest = process.stderr.read()
    assert process.wait(timeout=20) == 130
    assert rest.endswith(f"audiotag: interrupted; {tmp_path}/a.npz has not been written\n")
    assert os.listdir(tmp_path) == ["music"]


@pytest.mark.slow
def test_two_data_sets_are_two_collections_of_one_archive(audiotag: Run, tmp_path: Path) -> None:
    for name in ("ours", "theirs"):
        (tmp_path / name / "Jazz").mkdir(parents=True)
        make_audio(tmp_path / name / "Jazz" / "a.flac", tone(31.0, 22_050), 22_050)
    done = audiotag("prepare", tmp_path / "ours", tmp_path / "theirs", "-o", tmp_path / "all.npz")
    assert done.returncode == 0, done.stderr
    archive = load_archive(tmp_path / "all.npz")
    assert archive.source is not None
    assert archive.source.tolist() == ["ours", "theirs"]
    done = audiotag("prepare", tmp_path / "ours", tmp_path / "ours", "-o", tmp_path / "all.npz")
    assert (done.returncode, "the same name" in done.stderr) == (2, True)
