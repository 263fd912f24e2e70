"""The service's loop: by a clock of its own, no file and no second is spent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from audiotag.errors import LibraryLockedError, StoreError
from audiotag.watch.loop import Watch, WatchOptions
from audiotag.watch.service import Service


@dataclass
class Scene:
    """Each event moves the clock one second; `hear` notes what it was given, and leaves what `unsettled`
    says."""

    root: bytes
    now: float = 0.0
    heard: list[tuple[float, list[bytes]]] = field(default_factory=list)
    unsettled: dict[float, list[bytes]] = field(default_factory=dict)
    locked_until: float = 0.0
    full: tuple[float, float] = (0.0, 0.0)
    said: list[str] = field(default_factory=list)
    tries: list[float] = field(default_factory=list)

    def events(self, touched: dict[int, set[bytes]], seconds: int) -> Iterator[set[bytes]]:
        for second in range(seconds):
            self.now = float(second)
            yield touched.get(second, set())

    def hear(self, places: Sequence[bytes]) -> Sequence[bytes]:
        self.tries.append(self.now)
        if self.full[0] <= self.now < self.full[1]:
            raise StoreError("library.db: the disk is full")
        if self.now < self.locked_until:
            raise LibraryLockedError("held")
        self.heard.append((self.now, list(places)))
        return self.unsettled.get(self.now, [])

    def run(self, touched: dict[int, set[bytes]], seconds: int, polled: Sequence[bytes] = ()) -> None:
        options = WatchOptions(settle=10.0, poll=60.0, sweep=500.0, held=5.0)
        Watch((self.root,), options, self.hear, Service({}), self.said.append, clock=lambda: self.now).run(
            self.events(touched, seconds), lambda: polled
        )


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    (tmp_path / "a.mp3").touch()
    return Scene(bytes(tmp_path))


def test_each_change_is_heard_once_when_it_has_settled(scene: Scene) -> None:
    song = scene.root + b"/a.mp3"
    scene.run({3: {song}, 5: {song}}, 100)
    assert scene.heard == [(15.0, [song])]


def test_what_had_not_settled_is_looked_at_again(scene: Scene) -> None:
    song = scene.root + b"/a.mp3"
    scene.unsettled = {10.0: [song], 20.0: [song]}
    scene.run({0: {song}}, 100)
    assert [when for when, _ in scene.heard] == [10.0, 20.0, 30.0]


def test_another_program_s_turn_is_waited_for(scene: Scene) -> None:
    song = scene.root + b"/a.mp3"
    scene.locked_until = 50.0
    scene.run({0: {song}}, 100)
    assert [places for _, places in scene.heard] == [[song]]
    assert 50.0 <= scene.heard[0][0] <= 55.0


def test_network_folders_are_polled_and_all_are_swept(scene: Scene) -> None:
    scene.run({}, 240, polled=[scene.root])
    assert [when for when, _ in scene.heard] == [70.0, 130.0, 190.0]


def test_now_and_then_all_is_swept(scene: Scene) -> None:
    scene.run({}, 1_100)
    assert [when for when, _ in scene.heard] == [510.0, 1_010.0]


def test_a_library_that_cannot_be_written_for_a_while_is_said_once_and_waited_for(scene: Scene) -> None:
    song = scene.root + b"/a.mp3"
    scene.full = (20.0, 200.0)
    scene.run({0: {song}, 30: {song}}, 400)
    assert scene.tries == [10.0, 40.0, 100.0, 160.0, 220.0]
    assert scene.said == ["library.db: the disk is full; trying again every 60 s", "All is well again."]
    assert scene.heard[-1] == (220.0, [song])


def test_a_service_that_cannot_begin_ends(scene: Scene) -> None:
    scene.full = (0.0, 200.0)
    with pytest.raises(StoreError, match="disk is full"):
        scene.run({0: {scene.root}}, 400)
