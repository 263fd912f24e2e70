"""A shelf of small songs and a library, for tests of what becomes of files that are moved about.

Scans are real but for the predictions, which are made up; so a hundred of them take no time.
"""

from __future__ import annotations

import os
import shutil
import wave
from collections.abc import Generator, Iterable
from itertools import islice
from pathlib import Path
from unittest.mock import patch

import mutagen
import numpy as np
import pytest
from mutagen.id3 import TIT2

from audiotag.library.records import TrackInfo
from audiotag.library.store import Store
from audiotag.model.average import TrackPrediction
from audiotag.model.card import ModelCard
from audiotag.pipeline import predict as predict_module
from audiotag.pipeline.extract import ExtractJob
from audiotag.pipeline.predict import Predicted, PredictOptions
from audiotag.pipeline.scan import ScanOptions, scan
from audiotag.pipeline.summary import ScanSummary
from audiotag.tags.formats.read import read_tags
from audiotag.tags.plan import Planned, TagOptions, plan, tag_all
from audiotag.tags.policy import Policy, Rules
from audiotag.tags.safewrite.record import WriteOptions
from audiotag.tags.safewrite.session import WritingSession
from audiotag.tags.undo import PlannedUndo, find_run, undo_all
from tests.helpers.big_library import GENRES, NoProgress, made_card
from tests.tags.dressing import write_genres

WITH_AND_WITHOUT_A_SCAN = pytest.mark.parametrize("scanned", [False, True], ids=["at once", "after a scan"])
REPLACE = TagOptions(Rules(Policy.REPLACE))
FILL = TagOptions(Rules(Policy.FILL))


def make_song(path: Path, sound: int, genre: str = "") -> Path:
    """A tenth of a second of sound number `sound`, with a genre of its own."""
    random = np.random.default_rng(sound)
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8_000, 0, "NONE", "not compressed"))
        file.writeframes(random.bytes(1_600))
    if genre:
        write_genres(path, (genre,))
    return path


def genres(path: Path) -> tuple[str, ...]:
    return read_tags(path).genres


def retitle(path: Path, title: str, anew: bool = False) -> None:
    """What another program does: another title, in the file itself or in one that takes its place."""
    target = path.with_name(path.name + ".part") if anew else path
    if anew:
        shutil.copyfile(path, target)
    song = mutagen.File(target)
    if song.tags is None:
        song.add_tags()
    song.tags.setall("TIT2", [TIT2(3, [title])])
    song.save()
    os.replace(target, path)


class Shelf:
    """A folder of songs and the library that knows them; all of them are predicted as `genre`."""

    genre = "Rock"

    def __init__(self, folder: Path) -> None:
        self.music, self.db = folder / "music", folder / "library.db"
        self.music.mkdir(parents=True)

    def song(self, name: str, sound: int, genre: str = "") -> Path:
        return make_song(self.music / name, sound, genre)

    def rename(self, **names: str) -> None:
        """Give songs each other's names, all at once: rename(a="b", b="a"), without suffix."""
        for old in names:
            (self.music / f"{old}.wav").rename(self.music / f"{old}.aside")
        for old, new in names.items():
            (self.music / f"{old}.aside").rename(self.music / f"{new}.wav")

    def scan(self, **options: bool) -> ScanSummary:
        with Store(self.db, write=True) as store, patch.object(predict_module, "predict", self._judge):
            card = made_card(self.db.parent)
            return scan([os.fsencode(self.music)], store, card, ScanOptions(**options), NoProgress())

    def tag(self, options: TagOptions = REPLACE, under: Iterable[Path] = ()) -> list[Planned]:
        with Store(self.db, write=True) as store, WritingSession(store, "tag") as session:
            done = list(tag_all(session, store, [os.fsencode(path) for path in under], options))
            assert [fault for _planned, fault in done if fault is not None] == []
            return [planned for planned, _fault in done]

    def plan(self, name: str, options: TagOptions = FILL) -> Planned:
        with Store(self.db, write=False) as store:
            (only,) = plan(store, [os.fsencode(self.music / name)], options)
            return only

    def undo(self, number: int | None = None, under: Iterable[Path] = ()) -> dict[str, PlannedUndo]:
        """Undo; what was done or not with each file, by its name below the folder."""
        scopes = [os.fsencode(path) for path in under]
        options = WriteOptions(break_hardlinks=True)
        found = {}
        with Store(self.db, write=True) as store:
            run = find_run(store, number, scopes)
            assert run is not None
            with WritingSession(store, "undo", run.id) as session:
                for one, fault in undo_all(session, store, run, scopes, options):
                    assert fault is None
                    found[os.path.relpath(os.fsdecode(one.path), self.music)] = one
        return found

    def genres(self) -> dict[str, tuple[str, ...]]:
        return {str(path.relative_to(self.music)): genres(path) for path in sorted(self.music.rglob("*.wav"))}

    def titles(self) -> dict[str, str]:
        """What the library believes to lie where."""
        with Store(self.db, write=False) as store:
            return {os.path.basename(os.fsdecode(row.path)): row.info.title for row in store.tracks()}

    def _judge(
        self, jobs: Iterable[ExtractJob], card: ModelCard, options: PredictOptions
    ) -> Generator[Predicted, None, None]:
        """Everything is of one genre; jobs are read ahead of their outcomes, as workers do."""
        probabilities = np.array([0.9 if genre == self.genre else 0.05 for genre in GENRES], np.float32)
        waiting = iter(jobs)
        while batch := list(islice(waiting, 3)):
            for job in batch:
                tags = read_tags(job.found.path)
                info = TrackInfo(tags.artist, tags.album, tags.title)
                if job.known:
                    yield Predicted(job, info)
                else:
                    nothing = np.zeros(0, np.float32)
                    yield Predicted(job, info, 0.1, TrackPrediction(probabilities, nothing, nothing, 1))


def three_songs(folder: Path) -> Shelf:
    """Songs a, b and c with genres of their own, all tagged as Rock."""
    shelf = Shelf(folder)
    for sound, (name, genre) in enumerate((("a", "Polka"), ("b", "Waltz"), ("c", "Tango"))):
        retitle(shelf.song(f"{name}.wav", sound, genre), f"Song with {genre}")
    shelf.scan()
    shelf.tag()
    assert set(shelf.genres().values()) == {("Rock",)}
    return shelf


def scan_if(shelf: Shelf, scanned: bool) -> None:
    if scanned:
        shelf.scan()
