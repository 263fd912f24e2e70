"""Mel archives: labelled mel spectrograms of whole clips, one .npz.

Keys: `mel` (n, bands, columns) uint8, dB below the clip's maximum as 0..255, lowest
band first; `genre`, `split` (n,) str; `track_id` (n,) int; optional `vggish` (n, 128)
float, a VGGish embedding of each clip, NaN where there is none.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from audiotag.errors import ArchiveError

_REQUIRED = ("mel", "genre", "split", "track_id")


@dataclass(frozen=True)
class MelArchive:
    """Labelled clips; see the module's docstring for shapes."""

    mel: np.ndarray
    genre: np.ndarray
    split: np.ndarray
    track_id: np.ndarray
    vggish: np.ndarray | None

    def __len__(self) -> int:
        return len(self.mel)

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
        return MelArchive(self.mel[index], self.genre[index], self.split[index], self.track_id[index], vggish)

    def labels(self, genres: tuple[str, ...]) -> np.ndarray:
        """Each clip's position in `genres`, int64. Raises ArchiveError for a genre that is not in it."""
        unknown = sorted(set(self.genres) - set(genres))
        if unknown:
            raise ArchiveError(f"the model has no genre {', '.join(unknown)}; it has: {', '.join(genres)}")
        position = {genre: i for i, genre in enumerate(genres)}
        return np.array([position[str(genre)] for genre in self.genre], dtype=np.int64)


def load_archive(path: Path) -> MelArchive:
    """Read an archive. Raises ArchiveError when it is missing, damaged or incomplete."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            missing = [key for key in _REQUIRED if key not in arrays.files]
            if missing:
                raise ArchiveError(f"{path}: not a mel archive, it has no {', '.join(missing)}")
            vggish = arrays["vggish"] if "vggish" in arrays.files else None
            archive = MelArchive(**{key: arrays[key] for key in _REQUIRED}, vggish=vggish)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as fault:
        raise ArchiveError(f"{path}: cannot be read as a mel archive ({fault})") from fault
    if archive.mel.ndim != 3 or archive.mel.dtype != np.uint8:
        raise ArchiveError(f"{path}: mel must be (clips, bands, columns) uint8")
    if len({len(archive.mel), len(archive.genre), len(archive.split), len(archive.track_id)}) != 1:
        raise ArchiveError(f"{path}: its arrays are not of one length")
    return archive


def window_offsets(columns: int, frames: int) -> list[int]:
    """Where the windows of a clip begin: as many as cover it, evenly spread, the last one at its end."""
    if columns <= frames:
        return [0]
    count = -(-columns // frames)
    return [round(i * (columns - frames) / (count - 1)) for i in range(count)]


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
