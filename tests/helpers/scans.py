"""Scans with a small model, and what a scan says of itself as it goes on."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from audiotag.library.records import Track
from audiotag.library.store import Store
from audiotag.library.walk import FoundFile
from audiotag.model.card import load_card
from audiotag.pipeline.scan import ScanOptions, scan
from audiotag.pipeline.summary import ScanSummary
from tests.helpers.models import MadeModel

QUICK = ScanOptions(jobs=1, engine="onnx")


@dataclass
class Noted:
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


@dataclass
class Library:
    """Scans into one library with the made model."""

    path: Path
    model: MadeModel
    noted: Noted = field(default_factory=Noted)

    def scan(self, *roots: Path, options: ScanOptions = QUICK) -> ScanSummary:
        self.noted = Noted()
        card = load_card(str(self.model.card_file))
        with Store(self.path, write=True) as store:
            return scan([os.fsencode(root) for root in roots], store, card, options, self.noted)

    def tracks(self) -> dict[str, Track]:
        with Store(self.path, write=False) as store:
            return {os.path.basename(os.fsdecode(track.path)): track for track in store.tracks()}
