"""audiotag report --html: the page, with the map and with what `tag` would do."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from audiotag.cli.output import Messages, plural
from audiotag.text import printable

if TYPE_CHECKING:
    from audiotag.config.settings import Settings
    from audiotag.library.records import Track
    from audiotag.library.store import Store
    from audiotag.reports.page.block import Shown, TagPlan
    from audiotag.reports.page.places import Square
    from audiotag.reports.page.write import PageFacts
    from audiotag.reports.selection import Selection
    from audiotag.tags.policy import Decision

# Why a file is left alone, as policy.decide begins to say it; what follows is of the one track.
_WHY = ("has a genre", "already so", "below threshold", "not written by default", "silenced by the map")
# The map is worth laying anew when one in so many tracks came after it was laid.
_MANY = 5


@dataclass(frozen=True)
class PageOrder:
    """file: where the page goes, '-' is stdout. under, chosen: which tracks, as for selection.select. remap:
    lay the map anew. output: opens a file of text by its name."""

    file: Path
    under: list[bytes]
    chosen: Selection
    remap: bool
    output: Callable[[Path], AbstractContextManager[TextIO]]


@dataclass(frozen=True)
class _Laid:
    """The map's points by their paths, and the square around those that the page shows."""

    points: dict[bytes, tuple[float, float]]
    square: Square


def write_html(order: PageOrder, settings: Settings, store: Store, voice: Messages) -> None:
    """Bring the map up to date and write the page; the store is open to read."""
    from audiotag.reports.page.write import write_page

    _update_map(order.remap, settings, store, voice)
    laid = _laid(order, store)
    facts = _facts(order, settings, store, laid)
    with order.output(order.file) as file:
        count = write_page(_shown(order, settings, store, laid), facts, file)
    if str(order.file) != "-":
        voice.say(f"{printable(order.file)}: {plural(count, 'track')}")


def _update_map(remap: bool, settings: Settings, store: Store, voice: Messages) -> None:
    from audiotag.cli.interrupt import interruptible
    from audiotag.cli.map_progress import MapProgressBar
    from audiotag.discovery.map.update import MapOptions, update_map

    options = MapOptions(remap, settings.jobs or len(os.sched_getaffinity(0)))
    with MapProgressBar(voice) as progress, interruptible(progress.so_far):
        summary = update_map(store, options, progress)
    if summary.not_kept is not None:
        voice.say(f"The map is in the page alone, and made again the next time: {summary.not_kept}")
    if summary.late * _MANY > summary.sounds:
        voice.say(
            f"{summary.late:,} of {plural(summary.sounds, 'track')} on the map came after it was laid; "
            "--remap lays it anew"
        )


def _laid(order: PageOrder, store: Store) -> _Laid:
    from audiotag.discovery.map.update import map_points
    from audiotag.library.walk import ranges_of
    from audiotag.reports.page.places import Square

    points = map_points(store)
    ranges = list(ranges_of(order.under))
    return _Laid(
        points,
        Square.around(
            point for path, point in points.items() if any(first <= path < end for first, end in ranges)
        ),
    )


def _facts(order: PageOrder, settings: Settings, store: Store, laid: _Laid) -> PageFacts:
    from audiotag.discovery.map.layout import HEAP
    from audiotag.reports.page.write import PageFacts

    model = store.latest_model()
    least = "each genre's own" if settings.min_confidence is None else str(settings.min_confidence)
    rules = {"policy": settings.policy, "at most": str(settings.top), "threshold": least}
    if settings.map is not None:
        rules["map"] = str(settings.map)
    to_stdout = str(order.file) == "-"
    return PageFacts(
        made_at=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        genres=() if model is None else model.genres,
        thresholds=() if model is None else model.thresholds,
        folder=None if to_stdout else os.path.dirname(os.path.abspath(os.fsencode(order.file))),
        rules=rules,
        heap=laid.square.side < HEAP,
    )


def _shown(order: PageOrder, settings: Settings, store: Store, laid: _Laid) -> Iterator[Shown]:
    """Each track with its place on the map and what `tag` would do."""
    from audiotag.cli.rules import rules_of
    from audiotag.reports.page.block import Shown
    from audiotag.reports.selection import select
    from audiotag.tags.outlook import Outlook
    from audiotag.tags.plan import TagOptions

    outlook = Outlook(store, TagOptions(rules_of(settings, store)))
    for track in select(store, order.under, order.chosen):
        point = laid.points.get(track.path)
        place = None if point is None else laid.square.place(point)
        yield Shown(track, place, _plan(track, outlook.decision(track)))


def _plan(track: Track, decision: Decision | None) -> TagPlan | None:
    from audiotag.reports.page.block import TagPlan

    if track.missing or track.model is None:
        return TagPlan((), (), "missing" if track.missing else "no prediction")
    if decision is None:
        return None
    if decision.action == "write":
        return TagPlan(decision.old, decision.new)
    why = next((known for known in _WHY if decision.reason.startswith(known)), decision.reason)
    return TagPlan(decision.old, decision.new, why)
