"""Archives of four clips, made by hand, with whatever differs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

ANSWERS = np.array([[0.1, 0.9], [0.5, 0.0], [np.nan, np.nan], [1.0, 0.25]], np.float16)


def arrays(**changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "mel": np.full((4, 5, 12), 200, np.uint8),
        "genre": np.array(["Rock", "Folk", "Rock", "Folk"]),
        "split": np.array(["train", "train", "val", "val"]),
        "track_id": np.arange(4, dtype=np.int32),
    }
    values.update(changes)
    return {key: value for key, value in values.items() if value is not None}


def saved(folder: Path, **changes: Any) -> Path:
    path = folder / "archive.npz"
    np.savez_compressed(path, **arrays(**changes))
    return path
