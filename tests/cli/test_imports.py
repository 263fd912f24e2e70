"""What a command may import before it does anything, by `python -X importtime`: names and counts, no seconds.

Each module costs a third of a millisecond, and some packages a hundred times as much. A budget may be raised
for a reason; `python -X importtime -m audiotag …` shows who asks for what.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from audiotag.cli import COMMANDS
from audiotag.library.records import StoredModel
from audiotag.library.store import Store
from audiotag.model.card import load_card
from tests.helpers.command import environment
from tests.helpers.light import lacking
from tests.helpers.models import MadeModel
from tests.helpers.tracks import track

# Of Python itself: each takes ten milliseconds or more.
_SLOW_PARTS = {"asyncio", "email", "http", "multiprocessing", "socket", "ssl", "unittest", "xml"}
_BASE = {"audiotag", "typer", "shellingham", "annotated_doc", "platformdirs"}


@dataclass(frozen=True)
class Budget:
    """packages: those that may be imported. ours, modules: at most so many of our own, and in all."""

    packages: frozenset[str]
    ours: int
    modules: int


def budget(ours: int, modules: int, *packages: str) -> Budget:
    return Budget(frozenset({*_BASE, *packages}), ours, modules)


BUDGETS = {
    "--help": budget(40, 230),
    "--version": budget(25, 220),
    "scan MUSIC": budget(65, 380, "numpy"),
    "tag": budget(125, 510, "numpy", "mutagen", "rich"),
    "undo --list": budget(100, 460, "numpy", "mutagen"),
    "report": budget(60, 380, "numpy"),
    "similar MUSIC/one.mp3": budget(65, 390, "numpy"),
    "models": budget(40, 350, "numpy"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, two_songs: Path, made_model: MadeModel) -> Path:
    """With MUSIC, two songs, and a library that knows them as a scan by the made model leaves it."""
    folder = tmp_path_factory.mktemp("imports")
    card = load_card(str(made_model.card_file))
    model = StoredModel(card.identity, card.genres, card.thresholds, card.styles)
    shutil.copytree(two_songs, folder / "MUSIC")
    with Store(folder / "library.db", write=True) as store:
        for number, path in enumerate(sorted((folder / "MUSIC").iterdir())):
            row = track(os.fsencode(path), [0.9, 0.1, 0.2], model)
            info = path.stat()
            store.put(
                replace(row, size=info.st_size, mtime_ns=info.st_mtime_ns, fingerprint=b"%032d" % number)
            )
    return folder


def imported(arguments: list[str], folder: Path, model: MadeModel) -> tuple[set[str], str]:
    """The modules that the command imports, and what it says."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "audiotag", *arguments],
        capture_output=True,
        text=True,
        check=True,
        env=environment(folder, model),
    )
    lines = done.stderr.splitlines()
    names = {line.rpartition("|")[2].strip() for line in lines if line.startswith("import time:")}
    return names, "\n".join(line for line in lines if not line.startswith("import time:"))


def bought(modules: set[str]) -> set[str]:
    """The packages that do not come with Python."""
    ours = {module.partition(".")[0] for module in modules}
    # A heading, what pickle asks for of another Python, and what is there when Python starts.
    others = {"imported package", "org", "sitecustomize", "_distutils_hack", "coverage"}
    return ours - set(sys.stdlib_module_names) - others


@pytest.mark.parametrize("command", BUDGETS)
def test_it_keeps_to_its_budget(command: str, folder: Path, made_model: MadeModel) -> None:
    allowed = BUDGETS[command]
    words = [str(folder / word) if word.startswith("MUSIC") else word for word in command.split()]
    modules, said = imported(words, folder, made_model)
    if command == "scan MUSIC":
        assert "Nothing has changed: 2 tracks known, none decoded." in said
    assert bought(modules) - allowed.packages == set()
    assert {module.partition(".")[0] for module in modules} & _SLOW_PARTS == set()
    ours = {module for module in modules if module.startswith("audiotag")}
    assert len(ours) <= allowed.ours, sorted(ours)
    assert len(modules) <= allowed.modules, sorted(modules)


def test_no_budget_has_what_the_light_installation_lacks() -> None:
    assert {name for one in BUDGETS.values() for name in one.packages} & lacking() == set()


def test_only_the_command_that_is_named_is_put_together(folder: Path, made_model: MadeModel) -> None:
    program = (
        "import sys; from audiotag.cli import COMMANDS, main\n"
        "there = lambda: print([name for name in COMMANDS if f'audiotag.cli.{name}' in sys.modules])\n"
        "sys.argv[0] = 'audiotag'\n"
        "try: main()\n"
        "finally: there()\n"
    )

    def said(*arguments: str) -> str:
        command = [sys.executable, "-c", program, *arguments]
        variables = environment(folder, made_model)
        return subprocess.run(command, capture_output=True, text=True, check=True, env=variables).stdout

    assert said("models").endswith("['models']\n")
    assert said("--version").endswith("[]\n")
    assert said("-q", "models", "--json").endswith(f"{list(COMMANDS)}\n")
