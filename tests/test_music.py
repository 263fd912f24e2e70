"""The whole job on real songs: make test's last word. Needs ../shared/music."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import mutagen
import numpy as np
import pytest

from audiotag.library.store import Store
from audiotag.model.card import load_card
from audiotag.model.engines import open_engine
from audiotag.reports.rows import ModelColumns, columns
from audiotag.training.archives.archive import load_archive
from audiotag.training.evaluation.evaluate import evaluate
from tests.helpers.command import Run, command_in
from tests.helpers.music import ARCHIVE, MUSIC, SONGS, require


@pytest.fixture
def audiotag(tmp_path: Path) -> Run:
    """Run the command with the shipped model and a library of its own."""
    return command_in(tmp_path)


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*.mp3")}


def test_eleven_songs_from_scan_to_report(audiotag: Run) -> None:
    music = require(MUSIC)
    done = audiotag("scan", music)
    assert done.returncode == 0, done.stderr
    assert f"{SONGS} tracks predicted" in done.stderr
    done = audiotag("scan", music)
    assert f"Nothing has changed: {SONGS} tracks known, none decoded." in done.stderr

    done = audiotag("report", "--csv", "-")
    assert len(done.stdout.splitlines()) == 1 + SONGS
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    card = load_card()
    assert tuple(rows[0]) == columns(ModelColumns(card.genres, bool(card.styles)))
    for row in rows:
        assert row["status"] in ("ok", "uncertain")
        assert all(0 <= float(row[genre]) <= 1 for genre in card.genres)
    right = [row for row in rows if row["genre"] == Path(row["path"]).parent.name]
    assert len(right) >= 5  # chance would be one or two


@pytest.mark.slow
def test_every_song_is_decoded_exactly_once(audiotag: Run, tmp_path: Path) -> None:
    """Killed, resumed, moved and tagged anew: told by the counters of `scan -v`."""
    music = Path(shutil.copytree(require(MUSIC), tmp_path / "music"))
    variables = {"AUDIOTAG_DB": str(tmp_path / "library.db"), "XDG_CONFIG_HOME": str(tmp_path)}
    killed = subprocess.Popen(
        [sys.executable, "-m", "audiotag", "scan", "-v", str(music)],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | variables,
    )
    assert killed.stderr is not None
    for _ in range(4):  # the opening line and three songs
        killed.stderr.readline()
    killed.kill()
    killed.wait()
    with Store(tmp_path / "library.db", write=False) as store:
        kept = len(list(store.paths()))
    assert 3 <= kept < SONGS

    assert counters(audiotag("scan", "-v", music)) == (SONGS - kept, 0, kept, 0)
    moved = music.rename(tmp_path / "moved")
    (moved / "Folk").rename(moved / "Folk and more")
    assert counters(audiotag("scan", "-v", moved)) == (0, SONGS, 0, 0)
    for path in moved.rglob("*.mp3"):
        path.chmod(0o644)
        song = mutagen.File(path, easy=True)
        if song.tags is None:
            song.add_tags()
        song["album"] = ["Another album " * 500]
        song.save()
    assert counters(audiotag("scan", "-v", moved)) == (0, SONGS, 0, 0)
    assert counters(audiotag("scan", "-v", moved)) == (0, 0, SONGS, 0)
    with Store(tmp_path / "library.db", write=False) as store:
        tracks = list(store.tracks())
    assert len(tracks) == SONGS
    assert all(track.info.album.startswith("Another album") for track in tracks)


def counters(done: subprocess.CompletedProcess[str]) -> tuple[int, ...]:
    """decoded, recognised, unchanged, failed"""
    assert done.returncode == 0, done.stderr
    found = re.search(r"decoded (\d+), recognised (\d+), unchanged (\d+), failed (\d+)", done.stderr)
    assert found is not None, done.stderr
    return tuple(map(int, found.groups()))


@pytest.mark.slow
def test_genres_that_are_there_stay(audiotag: Run, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(require(MUSIC), tmp_path / "music"))
    with_genre = {path.name for path in copy.rglob("*.mp3") if "TCON" in (mutagen.File(path).tags or {})}
    before = digests(copy)
    audiotag("scan", copy)
    done = audiotag("tag", "-v", "--write-id3", "--min-confidence", "0")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("kept: has a genre") == len(with_genre) >= 5
    unchanged = {name for name, digest in digests(copy).items() if digest == before[name]}
    assert unchanged == with_genre


@pytest.mark.slow
def test_files_without_genres_get_what_was_shown(audiotag: Run, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(require(MUSIC), tmp_path / "music"))
    for path in copy.rglob("*.mp3"):
        path.chmod(0o644)
        song = mutagen.File(path)
        if song.tags is not None:
            song.tags.delall("TCON")
            song.save()
    audiotag("scan", copy)
    before = digests(copy)
    shown, machine = audiotag("tag", "-v"), audiotag("tag", "--json")
    assert digests(copy) == before, "a dry run writes nothing"
    written = audiotag("tag", "-v", "--write-id3")
    assert written.stdout == shown.stdout
    planned = [json.loads(line) for line in machine.stdout.splitlines()]
    assert len(planned) == SONGS
    for plan in planned:
        song = mutagen.File(plan["path"])
        genres = song.tags["TCON"].genres if "TCON" in song.tags else []
        assert (plan["old"], genres) == ([], plan["new"])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["fma_small_mel_trainval", "gtzan_mel_trainval"])
def test_the_shipped_model_is_as_good_as_its_card_says(name: str) -> None:
    """Each `val` split through the product's own engine, the windows averaged per track."""
    card = load_card()
    archive = load_archive(require(ARCHIVE.with_name(f"{name}.npz")))
    found = evaluate(archive, "val", card, open_engine(card, "onnx", 16)).to_json()
    stated = card.figures["collections"][name]
    assert found["n"] == stated["n"]
    for figure in ("top1", "top1_closed", "ece", "precision_at_threshold", "share_at_threshold"):
        assert found[figure] == pytest.approx(stated[figure], abs=0.01)


