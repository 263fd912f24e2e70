"""What is trained on: collections that teach the trunk, the experts or neither."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from audiotag.errors import ArchiveError
from audiotag.training.archives.archive import MelArchive
from audiotag.training.archives.collections import Collection
from audiotag.training.archives.styles import Styles
from audiotag.training.learning.corpus import Corpus, is_judged_apart, labelled_clips


def clips(labels: str, first_id: int = 0) -> MelArchive:
    """As in `train:Rock train: val:Rock`."""
    split, genre = np.array([label.split(":") for label in labels.split()]).T
    ids = first_id + 100 * np.arange(len(genre))
    return MelArchive(np.zeros((len(genre), 2, 4), np.uint8), genre, split, ids, None)


MAIN = Collection("main", clips("train:Rock train:Folk train: val:Rock val:"))
SONGS = Collection("songs", clips("train:Jazz train:Folk", 5000))
TAGGED = Collection("tagged", clips("train: train:"))


def test_each_collection_knows_its_own_genres() -> None:
    corpus = Corpus((TAGGED, MAIN, SONGS))
    assert [one.name for one in corpus.known] == ["main", "songs"]
    assert corpus.genres == ("Folk", "Jazz", "Rock")
    assert corpus.vocabulary == {"main": ("Folk", "Rock"), "songs": ("Folk", "Jazz")}
    assert corpus.possible.tolist() == [[True, False, True], [True, True, False]]
    assert corpus.first is TAGGED.clips


def test_the_trunk_learns_of_those_that_are_not_judged_by_leaving_out() -> None:
    """`songs` has no `val`: its artists are left out in turn, so the trunk must not have heard them."""
    found = Corpus((MAIN, SONGS, TAGGED)).learnt()
    assert len(found) == 3 + 2
    assert found.collection.tolist() == [0, 0, 0, 1, 1]
    assert found.targets.genre.sum() == 2


def test_what_only_val_or_test_has_is_not_learnt() -> None:
    test = Collection("main", clips("train:Rock val:Rock test:Jazz"))
    assert Corpus((test,)).genres == ("Rock",)


def test_the_clips_with_a_genre_judge() -> None:
    assert labelled_clips(MAIN.clips, "val").genre.tolist() == ["Rock"]
    assert [is_judged_apart(one) for one in (MAIN, SONGS, TAGGED)] == [True, False, False]
    assert not is_judged_apart(Collection("a", clips("train:Rock val:")))


@pytest.mark.parametrize(
    ("collections", "named"),
    [
        ((SONGS, TAGGED), "no archive has clips with a genre in a split 'val'"),
        ((), "no archive has clips"),
        ((Collection("a", clips("train:Rock val:")),), "no archive has clips with a genre"),
        (
            (Collection("tagged", clips("train: val:Rock")), SONGS),
            "no archive has clips with a genre in a split 'val'",
        ),
        ((MAIN, Collection("a", clips("train:Rock val:Jazz val:Pop"))), "a: val has genres .*: Jazz, Pop"),
        ((MAIN, Collection("a\nb", clips("test:Rock"))), r"a\\nb: no clips in a split 'train' to learn from"),
    ],
)
def test_what_cannot_be_learnt_or_judged_is_named(collections: tuple[Collection, ...], named: str) -> None:
    with pytest.raises(ArchiveError, match=named) as caught:
        Corpus(collections)
    assert "\n" not in str(caught.value)


def test_styles_are_of_the_collection_that_has_most_of_their_tracks() -> None:
    """Numbers of tracks occur in others by chance."""
    carried = {5000: frozenset({"Bop"}), 5100: frozenset({"Bop"}), 0: frozenset({"Punk"})}
    styles = Styles(("Bop",), ("Jazz",), carried)
    assert Corpus((MAIN, SONGS), styles).styled == 1
    assert replace(Corpus((MAIN, SONGS), styles), styles=None).styled == -1
