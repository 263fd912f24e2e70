"""What was learnt, as files: its figures, and pictures of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from audiotag.atomic import atomic_text
from audiotag.discovery.learn.figures import by_tracks, confusion
from audiotag.discovery.learn.run import Learnt
from audiotag.pictures import picture, plain, save

_SHOWN = 40  # genres in a picture, of the most tracks


def write_report(learnt: Learnt, values: Mapping[str, object], folder: Path) -> None:
    """Write learnt.json with these values, genres.png, confusion.png and learning.png. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    with atomic_text(folder / "learnt.json") as file:
        file.write(json.dumps(values, indent=2, ensure_ascii=False) + "\n")
    plot_genres(learnt, folder / "genres.png")
    plot_confusion(learnt, folder / "confusion.png")
    plot_curve(learnt, folder / "learning.png")


def plot_genres(learnt: Learnt, path: Path) -> None:
    """Precision and recall of each genre, those of the most tracks above."""
    genres = by_tracks(learnt.judgement.genres)[:_SHOWN]
    figure, (axes,) = picture(7, 1.6 + 0.35 * len(genres))
    places = np.arange(len(genres))
    axes.barh(places - 0.2, [one.precision or 0 for one in genres], 0.4, label="precision")
    axes.barh(places + 0.2, [one.recall for one in genres], 0.4, label="recall")
    written = ["" if one.threshold is not None else " (not written)" for one in genres]
    names = [f"{plain(one.name)}, {one.tracks:,}{note}" for one, note in zip(genres, written, strict=True)]
    axes.set_yticks(places, names)
    axes.set(xlim=(0, 1), ylim=(len(genres) - 0.5, -0.5), title="Genres and their tracks, artists left out")
    axes.legend(loc="lower right")
    save(figure, path)


def plot_confusion(learnt: Learnt, path: Path) -> None:
    """Which genre is taken for which: counts, coloured by the share of the genre's tracks."""
    tracks = np.array([one.tracks for one in learnt.judgement.genres])
    shown = np.argsort(-tracks, kind="stable")[:_SHOWN]
    matrix = confusion(learnt.vocabulary.names, learnt.answers)[np.ix_(shown, shown)]
    names = [plain(learnt.vocabulary.names[genre]) for genre in shown]
    figure, (axes,) = picture(3 + 0.55 * len(shown), 2.5 + 0.5 * len(shown))
    shares = matrix / tracks[shown][:, None]
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for row, column in np.ndindex(*matrix.shape):
        colour = "white" if shares[row, column] > 0.5 else "black"
        axes.text(column, row, str(matrix[row, column] or ""), ha="center", va="center", color=colour)
    axes.set_xticks(range(len(shown)), names, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(shown)), names)
    axes.set(xlabel="taken for", ylabel="your genre", title="Confusion matrix, artists left out")
    save(figure, path)


def plot_curve(learnt: Learnt, path: Path) -> None:
    """How often the first answer is right, by how many tracks taught it."""
    figure, (axes,) = picture(6, 4)
    curve = learnt.judgement.curve
    axes.plot([point.tracks for point in curve], [point.top1 for point in curve], marker="o", label="learnt")
    axes.axhline(learnt.judgement.shipped.top1, color="tab:grey", linestyle="--", label="the shipped model")
    share = learnt.judgement.most_frequent_share
    axes.axhline(share, color="tab:grey", linestyle=":", label="always the most frequent")
    axes.set(xlabel="tracks", ylabel="first answer right", ylim=(0, 1), title="Would more tracks help?")
    axes.legend(loc="lower right")
    save(figure, path)
