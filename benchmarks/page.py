"""The page of `report --html`: what it costs to write, to open, and to use, in Chromium.

Drawn by the processor alone (SwiftShader), unless --gpu; what a person waits for is measured in the page.
"""

from __future__ import annotations

import resource
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # a script sees its own folder alone

from playwright.sync_api import Browser, sync_playwright

from audiotag.library.store import Store
from audiotag.reports.page.block import Shown, TagPlan
from audiotag.reports.page.write import PageFacts, write_page
from benchmarks.common import in_mb, in_seconds, library_in, options, positive, scratch, seconds_of, show
from benchmarks.made_collection import fill_collection
from tests.helpers.browser import FLAGS, open_page, url_of

# Frames that are shown while something happens for `ms` milliseconds, and the longest pause between two.
_FRAMES = """async ([act, ms]) => {
    const step = act === 'scroll'
        ? (n) => { document.getElementById('grid-body').scrollTop = n * 400; }
        : (n) => opened.view.moveBy(12 * Math.cos(n / 20), 12 * Math.sin(n / 20));
    const before = opened.view.figures().drawings, started = performance.now();
    let frames = 0, last = started, longest = 0;
    while (last - started < ms) {
        step(frames++);
        const now = await new Promise(requestAnimationFrame);
        longest = Math.max(longest, now - last);
        last = now;
    }
    const figures = opened.view.figures();
    return {rate: 1000 * frames / (last - started), longest,
            drawings: figures.drawings - before, cost: figures.cost, slow: figures.slow};
}"""
_SORT = "(name) => { const t = performance.now(); opened.table.sortBy(name); return performance.now() - t; }"
_SEARCH = """(text) => {
    const started = performance.now();
    opened.state.query = text;
    opened.narrow();
    return performance.now() - started;
}"""
_PAINT = (
    "performance.getEntriesByType('paint').find(one => one.name === 'first-contentful-paint')?.startTime ?? 0"
)
_COLUMNS = ("title", "artist", "confidence")


@dataclass(frozen=True)
class _Written:
    """seconds: to write it. size: of the file in bytes. peak_mb: of the process until then."""

    page: Path
    seconds: float
    size: int
    peak_mb: float


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--tracks", type=positive, nargs="*", default=[1_000, 100_000], metavar="N")
    parser.add_argument("--gpu", action="store_true", help="let Chromium draw by what there is")
    given = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        print("skipped: Chromium is not installed")
        return
    with scratch() as folder, sync_playwright() as playwright:
        flags = [flag for flag in FLAGS if not (given.gpu and "swiftshader" in flag)]
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        columns = [measure(browser, folder, tracks) for tracks in given.tracks]
        browser.close()
    labels = [label for label, _ in columns[0]]
    rows = [[label, *(column[at][1] for column in columns)] for at, label in enumerate(labels)]
    show("report --html", ["", *(f"{tracks:,} tracks" for tracks in given.tracks)], rows)


def measure(browser: Browser, folder: Path, tracks: int) -> list[tuple[str, str]]:
    """Write a page of so many tracks and use it: what was measured, in words."""
    written = _write(folder, tracks)
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    started = time.monotonic()
    opened = open_page(context, url_of(written.page))
    ready = time.monotonic() - started
    opened.page.wait_for_timeout(1_000)
    paint = opened.ask(_PAINT)
    pan = opened.ask(_FRAMES, ["pan", 4_000])
    opened.page.wait_for_timeout(300)
    opened["#tab-table"].click()
    scroll = opened.ask(_FRAMES, ["scroll", 3_000])
    sorts = {name: opened.ask(_SORT, name) for name in _COLUMNS}
    again = opened.ask(_SORT, "title")
    search = [opened.ask(_SEARCH, text) for text in ("velvet", "velvet rooms", "")]
    context.close()
    return [
        ("write it (the map apart)", in_seconds(written.seconds)),
        ("  memory of the process", in_mb(written.peak_mb)),
        ("size of the file", in_mb(written.size / 1e6)),
        ("first paint", _ms(paint)),
        ("all there and ready", in_seconds(ready)),
        ("panning the map", _rate(pan)),
        ("  a drawing of all points", _ms(pan["cost"])),
        (
            "  drawings meanwhile",
            f"{pan['drawings']}" + (", the picture moved between" if pan["slow"] else ""),
        ),
        ("scrolling the table", _rate(scroll)),
        *((f"sort by {name}, first time", _ms(cost)) for name, cost in sorts.items()),
        ("sort by title again", _ms(again)),
        ("search: one word, two, none", " ".join(_ms(cost) for cost in search)),
    ]


def _write(folder: Path, tracks: int) -> _Written:
    """A page of made-up tracks, each where the first two numbers of its embedding say."""
    library, page = library_in(folder).with_name(f"{tracks}.db"), folder / f"{tracks}.html"
    fill_collection(library, tracks)
    with Store(library, write=False) as store, page.open("w", encoding="utf-8", newline="") as file:
        model = store.latest_model()
        assert model is not None
        facts = PageFacts("2030-01-01T00:00:00+00:00", model.genres, model.thresholds, b"/music")
        seconds = seconds_of(lambda: write_page(_shown(store), facts, file))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return _Written(page, seconds, page.stat().st_size, peak)


def _shown(store: Store) -> Iterator[Shown]:
    for track in store.tracks():
        place = None if track.embedding is None else tuple((track.embedding[:2] / 8 + 0.5).tolist())
        plan = TagPlan((), (track.ranked()[0][0],)) if track.certain else TagPlan((), (), "below threshold")
        yield Shown(track, place, plan)


def _rate(frames: dict[str, Any]) -> str:
    return f"{frames['rate']:.0f} frames/s, longest pause {frames['longest']:.0f} ms"


def _ms(milliseconds: float) -> str:
    return f"{milliseconds:.0f} ms"


if __name__ == "__main__":
    main()