@pytest.mark.slow
def test_both_engines_give_the_same_answers_on_val() -> None:
    card, archive = load_card(), load_archive(require(ARCHIVE))
    one, other = (
        evaluate(archive, "val", card, open_engine(card, engine, 16)) for engine in ("onnx", "tensorflow")
    )
    same = one.probabilities.argmax(axis=1) == other.probabilities.argmax(axis=1)
    assert same.mean() >= 0.995


@pytest.mark.slow
@pytest.mark.parametrize("name", ["fma_small_mel_trainval", "gtzan_mel_trainval"])
@pytest.mark.parametrize("engine", ["onnx-int8", "openvino"])
def test_the_faster_forms_give_almost_the_same_answers_on_val(engine: str, name: str) -> None:
    """A song more or fewer, calibrated probabilities within .002 on the mean, the same embedding."""
    if engine == "openvino":
        pytest.importorskip("openvino")
    card, archive = load_card(), load_archive(require(ARCHIVE.with_name(f"{name}.npz")))
    exact, fast = (evaluate(archive, "val", card, open_engine(card, form, 16)) for form in ("onnx", engine))
    least = max(0.005, 1.01 / exact.figures.n)  # a song of 197 is more than half a point
    assert fast.figures.top1_closed >= exact.figures.top1_closed - least
    assert fast.figures.precision_at_threshold == pytest.approx(
        exact.figures.precision_at_threshold, abs=0.005
    )
    assert abs(fast.probabilities - exact.probabilities).mean() < 0.002
    assert (fast.answers == exact.answers).mean() >= 0.96
    one, other = fast.embeddings, exact.embeddings
    assert one is not None
    assert other is not None
    cosine = (one * other).sum(axis=1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)
    assert cosine.mean() >= 0.999
    assert np.quantile(cosine, 0.01) >= 0.99
