"""Which genre a track has first, by its row as by the whole track."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from audiotag.discovery.first_genres import FirstGenres
from audiotag.library.embeddings import Stored
from audiotag.library.records import StoredModel
from tests.helpers.learnt_models import SIZE
from tests.helpers.learnt_models import model as learnt_model
from tests.helpers.tracks import MODEL, track

FEW = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])
THREE = st.lists(FEW, min_size=3, max_size=3)
HEARD_BY = StoredModel("heard-1", ("Folk", "Jazz", "Rock"), (0.5, 0.5, 0.5))
LEARNT = FirstGenres(HEARD_BY, learnt_model(HEARD_BY.identity))
# The genre that is known by the first of these is Krautrock, by the second Bossa Nova, by the third none.
KNOWN_BY = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


def rows(embeddings: Sequence[Sequence[float]]) -> Stored:
    halves = np.zeros((len(embeddings), SIZE), np.float16)
    for row, values in zip(halves, embeddings, strict=True):
        row[: len(values)] = values
    return Stored(np.arange(1, len(halves) + 1), halves, ())


def blobs(probabilities: Sequence[Sequence[float]]) -> tuple[bytes, ...]:
    return tuple(np.array(one, "<f4").tobytes() for one in probabilities)


@given(st.lists(THREE, min_size=1, max_size=5), st.lists(st.none() | FEW, min_size=3, max_size=3))
def test_the_first_genre_is_the_one_that_reports_name(
    probabilities: list[list[float]], thresholds: list[float | None]
) -> None:
    first = FirstGenres(StoredModel("m", MODEL.genres, tuple(thresholds)))
    found = first.of_rows(rows([[1.0]] * len(probabilities)), blobs(probabilities))
    for number, one in zip(found.tolist(), probabilities, strict=True):
        whole = track(b"/a.mp3", one, first.heard_by)
        assert first.names[number] == whole.ranked()[0][0]
        assert first.of_track(whole) == {first.names[number]}


@given(st.lists(st.tuples(THREE, THREE), min_size=1, max_size=5))
def test_in_the_words_of_a_learnt_model_too(both: list[tuple[list[float], list[float]]]) -> None:
    stored = rows([vector for vector, _ in both])
    found = LEARNT.of_rows(stored, blobs([said for _, said in both]))
    for number, halves, (_, said) in zip(found.tolist(), stored.halves, both, strict=True):
        whole = replace(track(b"/a.mp3", said, HEARD_BY), embedding=halves)
        named = {LEARNT.names[number]} if number >= 0 else set()
        assert named == LEARNT.of_track(whole) == {name for name, _ in LEARNT.judged(whole).ranked()[:1]}


def test_a_learnt_model_names_its_own_genres_and_those_besides() -> None:
    assert LEARNT.names == ("Krautrock", "Bossa Nova", "Jazz")
    found = LEARNT.of_rows(rows(KNOWN_BY), blobs([[0.9, 0.1, 0.1], [0.9, 0.1, 0.1], [0.1, 0.9, 0.1]]))
    assert [LEARNT.names[number] for number in found] == ["Krautrock", "Bossa Nova", "Jazz"]


def test_of_what_is_not_known_there_is_no_genre() -> None:
    unknown = (None, b"short", np.full(3, np.nan, "<f4").tobytes())
    assert FirstGenres(MODEL).of_rows(rows(KNOWN_BY), unknown).tolist() == [-1, -1, -1]
    assert LEARNT.of_rows(rows(KNOWN_BY), unknown).tolist() == [-1, -1, -1]
    nowhere = rows([(0.0,), (np.nan,), (np.inf,)])
    assert LEARNT.of_rows(nowhere, blobs([[0.1, 0.9, 0.1]] * 3)).tolist() == [-1, -1, -1]
