"""The outputs of a network that has learnt: fitted, rounded, and judged on the tracks that judge it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from audiotag.model.calibration import SongPower
from audiotag.model.card import StyleOutput
from audiotag.model.network import NetworkSpec, build_network
from audiotag.training.archives.archive import MelArchive, cut
from audiotag.training.archives.collections import Collection
from audiotag.training.archives.groups import group_folds, groups_apart
from audiotag.training.archives.styles import Styles
from audiotag.training.archives.tracks import LabelledTracks, outputs_of, predicting
from audiotag.training.learning.corpus import Corpus, is_judged_apart, labelled_clips
from audiotag.training.outputs.calibrate import FOLDS, Judged
from audiotag.training.outputs.experts import (
    Evidence,
    Linear,
    fit_embedding,
    fit_mixture,
    set_embedding,
    set_layer,
    set_mixture,
)
from audiotag.training.outputs.learnt_styles import LearntStyles, StyledClips, learn_styles
from audiotag.training.recipe import Recipe

if TYPE_CHECKING:
    import keras

_MOST = 8000  # clips of a collection that embedding, experts and gate are fitted to


@dataclass(frozen=True)
class Fitted:
    """styles: those that the network can say, in the order of its output. areas: see LearntStyles.
    song: how sure the mean over a whole song is made. judged: what it says, made so, of the tracks that
    judge it."""

    styles: tuple[StyleOutput, ...]
    areas: dict[str, tuple[float, float]]
    song: SongPower
    judged: Judged


def fit_outputs(
    network: keras.Model, spec: NetworkSpec, corpus: Corpus, recipe: Recipe, say: Callable[[str], None]
) -> tuple[keras.Model, Fitted]:
    """Fit embedding, experts, gate and styles of a network to the `train` clips, and round all of its
    weights to 16 bits. Returns the network, with an output for the styles if any is proved, and what it
    is worth: of each collection by its `val`, or, where it has none, by its own clips, each fold by
    experts and gate that have not heard its artists."""
    round_weights(network)
    clips = _chosen(corpus, recipe.seed)
    evidence = _fit_embedding(network, clips, corpus, recipe)
    mixture = fit_mixture(evidence, corpus.possible, recipe.experts)
    set_mixture(network, mixture)
    say(f"experts: {len(mixture.experts)}, of {(evidence.labels >= 0).sum()} clips")
    styles = _learn_styles(network, clips, evidence, corpus, recipe)
    if styles.outputs:
        network = _with_styles(network, replace(spec, styles=len(styles.outputs)), styles)
        say(f"styles: {', '.join(one.name for one in styles.outputs)}")
    round_weights(network)
    song, judged = judge(network, corpus, evidence, recipe)
    return network, Fitted(styles.outputs, styles.areas, song, judged)


def judge(
    network: keras.Model, corpus: Corpus, evidence: Evidence, recipe: Recipe
) -> tuple[SongPower, Judged]:
    """What a network says of the tracks that judge it, whole songs as sure as clips: see fit_outputs."""
    tracks = [_judging(one, corpus.genres, network.input.shape[2]) for one in corpus.known]
    clips = [one.counts for one, source in zip(tracks, corpus.known, strict=True) if is_judged_apart(source)]
    song = SongPower(int(np.median(np.concatenate(clips))), recipe.song_power)
    judged = []
    for one, source in zip(tracks, corpus.known, strict=True):
        if is_judged_apart(source):
            found = one.mean(predicting(network))
        else:
            found = _by_folds(network, one, corpus.known.index(source), corpus, evidence, recipe)
        nobody = np.zeros(len(found), int)
        judged.append(Judged(song(found, one.counts), one.labels, nobody, one.groups))
    return song, _together(judged)


def _learn_styles(
    network: keras.Model, clips: list[MelArchive], evidence: Evidence, corpus: Corpus, recipe: Recipe
) -> LearntStyles:
    """From the clips of which styles are known; none where there are none."""
    nothing = LearntStyles((), Linear(np.zeros((0, 0)), np.zeros(0)), {})
    if corpus.styles is None or not corpus.styles.names or corpus.styled < 0:
        return nothing
    track_id = np.concatenate([one.track_id for one in clips])
    genre = np.concatenate([one.genre for one in clips])
    # Numbers of tracks mean something only within the collection that the styles are of.
    styled = np.flatnonzero(corpus.styles.known(track_id) & (evidence.collection == corpus.styled))
    carried = corpus.styles.of(track_id[styled])
    found = StyledClips(evidence.embedding[styled], carried, genre[styled], evidence.group[styled])
    val = _styled_val(network, corpus.known[corpus.styled], corpus.genres, corpus.styles)
    return learn_styles(found, val, corpus.styles, recipe.experts.style)


def _styled_val(
    network: keras.Model, one: Collection, genres: tuple[str, ...], styles: Styles
) -> StyledClips:
    """The tracks of `val`, the mean over their windows."""
    clips = labelled_clips(one.clips, "val")
    tracks = LabelledTracks.of(clips, genres, network.input.shape[2])
    embedding = tracks.mean(lambda windows: outputs_of(network, windows)[1])
    return StyledClips(embedding, styles.of(tracks.track_id), np.array(genres)[tracks.labels], tracks.groups)


def _with_styles(network: keras.Model, spec: NetworkSpec, styles: LearntStyles) -> keras.Model:
    larger = build_network(spec)
    for layer in network.layers:
        if layer.weights:  # the input has a name of its own in each network
            larger.get_layer(layer.name).set_weights(layer.get_weights())
    set_layer(larger, "styles", styles.linear)
    return larger


def round_weights(network: keras.Model) -> None:
    """To the nearest of 16 bits, so that what is measured is exactly what is saved."""
    network.set_weights(
        [np.asarray(weight).astype(np.float16).astype(np.float32) for weight in network.get_weights()]
    )


def _chosen(corpus: Corpus, seed: int) -> list[MelArchive]:
    """Of each collection's `train` at most _MOST clips; those with genres first, in their order."""
    unknown = [one for one in corpus.collections if one not in corpus.known]
    chosen = []
    for one in (*corpus.known, *unknown):
        clips = one.clips.select("train")
        order = np.random.default_rng([seed, 5]).permutation(len(clips))[:_MOST]
        chosen.append(clips.take(np.sort(order)))
    return chosen


