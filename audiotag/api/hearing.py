"""One file, without a library: its mel windows, and what a model says of it."""

from __future__ import annotations

import os
import stat
from contextlib import closing
from datetime import datetime, timezone

import numpy as np

from audiotag.api.answers import Answer, AnyPath, answer_of, as_bytes, must_be_windows
from audiotag.audio.child import DecodeLimits
from audiotag.audio.workers import WorkerDied, run_workers
from audiotag.errors import DecodeError, UnreadableError, in_words
from audiotag.library.walk import FoundFile
from audiotag.model.card import load_card
from audiotag.pipeline.extract import Extracted, ExtractJob, ExtractTask
from audiotag.pipeline.over_time import hear_over_time, track_of
from audiotag.pipeline.predict import DIED, PredictOptions
from audiotag.text import printable

_BATCH = 0  # what suits the device


def listen(
    path: AnyPath, windows: int | None = None, model: str = "resnet50", timeout: float = 600
) -> np.ndarray:
    """The mel windows of a file as the model takes them, (n, bands, frames) uint8.

    windows: how many at most, evenly spread; None: all, of 23.8 s each. timeout: in seconds. The file is
    decoded in another process, so that one that crashes its decoder costs only itself. Raises AudiotagError,
    one line that names the file, where no sound can be had of it; ModelError where there is no such model.
    """
    must_be_windows(windows)
    card = load_card(model)
    job = _job(path)
    task = ExtractTask(card.frontend, DecodeLimits(timeout), windows)
    with closing(run_workers(task, [job], 1)) as results:
        (heard,) = results
    if isinstance(heard, WorkerDied):
        raise DecodeError(f"{printable(job.found.path)}: {DIED[1]}")
    return _windows(heard)


def predict(path: AnyPath, model: str = "resnet50", engine: str = "auto", timeout: float = 600) -> Answer:
    """What a model says of one file, of all its windows; nothing is stored, and no library is needed.

    A file without sound is an Answer too, whose `status` and `error` say so. For many files `Library.scan` is
    faster: it keeps the workers and the network busy. Raises UnreadableError where the file cannot be looked
    at, EngineError or ModelError where the model cannot run.
    """
    card = load_card(model)
    job = _job(path)
    options = PredictOptions(None, 1, _BATCH, engine, DecodeLimits(timeout))
    heard = hear_over_time(job, card, options)
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return answer_of(track_of(job, heard, card, now))


def _job(path: AnyPath) -> ExtractJob:
    name = as_bytes(path)
    try:
        info = os.stat(name)
    except OSError as fault:
        raise UnreadableError(f"{printable(name)}: cannot be read ({in_words(fault)})") from fault
    except ValueError as fault:
        raise UnreadableError(f"{printable(name)}: no file can have this name") from fault
    if not stat.S_ISREG(info.st_mode):
        raise UnreadableError(f"{printable(name)}: not a file")
    return ExtractJob(FoundFile(name, info.st_size, info.st_mtime_ns))


def _windows(heard: Extracted) -> np.ndarray:
    if heard.windows is None:
        kind, reason = heard.fault or ("", "no sound in it")
        raise DecodeError(f"{printable(heard.job.found.path)}: {kind}: {reason}")
    try:
        return np.stack(list(heard.windows))
    finally:
        heard.windows.discard()
