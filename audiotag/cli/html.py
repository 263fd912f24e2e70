"""audiotag report --html: the page, with the map and with what `tag` would do."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from audiotag.cli.output import Messages, plural
from audiotag.errors import MissingExtraError
from audiotag.text import printable

if TYPE_CHECKING:
    from audiotag.config.settings import Settings
    from audiotag.discovery.map.update import MapSummary
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
# So many tracks at a time are looked up on the map.
_PAGE = 2_000


@dataclass(frozen=True)
class PageOrder:
    """file: where the page goes, '-' is stdout. under, chosen: which tracks, as for selection.select. remap:
    lay the map anew. output: opens a file of text by its name."""

    file: Path
    under: list[bytes]
    chosen: Selection
    remap: bool
    output: Callable[[Path], AbstractContextManager[TextIO]]


def write_html(order: PageOrder, settings: Settings, store: Store, voice: Messages) -> None:
    """Bring the map up to date and write the page; the store is open to read."""
    from audiotag.discovery.map.kept import corners_of
    from audiotag.reports.page.places import Square
    from audiotag.reports.page.write import write_page

    _update_map(order.remap, settings, store, voice)
    square = Square.around(corners_of(store, order.under))
    facts = _facts(order, settings, store, square)
    with order.output(order.file) as file:
        count = write_page(_shown(order, settings, store, square), facts, file)
    if str(order.file) != "-":
        voice.say(f"{printable(order.file)}: {plural(count, 'track')}")


def _update_map(remap: bool, settings: Settings, store: Store, voice: Messages) -> None:
    from audiotag.cli.interrupt import interruptible
    from audiotag.cli.map_progress import MapProgressBar
    from audiotag.discovery.map.update import MapOptions, update_map

    options = MapOptions(remap, settings.jobs or len(os.sched_getaffinity(0)))
    try:
        with MapProgressBar(voice) as progress, interruptible(progress.so_far):
            summary = update_map(store, options, progress)
    except MissingExtraError as fault:
        if remap:
            raise
        voice.say(f"The page is without what is new on the map. {fault}")
        return
    if summary.not_kept is not None:
        voice.say(f"The map is in the page alone, and made again the next time: {summary.not_kept}")
    for line in _remarks(summary):
        voice.say(line)


def _remarks(summary: MapSummary) -> Iterator[str]:
    """What is not as one may expect of the library's map."""
    if summary.late * _MANY > summary.sounds:
        yield (
            f"{summary.late:,} of {plural(summary.sounds, 'track')} on the library's map came after it was "
            "laid; --remap lays it anew"
        )
    if summary.is_of_before:
        yield (
            f"The map is still that of the model before, by which {plural(summary.sounds, 'track')} were "
            f"heard: by the new one it is only {summary.elsewhere:,} yet; --remap lays it of those alone"
        )
    elif summary.elsewhere:
        yield (
            f"The map was laid anew, for another model; {plural(summary.elsewhere, 'track')} that it has not "
            "heard yet will lie on it when 'audiotag scan' has heard them"
        )


def _facts(order: PageOrder, settings: Settings, store: Store, square: Square) -> PageFacts:
    from audiotag.discovery.map.layout import HEAP
    from audiotag.reports.page.block import path_text
    from audiotag.reports.page.write import PageFacts
    from audiotag.reports.selection import part_in_words

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
        part=part_in_words([path_text(path) for path in order.under], order.chosen),
        heap=square.side < HEAP,
    )


def _shown(order: PageOrder, settings: Settings, store: Store, square: Square) -> Iterator[Shown]:
    """Each track with its place on the map and what `tag` would do; of any number only a few at a time."""
    from audiotag.cli.rules import rules_of
    from audiotag.discovery.map.kept import points_of
    from audiotag.reports.page.block import Shown
    from audiotag.reports.selection import select
    from audiotag.tags.outlook import Outlook
    from audiotag.tags.plan import TagOptions

    outlook = Outlook(store, TagOptions(rules_of(settings, store)))
    tracks = select(store, order.under, order.chosen)
    while some := list(islice(tracks, _PAGE)):
        points = points_of(store, [track.path for track in some])
        for track in some:
            point = points.get(track.path)
            place = None if point is None else square.place(point)
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
