"""How good the model is: on a labelled mel archive, and on songs whose folders are named by genre."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # a script sees its own folder alone

from benchmarks.common import (
    MUSIC,
    SHARED,
    material,
    options,
    pass_on,
    passed_on,
    run_audiotag,
    scratch,
    show,
)

ARCHIVES = [SHARED / "data" / f"{name}_mel_trainval.npz" for name in ("fma_small", "gtzan")]
# A figure of `evaluate --json`, and what README calls it.
FIGURES = {
    "top1_closed": "top answer right, among the archive's own genres",
    "top1": "among all genres",
    "top3": "one of the top three right",
    "macro_f1": "macro F1",
    "map": "mean average precision",
    "ece": "calibration error (ECE)",
    "share_at_threshold": "written, at the threshold",
    "precision_at_threshold": "of those right",
}


def main() -> None:
    parser = options(__doc__)
    parser.add_argument(
        "archives",
        nargs="*",
        type=Path,
        metavar="ARCHIVE",
        help="labelled mel archives (default FMA's, GTZAN's)",
    )
    parser.add_argument("--split", default="val", metavar="NAME", help="as for `audiotag evaluate`")
    parser.add_argument(
        "--songs", type=Path, metavar="FOLDER", help=f"one folder a genre in it (default {MUSIC})"
    )
    pass_on(parser, model="NAME|FILE", engine="NAME", batch_size="N")
    given = parser.parse_args()
    chosen = passed_on(given, "model", "engine", "batch_size")
    archives = given.archives or [material(None, path) for path in ARCHIVES]
    music = material(given.songs, MUSIC)
    with scratch() as folder:
        for archive in archives:
            if archive is not None:
                of_archive(folder, archive, given.split, chosen)
        if music is not None:
            of_songs(folder, music, chosen)


def of_archive(folder: Path, archive: Path, split: str, chosen: list[str]) -> None:
    cost = run_audiotag(folder, "evaluate", "--json", "--split", split, *chosen, archive)
    found: dict[str, Any] = json.loads(cost.stdout)
    rows = [[what, percent(found[name])] for name, what in FIGURES.items()]
    show(f"{found['n']} tracks of {archive.name}, split {split}", ["", ""], rows)
    genres = [
        [genre, percent(one["precision"]), percent(one["recall"]), percent(one["f1"]), str(one["support"])]
        for genre, one in found["per_genre"].items()
    ]
    show("by genre", ["", "precision", "recall", "F1", "tracks"], genres)


def of_songs(folder: Path, music: Path, chosen: list[str]) -> None:
    run_audiotag(folder, "scan", "-q", *chosen, music)
    report = run_audiotag(folder, "report", "--json", "-").stdout
    songs = [json.loads(line) for line in report.splitlines()]
    heard = [song for song in songs if song["genre"] is not None]
    written = [song for song in heard if song["status"] == "ok"]
    rows = [
        [what, str(len(some)), str(sum(song["genre"] == Path(song["path"]).parent.name for song in some))]
        for what, some in (("songs", heard), ("of them written", written))
    ]
    show(f"songs of {music}", ["", "", "as their folder"], rows)


def percent(share: float | None) -> str:
    return "" if share is None else f"{share:.2%}"


if __name__ == "__main__":
    main()
