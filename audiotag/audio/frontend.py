"""What a mel window is, as data: the front-end part of a model card.

Frames, hops and frequencies are stated at a nominal sample rate. A file at another
rate keeps the same lengths in seconds and the same mel bands in hertz.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np

from audiotag.errors import ModelError


@dataclass(frozen=True)
class FrontEnd:
    """The front-end of a model.

    sample_rate: nominal rate, Hz, at which the next two are stated.
    n_fft: frame length, samples. hop_length: samples between frames.
    n_mels: mel bands between fmin and fmax, Hz.
    bands, frames: how many of the bands and of a window's frames are kept.
    window_frames: frames in one window. top_db: range below the window's maximum, dB.
    """

    sample_rate: int
    n_fft: int
    hop_length: int
    n_mels: int
    fmin: float
    fmax: float
    window_frames: int
    bands: int
    frames: int
    top_db: float

    def __post_init__(self) -> None:
        positive = (
            "sample_rate",
            "n_fft",
            "hop_length",
            "n_mels",
            "window_frames",
            "bands",
            "frames",
            "top_db",
        )
        for name in positive:
            if not getattr(self, name) > 0:
                raise ModelError(f"front-end: {name} must be positive, not {getattr(self, name)!r}")
        if self.bands > self.n_mels or self.frames > self.window_frames:
            raise ModelError("front-end: it keeps more bands or frames than there are")
        if not 0 <= self.fmin < self.fmax:
            raise ModelError(f"front-end: 0 <= fmin < fmax, not {self.fmin} and {self.fmax}")

    @classmethod
    def from_card(cls, values: Mapping[str, Any]) -> FrontEnd:
        """Read the `frontend` object of a card. Raises ModelError on unknown or missing keys."""
        names = {field.name for field in fields(cls)}
        if set(values) != names:
            wrong = sorted(names ^ set(values))
            raise ModelError(f"front-end of the model card: missing or unknown {', '.join(wrong)}")
        return cls(**values)

    def to_card(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def hop_seconds(self) -> float:
        return self.hop_length / self.sample_rate

    @property
    def window_seconds(self) -> float:
        return self.window_frames * self.hop_seconds

    @property
    def column_seconds(self) -> float:
        """Time between two frames that are kept."""
        return self.window_seconds / self.frames

    def of_length(self, seconds: float) -> FrontEnd:
        """The same front-end with a window of `seconds`, its columns as far apart as in this one's.

        A stretch of that length has 1 + floor(seconds / hop) centred frames, as librosa counts.
        """
        frames = 1 + int(seconds * self.sample_rate / self.hop_length)
        columns = max(1, round(frames * self.frames / self.window_frames))
        return replace(self, window_frames=frames, frames=columns)

    def kept_bands(self) -> np.ndarray:
        """Indices of the mel bands that are kept, lowest first: point sampled, no averaging.

        Counted from the top, each the highest of its share: ceil((r + 1) * n_mels / bands) - 1.
        That is what FMA's archive holds, whatever is written about it. Adjacent rows differ
        most where this skips a band, and the one song that we have whole agrees with its
        row to 0.7 dB a cell; with the middle band of each share it is 3 dB.
        """
        return self.n_mels - 1 - np.arange(self.bands)[::-1] * self.n_mels // self.bands

    def kept_frames(self) -> np.ndarray:
        """Indices within a window of the frames kept: floor((c + 0.5) * window_frames / frames)."""
        return (2 * np.arange(self.frames) + 1) * self.window_frames // (2 * self.frames)


# What an archive that does not describe its own front-end was made with: 100 of 128
# bands and a column every 0.12 s, of which a window has 198.
FMA_ARCHIVE = FrontEnd(
    sample_rate=22_050,
    n_fft=2048,
    hop_length=512,
    n_mels=128,
    fmin=0.0,
    fmax=11_025.0,
    window_frames=1024,
    bands=100,
    frames=198,
    top_db=80.0,
)
