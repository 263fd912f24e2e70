"""`python -m tests.players` asks every player that is here anew and writes the page of the documentation;
words after it choose players by what stands in their names. Of all others, what was kept stays."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.players.measured import PLAYERS, keep, kept, make_music, measure
from tests.players.table import PAGE, render


def main(words: list[str]) -> None:
    """Measure, keep and write."""
    found = kept()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "made").mkdir()
        made = make_music(folder / "made")
        for number, player in enumerate(PLAYERS):
            if words and not any(word.lower() in player.name.lower() for word in words):
                continue
            if not player.is_here:
                print(f"{player.name} is not here (apt install {player.package})", file=sys.stderr)
                continue
            found[player.name] = measure(player, made, folder / str(number))
            print(f"{player.name} {found[player.name].version}", file=sys.stderr)
    keep(found)
    PAGE.write_text(render(found), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