def _fit_embedding(
    network: keras.Model, chosen: list[MelArchive], corpus: Corpus, recipe: Recipe
) -> Evidence:
    """Fit and set the embedding, where the network has one of its own; what it makes of the clips."""
    import keras

    own = any(layer.name == "embedding" for layer in network.layers)
    layers = ["logits", "early" if own else "hidden"]
    part = keras.Model(network.input, [network.get_layer(name).output for name in layers])
    frames = network.input.shape[2]
    windows = np.concatenate([cut(one.mel, max(0, one.mel.shape[2] - frames) // 2, frames) for one in chosen])
    logits, values = outputs_of(part, windows)
    collection = np.concatenate([np.full(len(one), number) for number, one in enumerate(chosen)])
    if own:
        set_embedding(network, fit_embedding(values, collection, network.outputs[1].shape[-1], recipe.seed))
        round_weights(network)
        values = Linear(*network.get_layer("embedding").get_weights())(values)
    labels = np.concatenate([_labels(one, corpus.genres) for one in chosen])
    group = np.concatenate([one.group for one in chosen])
    return Evidence(logits, values, labels, collection, group)


def _labels(clips: MelArchive, genres: tuple[str, ...]) -> np.ndarray:
    """(n,) int, -1 for a clip without a genre."""
    labels = np.full(len(clips), -1)
    known = np.flatnonzero(clips.genre != "")
    if len(known):
        labels[known] = clips.take(known).labels(genres)
    return labels


def _judging(one: Collection, genres: tuple[str, ...], frames: int) -> LabelledTracks:
    """The tracks by which a collection is judged."""
    return LabelledTracks.of(
        labelled_clips(one.clips, "val" if is_judged_apart(one) else "train"), genres, frames
    )


def _by_folds(
    network: keras.Model,
    tracks: LabelledTracks,
    number: int,
    corpus: Corpus,
    evidence: Evidence,
    recipe: Recipe,
) -> np.ndarray:
    """(n, genres): of collection `number` each fold's tracks by experts and gate that were fitted without
    their groups."""
    import keras

    part = keras.Model(network.input, [network.get_layer("logits").output, network.outputs[1]])
    logits, embedding = outputs_of(part, tracks.windows)
    found = np.zeros((len(tracks.labels), len(corpus.genres)))
    for others, fold in group_folds(tracks.groups, FOLDS):
        taught = np.isin(evidence.group, tracks.groups[others]) | (evidence.collection != number)
        mixture = fit_mixture(evidence.of(np.flatnonzero(taught)), corpus.possible, recipe.experts)
        inside = np.isin(tracks.track, fold)
        nobody = np.zeros(inside.sum(), int)
        said = mixture(Evidence(logits[inside], embedding[inside], nobody, nobody, nobody))
        for track in fold:
            found[track] = said[tracks.track[inside] == track].mean(axis=0)
    return found


def _together(judged: list[Judged]) -> Judged:
    """Collections, each with a number of its own; and groups that do not meet."""
    return Judged(
        np.concatenate([one.probabilities for one in judged]),
        np.concatenate([one.labels for one in judged]),
        np.concatenate([np.full(len(one.labels), number) for number, one in enumerate(judged)]),
        groups_apart([one.group for one in judged]),
    )
