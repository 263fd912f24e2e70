"""`tag` on files of which nothing has changed: it opens none of them."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # a script sees its own folder alone

from benchmarks.common import (
    in_mb,
    in_seconds,
    library_in,
    options,
    positive,
    run_audiotag,
    scratch,
    show,
)
from tests.helpers.big_library import fill_tagged


def main() -> None:
    parser = options(__doc__)
    parser.add_argument(
        "--files", type=positive, default=100_000, metavar="N", help="how many (default 100,000)"
    )
    given = parser.parse_args()
    with scratch() as folder:
        fill_tagged(folder / "music", library_in(folder), given.files)
        rows = []
        for arguments in (["tag"], ["tag", "--write", "-q"]):
            cost = run_audiotag(folder, *arguments)
            if "-q" not in arguments and f"{given.files:,} had a genre already" not in cost.stderr:
                raise SystemExit(f"not every file was left alone:\n{cost.stderr[-2_000:]}")
            rows.append([" ".join(arguments), in_seconds(cost.seconds), in_mb(cost.peak_mb)])
    show(f"{given.files:,} unchanged files", ["", "time", "peak memory"], rows)


if __name__ == "__main__":
    main()
