"""What audiotag wrote is its own, until somebody else writes there: genres, and where they came from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from audiotag.library.store import Store
from audiotag.tags.change import MODEL_TEXT, OWN_TEXTS
from audiotag.tags.formats.read import read_tags
from audiotag.tags.plan import TagOptions, plan
from audiotag.tags.policy import Policy, Rules
from tests.helpers.tracks import MODEL
from tests.tags.dressing import write_genres
from tests.tags.runs import FILL, NEWER, REPLACE, predict, put_back, tag


class TestOwnership:
    """What audiotag wrote, it may update; what the user changed is the user's."""

    def test_a_newer_model_updates_an_own_genre(self, store: Store, song: Path) -> None:
        write_genres(song, ())
        predict(store, song, 2)
        tag(store, FILL)
        predict(store, song, 0, NEWER)
        (planned,) = tag(store, FILL)
        assert planned.decision.reason == "own genre, updated"
        assert read_tags(song).genres == ("Folk",)

    def test_a_genre_that_was_edited_since_stays(self, store: Store, song: Path) -> None:
        write_genres(song, ())
        predict(store, song, 2)
        tag(store, FILL)
        write_genres(song, ("Polka",))
        predict(store, song, 0, NEWER)
        (planned,) = tag(store, FILL)
        assert planned.decision.reason == "has a genre"
        assert read_tags(song).genres == ("Polka",)

    def test_what_was_found_first_survives_updates(self, store: Store, song: Path) -> None:
        append = TagOptions(Rules(Policy.APPEND))
        for best, model, expected in ((2, MODEL, "Rock"), (1, NEWER, "Pop")):
            predict(store, song, best, model)
            tag(store, append)
            assert read_tags(song).genres == ("Folk", expected)

    def test_after_an_undo_the_genre_is_the_user_s_again(self, store: Store, song: Path) -> None:
        predict(store, song)
        tag(store)
        put_back(store)
        (planned,) = plan(store, [], FILL)
        assert planned.decision.reason == "has a genre"

    def test_after_the_undo_of_an_update_the_first_genre_is_own(self, store: Store, song: Path) -> None:
        write_genres(song, ())
        for best, model in ((2, MODEL), (0, NEWER)):
            predict(store, song, best, model)
            tag(store, FILL)
        put_back(store)
        assert read_tags(song).genres == ("Rock",)
        (planned,) = plan(store, [], FILL)
        assert (planned.decision.action, planned.decision.reason) == ("write", "own genre, updated")


class TestProvenance:
    PROVENANCE = replace(REPLACE, provenance=True)

    def test_it_comes_is_kept_true_and_goes_with_the_undo(self, store: Store, song: Path) -> None:
        old = song.read_bytes()
        predict(store, song)
        tag(store, self.PROVENANCE)
        assert read_tags(song).texts[MODEL_TEXT] == (MODEL.identity,)
        predict(store, song, 0, NEWER)
        tag(store)
        assert read_tags(song).texts[MODEL_TEXT] == (NEWER.identity,)
        put_back(store)
        assert read_tags(song).texts[MODEL_TEXT] == (MODEL.identity,)
        put_back(store, 1)
        assert (read_tags(song).texts, song.read_bytes()) == ({}, old)

    def test_it_can_be_added_to_an_own_genre_only(self, store: Store, song: Path) -> None:
        predict(store, song)
        tag(store)
        (planned,) = tag(store, self.PROVENANCE)
        assert planned.decision.reason == "provenance"
        assert set(read_tags(song).texts) == set(OWN_TEXTS)
        (planned,) = tag(store, self.PROVENANCE)
        assert planned.decision.reason == "already so"
        put_back(store)
        assert read_tags(song).texts == {}
        write_genres(song, ("Polka",))
        predict(store, song)
        (planned,) = tag(store, replace(FILL, provenance=True))
        assert (planned.decision.action, read_tags(song).texts) == ("keep", {})

    def test_an_undo_leaves_texts_that_were_changed_since(self, store: Store, song: Path) -> None:
        predict(store, song)
        tag(store, self.PROVENANCE)
        data = song.read_bytes()
        song.write_bytes(data.replace(b"made-up-1", b"made-up-9"))
        put_back(store)
        assert (read_tags(song).genres, read_tags(song).texts) == (("Folk",), {MODEL_TEXT: ("made-up-9",)})
