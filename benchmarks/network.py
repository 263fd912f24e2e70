"""What a window costs the network: by engine and by how many windows it takes at once.

For what a core is worth: `taskset -c 0 python benchmarks/network.py`. Processor time is what counts where
other work runs beside it, and what the first run chooses the engine by (model/engines/fastest.py).
"""

from __future__ import annotations

import sys
import time
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # a script sees its own folder alone

from audiotag.errors import AudiotagError
from audiotag.model.card import DEFAULT_MODEL, ModelCard, load_card
from audiotag.model.engines import ENGINES, cpu_engines, open_engine
from benchmarks.common import in_seconds, options, positive, seconds_of, show


def main() -> None:
    parser = options(__doc__)
    parser.add_argument(
        "--engine", action="append", choices=ENGINES, help="repeatable (default those that there are)"
    )
    parser.add_argument(
        "--batch-size", action="append", type=positive, metavar="N", help="repeatable (default 1 and 16)"
    )
    parser.add_argument("--model", default=DEFAULT_MODEL, metavar="NAME|FILE", help="as for `audiotag scan`")
    parser.add_argument("--windows", type=positive, default=64, metavar="N", help="in a run (default 64)")
    parser.add_argument("--repeat", type=positive, default=5, metavar="N", help="median of N (default 5)")
    given = parser.parse_args()
    try:
        card = load_card(given.model)
        rows = [
            measure(card, engine, size, given.windows, given.repeat)
            for engine in given.engine or (*cpu_engines(card), *tensorflow())
            for size in given.batch_size or (1, 16)
        ]
    except AudiotagError as fault:
        raise SystemExit(str(fault)) from fault
    windows = f"{given.windows} windows of {card.frontend.window_seconds:.1f} s"
    headings = [
        "engine",
        "device",
        "batch size",
        "to open",
        "ms a window",
        "processor ms",
        "× real time a core",
    ]
    show(f"{card.name}, {windows}, median of {given.repeat}", headings, rows)


def measure(card: ModelCard, engine: str, batch_size: int, windows: int, repeat: int) -> list[str]:
    """A row of the table. Raises AudiotagError where the engine or the model is not there."""
    frontend = card.frontend
    shape = (windows, frontend.bands, frontend.frames)
    batch = np.random.default_rng(7).integers(0, 256, shape, dtype=np.uint8)
    started = time.monotonic()
    opened = open_engine(card, engine, batch_size)
    opened.predict(batch[:1])  # the first call compiles
    ready = time.monotonic() - started
    taken, worked = [], []
    for _ in range(repeat):
        before = time.process_time()
        taken.append(seconds_of(lambda: opened.predict(batch)) / windows)
        worked.append((time.process_time() - before) / windows)
    return [
        opened.name,
        opened.device,
        str(batch_size),
        in_seconds(ready),
        f"{1e3 * median(taken):.1f}",
        f"{1e3 * median(worked):.1f}",
        f"{frontend.window_seconds / median(worked):,.0f}",
    ]


def tensorflow() -> tuple[str, ...]:
    return ("tensorflow",) if find_spec("tensorflow") is not None else ()


if __name__ == "__main__":
    main()
