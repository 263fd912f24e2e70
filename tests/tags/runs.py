"""Runs of `tag` and `undo` on a library whose predictions are made up."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from audiotag.library.records import StoredModel
from audiotag.library.store import Store
from audiotag.tags.plan import Planned, TagOptions, plan
from audiotag.tags.plan import write as write_planned
from audiotag.tags.policy import Policy, Rules
from audiotag.tags.safewrite.record import WriteOptions
from audiotag.tags.safewrite.session import WritingSession
from audiotag.tags.undo import PlannedUndo, find_run, plan_undo, undo
from tests.helpers.tracks import MODEL, track

REPLACE = TagOptions(Rules(Policy.REPLACE))
FILL = TagOptions(Rules(Policy.FILL))
NEWER = StoredModel("newer-2", MODEL.genres, MODEL.thresholds)


def predict(store: Store, path: Path, best: int = 2, model: StoredModel = MODEL) -> None:
    """Let the library believe that `model` predicted its genre number `best` for this file."""
    info = path.stat()
    probabilities = [0.9 if i == best else 0.05 for i in range(3)]
    row = track(os.fsencode(path), probabilities, model)
    store.put(replace(row, size=info.st_size, mtime_ns=info.st_mtime_ns))


def tag(store: Store, options: TagOptions = REPLACE, under: tuple[bytes, ...] = ()) -> list[Planned]:
    """One run of `tag --write`."""
    with WritingSession(store, "tag") as session:
        planned = list(plan(store, under, options))
        for one in planned:
            if one.decision.action == "write":
                write_planned(session, one, options)
    return planned


def put_back(store: Store, number: int | None = None, under: tuple[bytes, ...] = ()) -> list[PlannedUndo]:
    """One run of `undo`."""
    run = find_run(store, number, under)
    assert run is not None
    with WritingSession(store, "undo", run.id) as session:
        planned = list(plan_undo(store, run, under))
        for one in planned:
            if one.action == "write":
                undo(session, one, WriteOptions())
    return planned
