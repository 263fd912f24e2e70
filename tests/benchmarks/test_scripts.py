"""Every benchmark runs by its name, with tiny sizes, and prints its table."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from audiotag.model.card import load_card
from audiotag.training.archives.archive import MelArchive, save_archive
from benchmarks.common import TOP
from tests.helpers.audio_files import make_audio, tone
from tests.helpers.browser import needs_chromium
from tests.helpers.models import GENRES, SMALL, MadeModel

SCRIPTS = TOP / "benchmarks"
NO_SCRIPTS = {
    "common.py", "measure.py", "measure_tree.py", "others.py", "made_songs.py", "made_collection.py",
    "clip_library.py",
}  # fmt: skip


def run(script: str, *arguments: str | Path) -> str:
    """What a script printed; it is run elsewhere, with nothing that helps it to find the repository."""
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, SCRIPTS / script, *arguments],
        capture_output=True, text=True, check=False, env=variables, cwd="/",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def songs(tmp_path: Path) -> Path:
    for number, genre in enumerate(("Folk", "Pop")):
        folder = tmp_path / "songs" / genre
        folder.mkdir(parents=True)
        make_audio(folder / "a.flac", tone(4.0 + number, 22_050, seed=number), 22_050)
    return tmp_path / "songs"


def test_all_of_them_are_tried_here() -> None:
    here = Path(__file__).read_text(encoding="utf-8")
    names = {path.name for path in SCRIPTS.glob("*.py")} - NO_SCRIPTS
    assert [name for name in sorted(names) if f'run("{name}"' not in here] == []


def test_all_of_them_are_run_by_make() -> None:
    makefile = (TOP / "Makefile").read_text(encoding="utf-8")
    names = {path.name for path in SCRIPTS.glob("*.py")} - NO_SCRIPTS
    assert [name for name in sorted(names) if f"benchmarks/{name}" not in makefile] == []


@pytest.mark.slow
def test_scan_songs(songs: Path, made_model: MadeModel) -> None:
    said = run("scan_songs.py", songs, "--repeat", "1", "--model", made_model.card_file)
    assert "scan --rescan, 2 songs" in said
    assert "the same for one of them" in said
    assert "scan, nothing changed" in said


def test_network(made_model: MadeModel) -> None:
    arguments = ("--engine", "onnx", "--batch-size", "2", "--windows", "3", "--repeat", "1")
    said = run("network.py", *arguments, "--model", made_model.card_file)
    assert "made, 3 windows" in said
    assert "onnx" in said


@pytest.mark.slow
def test_against_others(songs: Path, made_model: MadeModel) -> None:
    said = run("against_others.py", songs, "--repeat", "1", "--model", made_model.card_file)
    assert "2 songs, 0." in said
    for name in ("audiotag scan", "the original", "librosa", "Essentia"):
        assert f"\n{name}" in said


@pytest.mark.slow
def test_scan_growth(made_model: MadeModel) -> None:
    sizes = ("--files", "3", "--minutes", "0.2", "--seconds", "4")
    said = run("scan_growth.py", *sizes, "--model", made_model.card_file)
    assert "3 files of 4 s" in said
    assert "one track of 0.2 min" in said


@pytest.mark.slow
def test_overlap(songs: Path, made_model: MadeModel) -> None:
    said = run("overlap.py", songs, "--cores", "1", "--model", made_model.card_file)
    assert "\n1 core " in said
    assert "more than cores" in said


@pytest.mark.slow
def test_decode(songs: Path) -> None:
    said = run("decode.py", songs, "--repeat", "1")
    assert "2 songs decoded, processor time" in said
    assert "failed" not in said


@pytest.mark.slow
def test_windows(songs: Path) -> None:
    said = run("windows.py", songs, "--minutes", "3")
    assert "2 of 2" in said
    assert "one mp3 file of 3.0 min" in said


@pytest.mark.slow
def test_frontend(tmp_path: Path) -> None:
    make_audio(tmp_path / "long.wav", tone(34.0, 22_050, channels=1), 22_050)
    make_audio(tmp_path / "short.wav", tone(4.0, 22_050, channels=1), 22_050)
    said = run("frontend.py", tmp_path)
    assert "made sound, 48,000 Hz" in said
    assert "songs: 1" in said


@pytest.mark.slow
def test_big_library() -> None:
    said = run("big_library.py", "--files", "250", "--rows", "300")
    assert "250 files, first scan" in said
    assert "the same, 100 of them moved" in said
    assert "300 rows as CSV and JSON" in said


def test_tag_plan() -> None:
    assert "tag --write -q" in run("tag_plan.py", "--files", "120")


@pytest.mark.slow
def test_start_up(songs: Path) -> None:
    said = run("start_up.py", next(songs.iterdir()), "--repeat", "1")
    assert "audiotag --help" in said
    assert "scan, one song" in said


@pytest.mark.slow
def test_undo_journal() -> None:
    said = run("undo_journal.py", "--files", "3", "--rows", "50")
    assert "undo PATH in a run of 50 writes" in said
    assert "undo, a folder of 3 files" in said


@pytest.mark.slow
def test_writing() -> None:
    said = run("writing.py", "--files", "3", "--mb", "0.03")
    assert "3 files, 0 MB" in said
    assert "cp -r, then fsync each" in said
    assert "audiotag undo -q" in said
    assert "mutagen in place" in said


@pytest.mark.slow
def test_similar() -> None:
    said = run("similar.py", "--rows", "300")
    assert "300 tracks" in said
    assert "search: similar --path" in said
    assert "audiotag duplicates" in said


@pytest.mark.slow
def test_same_recording(songs: Path, tmp_path: Path, made_model: MadeModel) -> None:
    archive = small_archive(tmp_path / "made.npz", ["train", "val"])
    options = ("--seconds", "4", "--archive", archive, "--model", made_model.card_file)
    said = run("same_recording.py", songs, *options)
    assert "2 songs beside themselves" in said
    assert "a second of silence before it" in said
    assert "12 clips of made.npz, 66 pairs" in said


@pytest.mark.slow
def test_long_mix() -> None:
    said = run("long_mix.py", "--hours", "0.005", "--song-seconds", "4")
    assert "0.3 min" in said


@pytest.mark.slow
def test_playlists() -> None:
    said = run("playlists.py", "--tracks", "120", "--genre", "60")
    assert "report --m3u --order flow" in said
    assert "the way through 60 tracks of one genre" in said


@pytest.mark.slow
def test_accuracy(songs: Path, tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    genre = np.array(["Folk", "Pop", "Folk"])
    mel = random.integers(0, 256, (3, load_card().frontend.bands, 250), np.uint8)
    save_archive(MelArchive(mel, genre, np.array(["val"] * 3), np.arange(3), None), tmp_path / "made.npz")
    said = run("accuracy.py", tmp_path / "made.npz", "--songs", songs)
    assert "3 tracks of made.npz, split val" in said
    assert "as their folder" in said


def small_archive(path: Path, splits: list[str], count: int = 24) -> Path:
    """Clips for the made model, each alone, of its genres in turn."""
    random = np.random.default_rng(3)
    mel = random.integers(1, 256, (count, SMALL.bands, SMALL.frames), np.uint8)
    genre = np.resize(np.array(GENRES), count)
    split = np.repeat(splits, count // len(splits))
    save_archive(MelArchive(mel, genre, split, 100 * np.arange(count), None, frontend=SMALL), path)
    return path


@pytest.mark.slow
def test_embedding(tmp_path: Path, made_model: MadeModel) -> None:
    archive = small_archive(tmp_path / "made.npz", ["train", "val"])
    said = run("embedding.py", made_model.card_file, archive)
    assert "16 values, made.npz, 12 tracks of train to 12 of val" in said


@pytest.mark.slow
def test_map_quality(tmp_path: Path, made_model: MadeModel) -> None:
    archive = small_archive(tmp_path / "made.npz", ["train", "val"], 160)
    said = run("map_quality.py", archive, "--model", made_model.card_file)
    assert "map of 80 tracks of made.npz, split val" in said
    assert "a fifth of them, 16 tracks" in said


@pytest.mark.slow
def test_map_time() -> None:
    said = run("map_time.py", "--rows", "40")
    assert "40 tracks, laid" in said
    assert "1 track more, placed" in said


@pytest.mark.slow
def test_learn_gtzan(tmp_path: Path, made_model: MadeModel) -> None:
    archive = small_archive(tmp_path / "made.npz", ["train", "val"], 180)
    said = run("learn_gtzan.py", made_model.card_file, archive)
    assert "made.npz, 90 tracks of train, 90 of val, precision 0.8 wanted" in said
    assert "train, judged on val" in said


@pytest.mark.slow
def test_learn_demo(tmp_path: Path, made_model: MadeModel) -> None:
    archive = small_archive(tmp_path / "made.npz", ["train", "val"], 180)
    styles = tmp_path / "styles.csv"
    rows = [f"{100 * number},val,Folk,Loud|Odd" for number in range(90, 180, 3)]
    styles.write_text("\n".join(["track_id,split,genre,styles", *rows]), encoding="utf-8")
    given = ("--archives", archive, "--styles", styles, "--precision", "0.7")
    said = run("learn_demo.py", *given, "--model", made_model.card_file)
    assert "their genres: audiotag learn --precision 0.7" in said
    assert "45 tracks of 3 genres, judged with whole artists left out" in said
    assert "45 tracks of 4 genres" in said  # Loud and Odd for Folk; what has no finer word keeps its genre
    assert "90 tracks, 45 of them tagged" in said
    assert "finer genres, shipped, in your words" in said


@pytest.mark.slow
def test_learn_time() -> None:
    said = run("learn_time.py", "--tracks", "240", "--genres", "4")
    assert "240 tracks with 4 genres" in said
    assert "report --model mine" in said


@pytest.mark.slow
def test_left_out(tmp_path: Path, made_model: MadeModel) -> None:
    archives = [
        small_archive(tmp_path / "taught.npz", ["train", "val"], 60),
        small_archive(tmp_path / "apart.npz", ["train"]),
    ]
    said = run("left_out.py", made_model.card_file, "apart", "--archives", *archives)
    assert "apart, 24 tracks, by outputs fitted without it" in said
    assert "top-1 among its own genres" in said


@pytest.mark.slow
@needs_chromium
def test_page() -> None:
    said = run("page.py", "--tracks", "20", "60")
    assert "20 tracks" in said
    assert "panning the map" in said


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    command = [sys.executable, SCRIPTS / "decode.py", tmp_path / "none"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, f"{tmp_path / 'none'}: no such file or folder\n")
