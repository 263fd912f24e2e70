"""Embedding, experts and styles of a network that has learnt, and the tracks that judge it."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest

from audiotag.model.network import NetworkSpec, build_network
from audiotag.training.archives.archive import MelArchive
from audiotag.training.archives.collections import Collection
from audiotag.training.archives.styles import Styles
from audiotag.training.archives.tracks import LabelledTracks, outputs_of
from audiotag.training.learning.corpus import Corpus
from audiotag.training.outputs.fit import Fitted, fit_outputs
from tests.training.stripes import RECIPE, SEVERAL_SPEC, SPEC, several, striped, stripes

BASELINE = replace(SPEC, arch="convpool")


def silent(line: str) -> None:
    pass


def fitted(spec: NetworkSpec, corpus: Corpus) -> tuple[keras.Model, Fitted]:
    """Of random weights, the same ones each time: what arrives at the heads tells stripes apart."""
    keras.utils.set_random_seed(5)
    return fit_outputs(build_network(spec), spec, corpus, RECIPE, silent)


@pytest.mark.parametrize(
    "spec",
    [SEVERAL_SPEC, pytest.param(replace(SEVERAL_SPEC, arch="convpool", embedding=0), marks=pytest.mark.slow)],
)
def test_experts_make_a_network_that_has_learnt_nothing_tell_the_genres(spec: NetworkSpec) -> None:
    corpus = several()
    network, found = fitted(spec, corpus)
    judged = found.judged
    assert np.bincount(judged.collection).tolist() == [16, 24], "its `val`, or all of its own"
    own = judged.probabilities * corpus.possible[judged.collection]
    right = own.argmax(axis=1) == judged.labels
    for number in range(2):
        assert right[judged.collection == number].mean() > 0.9
    assert not set(judged.group[judged.collection == 0]) & set(judged.group[judged.collection == 1])
    for weight in network.get_weights():
        np.testing.assert_array_equal(weight, weight.astype(np.float16).astype(np.float32))

    val = LabelledTracks.of(corpus.known[0].clips.select("val"), corpus.genres, spec.frames)
    probabilities, embedding = outputs_of(network, val.windows)
    np.testing.assert_allclose(val.mean(lambda _: probabilities), judged.probabilities[:16], atol=1e-6)
    assert embedding.shape[1] == (spec.embedding or spec.hidden)


def test_a_collection_without_val_is_judged_by_experts_that_have_not_heard_its_artists() -> None:
    """Other labels for one of them leave what is said of them as it was, and change the rest."""
    corpus, spec = several(), replace(SEVERAL_SPEC, arch="convpool", embedding=0)
    songs = corpus.collections[1].clips
    own = songs.group == 3
    swapped = np.where(songs.genre == "Low", "Middle", "Low")
    changed = replace(songs, genre=np.where(own, swapped, songs.genre))
    others = replace(corpus, collections=(corpus.collections[0], Collection("songs", changed)))
    (_, one), (_, other) = (fitted(spec, each) for each in (corpus, others))
    before, after = (each.judged.probabilities[each.judged.collection == 1] for each in (one, other))
    # Its two tracks have changed places, as tracks are in the order of their clips.
    np.testing.assert_allclose(before[own], after[own], atol=1e-6)
    assert np.abs(before[~own] - after[~own]).max() > 1e-4


def test_a_collection_of_a_single_artist_is_judged_by_what_has_heard_them() -> None:
    """Nothing else could: it would be a collection without clips."""
    corpus, spec = several(), replace(SEVERAL_SPEC, arch="convpool", embedding=0)
    songs = replace(corpus.collections[1].clips, group=np.zeros(24, int))
    alone = replace(corpus, collections=(corpus.collections[0], Collection("songs", songs)))
    _, found = fitted(spec, alone)
    assert (found.judged.collection == 1).sum() == 24


class TestStyles:
    """Of two genres, each loud below in half of its clips: that is a style."""

    def archive(self) -> MelArchive:
        plain = striped(200)
        deep = plain.genre == "Low"
        genre = np.where(np.arange(200) % 4 < 2, "Hum", "Buzz")
        assert {(str(one), bool(two)) for one, two in zip(genre, deep, strict=True)} == {
            ("Hum", True), ("Hum", False), ("Buzz", True), ("Buzz", False),
        }  # fmt: skip
        return replace(plain, genre=genre)

    def styles(self, archive: MelArchive, first: int = 0) -> Styles:
        carried = {
            int(track) + first: frozenset({"Deep"} if number % 2 == 0 else {"Odd"} if number % 6 == 1 else ())
            for number, track in enumerate(archive.track_id)
        }
        return Styles(("Deep", "Odd"), ("Hum", "Hum"), carried)

    def test_what_is_proved_becomes_an_output(self) -> None:
        archive = self.archive()
        corpus = replace(stripes(archive), styles=self.styles(archive))
        network, found = fitted(BASELINE, corpus)
        assert [one.name for one in found.styles] == ["Deep"]
        assert set(found.areas) == {"Deep", "Odd"}
        probabilities, _, styles = outputs_of(network, archive.mel[:, :, : SPEC.frames])
        assert (probabilities.shape, styles.shape) == ((200, 2), (200, 1))
        hum = archive.genre == "Hum"
        written = (styles[hum, 0] >= found.styles[0].threshold).astype(bool)
        deep = np.arange(200)[hum] % 2 == 0
        assert written[deep].mean() > 0.9
        assert deep[written].mean() >= 0.75

    def test_the_rest_of_the_network_stays_as_it_was(self) -> None:
        archive = self.archive()
        (with_styles, _), (plain, _) = (
            fitted(BASELINE, replace(stripes(archive), styles=styles))
            for styles in (self.styles(archive), None)
        )
        windows = archive.mel[:8, :, : SPEC.frames]
        for one, other in zip(outputs_of(with_styles, windows)[:2], outputs_of(plain, windows), strict=True):
            np.testing.assert_allclose(one, other, atol=1e-6)

    def test_styles_of_other_tracks_say_nothing(self) -> None:
        archive = self.archive()
        corpus = replace(stripes(archive), styles=self.styles(archive, first=7))
        network, found = fitted(BASELINE, corpus)
        assert (found.styles, found.areas, len(network.outputs)) == ((), {}, 2)
