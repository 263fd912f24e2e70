"""Mel archives: labelled mel spectrograms of whole clips, one .npz.

Keys: `mel` (n, bands, columns) uint8, dB below the clip's maximum as 0..255, lowest
band first; `genre`, `split` (n,) str; `track_id` (n,) int, the same for clips of one track.
Optional: `vggish` (n, 128) float, a VGGish embedding of each clip, NaN where there is
none; `path` (n,) str, the file below its dataset; `frontend` (), JSON, what a clip is:
the fields of audio/frontend.py, where the window is the whole clip, and `column_seconds`.
An archive that does not say is taken to be FMA's 30 s clips of 100 bands and 250 columns.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from audiotag.atomic import atomic_write
from audiotag.audio.frontend import FMA_ARCHIVE, FrontEnd
from audiotag.errors import ArchiveError, in_words, one_line
from audiotag.text import printable

_REQUIRED = ("mel", "genre", "split", "track_id")
_OPTIONAL = ("vggish", "path")

# Of each array the number of dimensions, how its type begins (numpy.dtype.str), and both in words.
_TEXT = (1, ("U",), "(clips,) text")
_WANTED: Mapping[str, tuple[int, tuple[str, ...], str]] = {
    "mel": (3, ("u1",), "(clips, bands, columns) uint8"),
    "genre": _TEXT,
    "split": _TEXT,
    "track_id": (1, ("i", "u"), "(clips,) whole numbers"),
    "vggish": (2, ("f",), "(clips, 128) floating point"),
    "path": _TEXT,
}

# A whole clip of FMA as an archive without `frontend` holds it: 1,292 frames, 250 kept.
FMA_CLIP = FMA_ARCHIVE.of_length(30.0)


@dataclass(frozen=True)
class MelArchive:
    """Labelled clips; see the module's docstring for shapes. frontend: of a whole clip."""

    mel: np.ndarray
    genre: np.ndarray
    split: np.ndarray
    track_id: np.ndarray
    vggish: np.ndarray | None
    path: np.ndarray | None = None
    frontend: FrontEnd = FMA_CLIP

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
        """The genres that occur, sorted."""
        return tuple(sorted({str(genre) for genre in self.genre}))

    def select(self, split: str) -> MelArchive:
        """The clips of one split. Raises ArchiveError when there is none of that name."""
        chosen = self.split == split
        if not chosen.any():
            names = ", ".join(sorted({str(name) for name in self.split}))
            raise ArchiveError(f"the archive has no split {split!r}, only: {names}")
        return self.take(np.flatnonzero(chosen))

    def take(self, index: np.ndarray) -> MelArchive:
        """The clips at these positions."""
        vggish = None if self.vggish is None else self.vggish[index]
        path = None if self.path is None else self.path[index]
        return replace(
            self,
            mel=self.mel[index],
            genre=self.genre[index],
            split=self.split[index],
            track_id=self.track_id[index],
            vggish=vggish,
            path=path,
        )

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
        """Each clip's position in `genres`, int64. Raises ArchiveError for a genre that is not in it."""
        unknown = sorted(set(self.genres) - set(genres))
        if unknown:
            raise ArchiveError(f"the model has no genre {', '.join(unknown)}; it has: {', '.join(genres)}")
        position = {genre: i for i, genre in enumerate(genres)}
        return np.array([position[str(genre)] for genre in self.genre], dtype=np.int64)


def load_archive(path: Path) -> MelArchive:
    """Read an archive. Raises ArchiveError when it is missing, damaged, incomplete or empty."""
    try:
        arrays = _read_arrays(path)
        described = arrays.pop("frontend", None)
        frontend = FMA_CLIP if described is None else _read_frontend(described)
        _check_arrays(arrays)
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
    required = {key: arrays[key] for key in _REQUIRED}
    return MelArchive(**required, vggish=arrays.get("vggish"), path=arrays.get("path"), frontend=frontend)


def _read_arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays of an archive that we know. Raises ArchiveError, and whatever damage brings about."""
    with path.open("rb") as file:
        if not zipfile.is_zipfile(file):  # NumPy would take it for a pickle, and advise to trust it
            raise ArchiveError("cannot be read as a mel archive (not a whole .npz file)")
        file.seek(0)
        with np.load(file, allow_pickle=False) as stored:
            missing = [key for key in _REQUIRED if key not in stored.files]
            if missing:
                raise ArchiveError(f"not a mel archive, it has no {', '.join(missing)}")
            arrays = {key: stored[key] for key in (*_WANTED, "frontend") if key in stored.files}
    for key, array in arrays.items():
        if not isinstance(array, np.ndarray):  # NumPy gives the bytes of what is none
            raise ArchiveError(f"its {key} is no array")
    return arrays


def _check_arrays(arrays: dict[str, np.ndarray]) -> None:
    """Raises ArchiveError unless each is of its shape and type, all are of one length, and it is not 0."""
    for key, array in arrays.items():
        dimensions, kinds, wanted = _WANTED[key]
        alike = array.ndim == dimensions and array.dtype.str[1:].startswith(kinds)
        if not alike or (key == "vggish" and array.shape[1] != 128):
            raise ArchiveError(f"{key} must be {wanted}, not {array.dtype} of shape {array.shape}")
    lengths = {key: len(array) for key, array in arrays.items()}
    if len(set(lengths.values())) != 1:
        listed = ", ".join(f"{key} {length}" for key, length in lengths.items())
        raise ArchiveError(f"its arrays are not of one length: {listed}")
    if not arrays["mel"].size:
        raise ArchiveError(f"there is nothing in it: mel is {arrays['mel'].shape}")


def save_archive(archive: MelArchive, path: Path) -> None:
    """Write an archive, compressed; the file has its name only when it is complete.

    Raises ArchiveError when it cannot be written.
    """
    arrays = {key: getattr(archive, key) for key in (*_REQUIRED, *_OPTIONAL)}
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
