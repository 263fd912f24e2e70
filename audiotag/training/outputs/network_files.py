"""A network → its files: in 32 bits, and with its later stages in 8."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from audiotag.model.card import ModelFile, file_digest
from audiotag.model.int8.quantize import BALANCE, STAGES, quantize
from audiotag.model.onnx_export import export_onnx
from audiotag.training.archives.archive import cut
from audiotag.training.learning.corpus import Corpus, is_judged_apart

if TYPE_CHECKING:
    import keras

_WINDOWS = 240  # that the steps of 8 bits are fitted to, as many of each collection


@dataclass(frozen=True)
class Calibrating:
    """What the steps of 8 bits are fitted to: windows (n, bands, frames) uint8, and of how many windows of
    which collections they are."""

    windows: np.ndarray
    collections: Mapping[str, int]
    seed: int

    @classmethod
    def of(cls, corpus: Corpus, frames: int, seed: int) -> Calibrating:
        """Anywhere in clips that the trunk has learnt from: never of those that judge it."""
        taught = [one for one in corpus.collections if one not in corpus.known or is_judged_apart(one)]
        random = np.random.default_rng(seed)
        windows, collections = [], {}
        for one in taught:
            mel = one.clips.select("train").mel
            chosen = random.permutation(len(mel))[: max(1, _WINDOWS // len(taught))]
            latest = max(mel.shape[2] - frames, 0)
            windows += [cut(mel[n : n + 1], int(random.integers(latest + 1)), frames) for n in chosen]
            collections[one.name] = len(chosen)
        return cls(np.concatenate(windows), collections, seed)

    def to_card(self, files: Mapping[str, ModelFile]) -> dict[str, Any] | None:
        """How the file of 8 bits came about; None where there is none."""
        if "onnx-int8" not in files:
            return None
        return {
            "stages": list(STAGES),
            "balance": BALANCE,
            "windows": dict(self.collections),
            "seed": self.seed,
        }


def write_network(
    network: keras.Model, name: str, calibrating: Calibrating, folder: Path
) -> dict[str, ModelFile]:
    """Write NAME.onnx and, where the network has stages that bear 8 bits, NAME.int8.onnx; returns what the
    card says of them. Raises OSError."""
    path, fast = folder / f"{name}.onnx", folder / f"{name}.int8.onnx"
    export_onnx(network, path)
    files = {"onnx": ModelFile(path.name, file_digest(path), "float16")}
    if quantize(path, fast, calibrating.windows):
        files["onnx-int8"] = ModelFile(fast.name, file_digest(fast), "int8 and float16")
    else:
        fast.unlink(missing_ok=True)  # of an earlier run
    return files
