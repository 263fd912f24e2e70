"""A small FMA, made by code: tracks.csv as the real one is laid out, and a few clips."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from audiotag.training.archives.fma import FmaTrack
from tests.helpers.audio_files import make_audio, tone

# The columns of fma_metadata/tracks.csv, in its order.
_COLUMNS = {
    "album": "comments date_created date_released engineer favorites id information listens producer tags"
    " title tracks type",
    "artist": "active_year_begin active_year_end associated_labels bio comments date_created favorites id"
    " latitude location longitude members name related_projects tags website wikipedia_page",
    "set": "split subset",
    "track": "bit_rate comments composer date_created date_recorded duration favorites genre_top genres"
    " genres_all information interest language_code license listens lyricist number publisher tags title",
}
_SPLITS = {"train": "training", "val": "validation", "test": "test"}


def write_tracks(path: Path, tracks: Sequence[FmaTrack]) -> Path:
    """tracks.csv with these rows; other columns are filled with what is awkward in the real one."""
    names = [(of, what) for of, whats in _COLUMNS.items() for what in whats.split()]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["", *(of for of, _ in names)])
        writer.writerow(["", *(what for _, what in names)])
        writer.writerow(["track_id", *("" for _ in names)])
        for track in tracks:
            known = {
                ("set", "split"): _SPLITS[track.split],
                ("set", "subset"): track.subset,
                ("track", "genre_top"): track.genre,
                ("artist", "bio"): '<p>Two lines,\na comma and "quotes"</p>' + "…" * 200_000,
            }
            writer.writerow([track.track_id, *(known.get(name, "") for name in names)])
    return path


def make_clip(folder: Path, track: FmaTrack, seconds: float = 4.0) -> Path:
    """Its clip where FMA has it, below the audio folder."""
    path = folder / track.name
    path.parent.mkdir(parents=True, exist_ok=True)
    return make_audio(path, tone(seconds, 44_100, seed=track.track_id), 44_100)
