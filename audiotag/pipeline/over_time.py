"""What the model says of one file, window by window: its genres over time. Nothing is stored."""

from __future__ import annotations

import tempfile
from contextlib import closing
from dataclasses import dataclass, replace

import numpy as np

from audiotag.audio.workers import WorkerDied, run_workers
from audiotag.library.records import StoredModel, Track, TrackInfo
from audiotag.model.average import TrackMean, TrackPrediction, predict_batches
from audiotag.model.card import ModelCard
from audiotag.model.engines import batch_size_of, note_of, open_engine
from audiotag.pipeline.extract import Extracted, ExtractJob, ExtractTask
from audiotag.pipeline.predict import DIED, PredictOptions
from audiotag.pipeline.window_buffer import Windows


@dataclass(frozen=True)
class OverTime:
    """seconds: of sound. window_seconds: how long each window is. starts (n,): at which second it begins;
    they follow one another, but for silence, which has none, and for the last, which ends with the sound.
    probabilities (n, genres): of each window, calibrated as those of a track. mean: of all windows, not
    calibrated."""

    seconds: float
    window_seconds: float
    starts: np.ndarray
    probabilities: np.ndarray
    mean: TrackPrediction


@dataclass(frozen=True)
class HeardOnce:
    """What became of it: over_time, or the kind of fault and its reason."""

    info: TrackInfo
    over_time: OverTime | None = None
    fault: tuple[str, str] | None = None


def hear_over_time(job: ExtractJob, card: ModelCard, options: PredictOptions) -> HeardOnce:
    """Listen to a file, in a worker process, to all of its windows whatever `options.windows` says.

    A ten-hour mix takes no more memory than a song, but for fifteen hundred rows of probabilities. Raises
    EngineError or ModelError when the model cannot run.
    """
    with tempfile.TemporaryDirectory(prefix="audiotag-") as spool:
        task = ExtractTask(card.frontend, options.limits, None, spool)
        with closing(run_workers(task, [job], 1)) as results:
            (heard,) = results
        if isinstance(heard, WorkerDied):
            return HeardOnce(TrackInfo(), fault=DIED)
        if heard.windows is None:
            return HeardOnce(heard.info, fault=heard.fault)
        return HeardOnce(heard.info, _predicted(heard, heard.windows, card, options))


def track_of(job: ExtractJob, heard: HeardOnce, card: ModelCard, now: str) -> Track:
    """What a scan would have stored of a file that was heard so. now: ISO 8601, UTC."""
    found, over_time = job.found, heard.over_time
    kind, reason = heard.fault or (None, None)
    plain = Track(
        found.path, found.size, found.mtime_ns, "too-short" if kind == "too-short" else "failed", heard.info,
        None, 0, "all", now, kind, reason, fingerprint=job.fingerprint,
    )  # fmt: skip
    if over_time is None:
        return plain
    mean = over_time.mean
    return replace(
        plain,
        status="ok",
        duration=over_time.seconds,
        windows=mean.windows,
        model=StoredModel(card.identity, card.genres, card.thresholds, card.styles),
        probabilities=card.calibrated(mean.probabilities, mean.windows),
        embedding=mean.embedding,
        styles=mean.styles if card.styles else None,
    )


def _predicted(heard: Extracted, windows: Windows, card: ModelCard, options: PredictOptions) -> OverTime:
    engine = open_engine(card, options.engine, options.batch_size)
    each: list[np.ndarray] = []
    mean = TrackMean()
    for outputs in predict_batches(engine, windows, batch_size_of(engine, options.batch_size)):
        each.append(outputs.probabilities)
        mean.add(outputs)
    if note := note_of(engine):
        options.say(note)
    return OverTime(
        heard.seconds,
        card.frontend.window_seconds,
        windows.starts,
        card.calibrated(np.concatenate(each), 1),
        mean.prediction(),
    )
