"""Whose a genre is, by what library and journal know."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from audiotag.library.store import Store
from audiotag.tags.known import look
from audiotag.tags.owners import OwnersGenres
from audiotag.tags.plan import TagOptions
from audiotag.tags.policy import Policy, Rules
from tests.tags.dressing import write_genres
from tests.tags.runs import FILL, REPLACE, predict, put_back, tag


def seen(store: Store, song: Path) -> tuple[str, ...]:
    """The owner's genres after a scan that sees what the tags say now, and knows the sound."""
    from audiotag.tags.formats.sound import fingerprint

    track = store.track(os.fsencode(song))
    assert track is not None
    known = look(song)[1]
    sound = fingerprint(os.fsencode(song))
    store.put(replace(track, info=replace(track.info, tags=known), fingerprint=sound))
    assert known is not None
    return OwnersGenres(store).of(track.path, sound, known)


def test_what_nobody_wrote_is_the_owner_s(store: Store, song: Path) -> None:
    write_genres(song, ("Krautrock", "Live"))
    predict(store, song)
    assert seen(store, song) == ("Krautrock", "Live")


def test_what_audiotag_wrote_is_not(store: Store, song: Path) -> None:
    write_genres(song, ())
    predict(store, song)
    tag(store, FILL)
    assert seen(store, song) == ()


def test_a_correction_is(store: Store, song: Path) -> None:
    write_genres(song, ())
    predict(store, song)
    tag(store, FILL)
    write_genres(song, ("Krautrock",))
    assert seen(store, song) == ("Krautrock",)


def test_beside_what_was_appended_the_owner_s_stays(store: Store, song: Path) -> None:
    write_genres(song, ("Krautrock",))
    predict(store, song)
    tag(store, TagOptions(Rules(Policy.APPEND)))
    assert seen(store, song) == ("Krautrock",)


def test_what_was_replaced_is_no_longer(store: Store, song: Path) -> None:
    write_genres(song, ("Krautrock",))
    predict(store, song)
    tag(store, REPLACE)
    assert seen(store, song) == ()
    put_back(store)
    assert seen(store, song) == ("Krautrock",)


def test_a_file_of_which_the_journal_has_no_sound_is_known_by_its_path(store: Store, song: Path) -> None:
    write_genres(song, ())
    predict(store, song)
    tag(store, FILL)
    store.execute("UPDATE writes SET sound = NULL")
    assert seen(store, song) == ()
