"""A file heard window by window: what a scan says of it as a whole, and when which genre is heard."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from audiotag.audio.child import DecodeLimits
from audiotag.library.walk import FoundFile
from audiotag.model.card import ModelCard, load_card
from audiotag.pipeline.extract import ExtractJob
from audiotag.pipeline.over_time import hear_over_time, track_of
from audiotag.pipeline.predict import PredictOptions, predict
from tests.helpers.audio_files import make_audio, tone
from tests.helpers.models import MadeModel

RATE = 22_050
OPTIONS = PredictOptions(None, 1, 4, "onnx", DecodeLimits())


@pytest.fixture
def card(made_model: MadeModel) -> ModelCard:
    return load_card(str(made_model.card_file))


def job(path: Path) -> ExtractJob:
    info = path.stat()
    return ExtractJob(FoundFile(os.fsencode(path), info.st_size, info.st_mtime_ns), b"sound")


def test_its_windows_and_as_a_whole_what_a_scan_says(card: ModelCard, tmp_path: Path) -> None:
    """Twelve seconds of one sound, then of another: ten windows of 1.2 s each; and one number of --windows
    does not matter."""
    song = make_audio(
        tmp_path / "song.wav", np.concatenate([tone(12.0, RATE), 0.3 * tone(12.1, RATE, seed=4)]), RATE
    )
    heard = hear_over_time(job(song), card, replace(OPTIONS, windows=1))
    over_time = heard.over_time
    assert over_time is not None
    assert over_time.seconds == pytest.approx(24.1)
    length = card.frontend.window_seconds
    np.testing.assert_allclose(np.diff(over_time.starts)[:-1], length, rtol=1e-5)
    assert over_time.starts[-1] + length == pytest.approx(24.1, abs=0.05)
    assert over_time.probabilities.shape == (len(over_time.starts), 3)
    first, second = over_time.probabilities[1:9], over_time.probabilities[-9:-1]
    assert np.abs(first - first[0]).max() < np.abs(first.mean(axis=0) - second.mean(axis=0)).max()

    (scanned,) = predict([job(song)], card, OPTIONS)
    assert scanned.prediction is not None
    track = track_of(job(song), heard, card, "2030-01-01T00:00:00+00:00")
    assert (track.status, track.windows) == ("ok", scanned.prediction.windows)
    assert track.probabilities is not None
    np.testing.assert_allclose(
        track.probabilities, card.calibrated(scanned.prediction.probabilities, track.windows), atol=1e-4
    )
    assert track.embedding is not None
    np.testing.assert_allclose(track.embedding, scanned.prediction.embedding, rtol=1e-3, atol=1e-4)


def test_silence_has_no_window(card: ModelCard, tmp_path: Path) -> None:
    quiet = np.zeros((10 * RATE, 2), np.float32)
    song = make_audio(tmp_path / "song.wav", np.concatenate([tone(3.0, RATE), quiet, tone(3.0, RATE)]), RATE)
    over_time = hear_over_time(job(song), card, OPTIONS).over_time
    assert over_time is not None
    assert not ((over_time.starts > 4) & (over_time.starts < 11)).any()
    assert over_time.starts[-1] > 14


@pytest.mark.parametrize(
    ("name", "content", "status", "kind"),
    [("bad.mp3", b"no music" * 100, "failed", "decode"), ("short.wav", None, "too-short", "too-short")],
)
def test_what_cannot_be_heard_says_why(
    name: str, content: bytes | None, status: str, kind: str, card: ModelCard, tmp_path: Path
) -> None:
    if content is None:
        make_audio(tmp_path / name, tone(1.0, RATE), RATE)
    else:
        (tmp_path / name).write_bytes(content)
    heard = hear_over_time(job(tmp_path / name), card, OPTIONS)
    assert heard.over_time is None
    assert heard.fault is not None
    track = track_of(job(tmp_path / name), heard, card, "2030-01-01T00:00:00+00:00")
    assert (track.status, track.error_kind, bool(track.error), track.model) == (status, kind, True, None)
