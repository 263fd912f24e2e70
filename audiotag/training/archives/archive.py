"""Mel archives: labelled mel spectrograms of whole clips, one .npz.

Keys: `mel` (n, bands, columns) uint8, dB below the clip's maximum as 0..255, lowest
band first; `genre` (n,) str, empty where it is not known; `track_id` (n,) int, the same for clips of
one track, or `song` in its place.
Optional: `split` (n,) str, else all clips are `train`; `group` (n,) int, the same for clips that must
stay on one side of a split; `artist` (n,) int, 0 where there is none, which says so too; `source`
(n,) str, the collection that a clip is from; `vggish` (n, 128) float, a VGGish embedding of each
clip, NaN where there is none; `path` (n,) str, the file below its dataset; `msd`, `mtt`, `jamendo`,
`audioset` (n, tags) float, what pretrained taggers say of a clip, 0..1 or NaN, with the tags' names in
`msd_tags`, `mtt_tags`, `jamendo_tags`, `audioset_labels`; `frontend` (), JSON, what a clip is:
the fields of audio/frontend.py, where the window is the whole clip, and `column_seconds`.
An archive that does not say is taken to be FMA's 30 s clips of 100 bands and 250 columns.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from audiotag.atomic import atomic_write
from audiotag.audio.frontend import FMA_ARCHIVE, FrontEnd
from audiotag.errors import ArchiveError, in_words, one_line
from audiotag.text import printable
from audiotag.training.archives.archive_arrays import (
    arrays_of_tags,
    check_arrays,
    group_of,
    read_arrays,
    split_of,
    tags_of,
    track_of,
)
from audiotag.training.archives.groups import track_groups

# Of a MelArchive, what has a row for each clip; as keys of the file they have the same names, but tags.
_ROWS = ("mel", "genre", "split", "track_id", "vggish", "path", "group", "source", "tags")

# A whole clip of FMA as an archive without `frontend` holds it: 1,292 frames, 250 kept.
FMA_CLIP = FMA_ARCHIVE.of_length(30.0)


@dataclass(frozen=True)
class MelArchive:
    """Labelled clips; see the module's docstring for shapes. frontend: of a whole clip.

    group (n,) int64: clips that share an album, an artist or a song carry the same number, and must stay
    on one side of a split; by neighbouring track ids (track_groups) where it is not given.
    tags (n, T) float32: probabilities by pretrained taggers, NaN where there are none, named by
    tag_names, as in `msd:rock` or `audioset:Jazz`; None where no tagger was run on a clip.
    """

    mel: np.ndarray
    genre: np.ndarray
    split: np.ndarray
    track_id: np.ndarray
    vggish: np.ndarray | None
    path: np.ndarray | None = None
    frontend: FrontEnd = FMA_CLIP
    group: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    source: np.ndarray | None = None
    tags: np.ndarray | None = None
    tag_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not len(self.group):
            object.__setattr__(self, "group", track_groups(self.track_id, self.genre))

    def __len__(self) -> int:
        return len(self.mel)

    @property
    def window(self) -> FrontEnd:
        """The front-end of a model for windows cut from these clips: the clips' own, with windows as
        long as those of FMA_ARCHIVE, or as a clip where that is shorter."""
        clip = self.frontend
        seconds = min(FMA_ARCHIVE.window_seconds, clip.window_seconds)
        frames = round(seconds / clip.hop_seconds)
        return replace(clip, window_frames=frames, frames=round(frames * clip.frames / clip.window_frames))

    @property
    def genres(self) -> tuple[str, ...]:
        """The genres that occur, sorted; clips without one do not count."""
        return tuple(sorted({str(genre) for genre in self.genre} - {""}))

    def select(self, split: str) -> MelArchive:
        """The clips of one split. Raises ArchiveError when there is none of that name."""
        chosen = self.split == split
        if not chosen.any():
            names = ", ".join(sorted({str(name) for name in self.split}))
            raise ArchiveError(f"the archive has no split {split!r}, only: {names}")
        return self.take(np.flatnonzero(chosen))

    def take(self, index: np.ndarray) -> MelArchive:
        """The clips at these positions."""
        rows = {name: getattr(self, name) for name in _ROWS}
        return replace(self, **{name: row[index] for name, row in rows.items() if row is not None})

    def require_frontend(self, wanted: FrontEnd) -> None:
        """Raises ArchiveError unless windows for `wanted`, a model's front-end, can be cut from the clips.

        All must be alike but how long a clip is. Columns may be apart by so little less or
        more that over a whole window it is under half a column.
        """
        ours = replace(self.frontend, window_frames=wanted.window_frames, frames=wanted.frames)
        theirs = wanted.to_card()
        different = [
            f"{key} {value}, not {theirs[key]}"
            for key, value in ours.to_card().items()
            if value != theirs[key]
        ]
        apart = self.frontend.column_seconds, wanted.column_seconds
        if abs(apart[0] - apart[1]) * wanted.frames > apart[1] / 2:
            different.append(f"a column every {apart[0]:.4f} s, not {apart[1]:.4f} s")
        if self.mel.shape[1] != wanted.bands and self.frontend.bands == wanted.bands:
            different.append(f"{self.mel.shape[1]} mel bands, not {wanted.bands}")
        if different:
            raise ArchiveError(
                f"the archive was made with another front-end than the model's: {'; '.join(different)}; "
                "make it anew with 'audiotag prepare'"
            )

    def labels(self, genres: tuple[str, ...]) -> np.ndarray:
        """Each clip's position in `genres`, int64. Raises ArchiveError for a genre that is not in it, or
        a clip that has none."""
        unknown = sorted(set(self.genres) - set(genres))
        if unknown:
            raise ArchiveError(f"the model has no genre {', '.join(unknown)}; it has: {', '.join(genres)}")
        if unlabelled := int((self.genre == "").sum()):
            raise ArchiveError(f"{unlabelled} of the archive's {len(self)} clips have no genre")
        position = {genre: i for i, genre in enumerate(genres)}
        return np.array([position[str(genre)] for genre in self.genre], dtype=np.int64)


def load_archive(path: Path) -> MelArchive:
    """Read an archive. Raises ArchiveError when it is missing, damaged, incomplete or empty."""
    try:
        arrays = read_arrays(path)
        described = arrays.pop("frontend", None)
        frontend = FMA_CLIP if described is None else _read_frontend(described)
        check_arrays(arrays)
        if described is not None and arrays["mel"].shape[1:] != (frontend.bands, frontend.frames):
            raise ArchiveError("mel is not of the shape that its frontend states")
    except ArchiveError as fault:
        raise ArchiveError(f"{printable(path)}: {fault}") from fault
    # A damaged archive brings about anything: zipfile's errors, those of three decompressors and
    # of NumPy's header, TypeError and MemoryError among them.
    except Exception as fault:
        reason = fault.strerror if isinstance(fault, OSError) else None
        reason = reason or one_line(fault) or type(fault).__name__
        raise ArchiveError(f"{printable(path)}: cannot be read as a mel archive ({reason})") from fault
    tags, names = tags_of(arrays)
    return MelArchive(
        mel=arrays["mel"],
        genre=arrays["genre"],
        split=split_of(arrays),
        track_id=track_of(arrays),
        vggish=arrays.get("vggish"),
        path=arrays.get("path"),
        frontend=frontend,
        group=group_of(arrays),
        source=arrays.get("source"),
        tags=tags,
        tag_names=names,
    )


def save_archive(archive: MelArchive, path: Path) -> None:
    """Write an archive, compressed; the file has its name only when it is complete.

    Raises ArchiveError when it cannot be written.
    """
    arrays = {key: getattr(archive, key) for key in _ROWS if key != "tags"}
    arrays |= arrays_of_tags(archive.tags, archive.tag_names)
    stated = archive.frontend.to_card() | {"column_seconds": archive.frontend.column_seconds}
    arrays["frontend"] = np.array(json.dumps(stated))
    try:
        with atomic_write(path) as file:
            np.savez_compressed(file, **{key: array for key, array in arrays.items() if array is not None})
    except OSError as fault:
        raise ArchiveError(f"{path}: cannot be written ({in_words(fault)})") from fault


def require_writable(path: Path) -> None:
    """Raises ArchiveError when an archive could not be written there: to be asked before the work."""
    target = path.resolve()
    if target.is_dir():
        raise ArchiveError(f"{path}: is a folder; name a file")
    if not target.parent.is_dir():
        raise ArchiveError(f"{path}: there is no folder {target.parent}; make it first")
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise ArchiveError(f"{path}: no permission to write in {target.parent}")


def _read_frontend(stored: np.ndarray) -> FrontEnd:
    """Raises ModelError or ValueError."""
    try:
        values = json.loads(str(stored))
        values.pop("column_seconds", None)  # follows from the others
        return FrontEnd.from_card(values)
    except (AttributeError, TypeError, ValueError) as fault:
        raise ValueError(f"its frontend is wrong: {fault}") from fault


def window_offsets(columns: int, frames: int) -> list[int]:
    """Where the windows of a clip begin: as many as cover it, evenly spread, the last one at its end."""
    if columns <= frames:
        return [0]
    count = -(-columns // frames)
    return [round(i * (columns - frames) / (count - 1)) for i in range(count)]


def sounding_columns(mel: np.ndarray) -> np.ndarray:
    """(n, bands, columns) → (n,) int: how many columns each clip has up to its last sound, at least 1.

    A track shorter than a clip is followed by silence, which says nothing of its genre.
    """
    sound = np.asarray(mel.any(axis=1))
    last = mel.shape[2] - np.argmax(sound[:, ::-1], axis=1)
    return np.where(sound.any(axis=1), last, 1)


def cut(mel: np.ndarray, offset: int, frames: int) -> np.ndarray:
    """A window of each clip, (n, bands, columns) uint8 → (n, bands, frames) uint8.

    Scaled as a window cut from a track is: relative to its own maximum, the floor
    staying the floor. A clip that is too short is followed by silence.
    """
    window = mel[:, :, offset : offset + frames]
    missing = frames - window.shape[2]
    if missing > 0:
        window = np.pad(window, ((0, 0), (0, 0), (0, missing)))
    return raise_to_maximum(window)


def raise_to_maximum(window: np.ndarray) -> np.ndarray:
    """Shift each window (n, bands, frames) uint8 in dB so that its maximum is 255; floor cells stay 0."""
    shift = 255 - window.max(axis=(1, 2), keepdims=True)
    return np.where(window > 0, window + shift, 0).astype(np.uint8)
