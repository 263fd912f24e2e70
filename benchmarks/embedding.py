"""What the embedding keeps: genres that a network has never seen, told apart by a logistic regression on it.

Give it a model that was trained without the archive, as by `audiotag train … --leave-out NAME`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # a script sees its own folder alone

from benchmarks.common import SHARED, material, options, show

ARCHIVE = SHARED / "data" / "gtzan_mel_trainval.npz"
# scikit-learn's C: how freely the regression follows the clips. All are shown, none is chosen.
STRENGTHS = (0.003, 0.01, 0.03, 0.1, 0.3)


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("model", metavar="NAME|FILE", help="model card that has not seen the archive")
    parser.add_argument("archive", nargs="?", type=Path, metavar="ARCHIVE", help=f"default {ARCHIVE}")
    given = parser.parse_args()
    archive = material(given.archive, ARCHIVE)
    if archive is not None:
        compare(given.model, archive)


def compare(model: str, path: Path) -> None:
    from sklearn.linear_model import LogisticRegression

    from audiotag.model.card import load_card
    from audiotag.model.engines import open_engine
    from audiotag.training.archives.archive import load_archive
    from audiotag.training.archives.tracks import LabelledTracks

    card, clips = load_card(model), load_archive(path)
    clips.require_frontend(card.frontend)
    engine = open_engine(card, "onnx", 16)
    values, labels = {}, {}
    for split in ("train", "val"):
        tracks = LabelledTracks.of(clips.select(split), clips.genres, card.frontend.frames)
        values[split] = tracks.mean(lambda windows: engine.predict(windows).embedding)
        labels[split] = tracks.labels
    scale = np.std(values["train"] - values["train"].mean(axis=0))
    found = []
    for strength in STRENGTHS:
        regression = LogisticRegression(C=strength, max_iter=1000)
        regression.fit(values["train"] / scale, labels["train"])
        right = regression.predict(values["val"] / scale) == labels["val"]
        found.append([f"{strength:g}", f"{right.mean():.3f}"])
    size = values["train"].shape[1]
    show(
        f"{card.identity}: {size} values, {path.name}, {len(labels['train'])} tracks of train to "
        f"{len(labels['val'])} of val",
        ["C", "top-1"],
        found,
    )


if __name__ == "__main__":
    main()
