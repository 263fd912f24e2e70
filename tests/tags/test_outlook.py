"""What `tag` would do, told without a look at any file."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from audiotag.library.records import KnownTags, Track, TrackInfo
from audiotag.library.store import Store
from audiotag.tags.formats.sound import fingerprint
from audiotag.tags.known import look
from audiotag.tags.outlook import Outlook
from audiotag.tags.plan import TagOptions, plan, write
from audiotag.tags.policy import Decision, Policy, Rules
from audiotag.tags.safewrite.session import WritingSession
from tests.helpers.tracks import failed, track

FILL = TagOptions(Rules())


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "library.db", write=True) as opened:
        yield opened


def known(genres: tuple[str, ...], state: str = "1000:5:7", version: int | None = 4) -> Track:
    """One whose tags the library knows, 0.9 Rock. No file is there."""
    tags = KnownTags(state, "mp3", genres, genres, version)
    return replace(track(b"/music/a.mp3", [0.0, 0.1, 0.9]), info=TrackInfo("Ann", "First", "Song", tags))


def test_it_decides_by_what_the_scan_saw(store: Store) -> None:
    decision = Outlook(store, FILL).decision(known(()))
    assert decision is not None
    assert (decision.action, decision.old, decision.new) == ("write", (), ("Rock",))
    kept = Outlook(store, FILL).decision(known(("Jazz",)))
    assert kept is not None
    assert (kept.action, kept.new, kept.reason) == ("keep", ("Jazz",), "has a genre")


def test_by_the_rules_that_tag_has(store: Store) -> None:
    rules = Rules(Policy.REPLACE, genre_map={"rock": ("Rock / Pop",)})
    decision = Outlook(store, TagOptions(rules)).decision(known(("Jazz",), version=3))
    assert decision is not None
    assert decision.new == ("Rock", "Pop")  # as ID3v2.3 will give it back


@pytest.mark.parametrize(
    "unknown",
    [
        track(b"/music/a.mp3", [0, 0, 1]),  # nobody has read its tags
        known((), state="999:5:7"),  # not those of the file that was heard
        replace(known(()), missing=True),
        failed(b"/music/a.mp3"),
    ],
)
def test_where_nobody_knows_it_says_nothing(store: Store, unknown: Track) -> None:
    assert Outlook(store, FILL).decision(unknown) is None


def test_it_agrees_with_the_plan_before_and_after_a_write(
    store: Store, tmp_path: Path, audio_file: Callable[..., Path]
) -> None:
    """After a write the library knows the file's tags no more, but the journal does."""
    song = shutil.copyfile(audio_file(".mp3"), tmp_path / "song.mp3")
    _, tags = look(song)
    info = song.stat()
    row = replace(
        known(()),
        path=bytes(song),
        size=info.st_size,
        mtime_ns=info.st_mtime_ns,
        fingerprint=fingerprint(song),
    )
    store.put(replace(row, info=replace(row.info, tags=tags)))
    before = decision_now(store)
    with WritingSession(store, "tag") as session:
        for planned in plan(store, [], FILL, will_write=True):
            assert planned.decision == before
            write(session, planned, FILL)
    after = decision_now(store)
    assert after == next(iter(plan(store, [], FILL))).decision
    assert (after.reason, after.new) == ("already so", ("Rock",))


def decision_now(store: Store) -> Decision:
    """On the only track of the library."""
    (row,) = store.tracks()
    decision = Outlook(store, FILL).decision(row)
    assert decision is not None
    return decision
