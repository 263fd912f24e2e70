"""The law of the journal: no genre ever comes into a file that did not have it before.

Files with few sounds are tagged, some of them; then renamed, exchanged, copied, deleted, replaced
and edited in any order, with scans in between or none; then all is undone.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.shelf import FILL, Shelf, genres, make_song, retitle
from tests.tags.dressing import write_genres

EXAMPLES = int(os.environ.get("TEST_MOVES", "20"))
# A change is not to fail for a story that it has nothing to do with: TEST_MOVES looks for new ones.
SAME_EACH_TIME = "TEST_MOVES" not in os.environ
NAMES = ("a", "b", "c", "d", "x/a", "x/b")


@dataclass
class Model:
    """What is known by looking on. old: the genres that writes of a file replaced; sounds: which it has.
    lain: by name and sound, those genres of what lay there since the last scan."""

    shelf: Shelf
    old: dict[str, set[str]] = field(default_factory=dict)
    sounds: dict[str, int] = field(default_factory=dict)
    lain: dict[tuple[str, int], set[str]] = field(default_factory=dict)

    def look(self) -> None:
        for name, sound in self.sounds.items():
            self.lain[name, sound] = self.lain.get((name, sound), set()) | self.old[name]

    def path(self, name: str) -> Path:
        return self.shelf.music / f"{name}.wav"

    def rename(self, names: list[str], shift: list[str]) -> None:
        for name in names:
            self.path(name).rename(self.path(name).with_suffix(".aside"))
        taken = [(self.old.pop(name), self.sounds.pop(name)) for name in names]
        for name, new, (old, sound) in zip(names, shift, taken, strict=True):
            os.replace(self.path(name).with_suffix(".aside"), self.path(new))
            self.old[new], self.sounds[new] = old, sound

    def copy(self, name: str, new: str) -> None:
        shutil.copyfile(self.path(name), self.path(new))
        # What comes under a name whose sound was there before is still the same file, as far as anyone can
        # tell who has not looked meanwhile: so does many a program that writes its tags.
        self.old[new] = self.old[name] | self.lain.get((new, self.sounds[name]), set())
        self.sounds[new] = self.sounds[name]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["exchange", "move", "copy", "delete", "retitle", "anew", "regenre", "replace", "scan"]
        ),
        st.sampled_from(NAMES),
        st.permutations(NAMES),
    ),
    max_size=6,
)


def do(model: Model, step: str, name: str, order: list[str]) -> None:
    there = [one for one in order if one in model.old]
    model.look()
    if step == "scan":
        model.shelf.scan()
        model.lain.clear()
    elif step == "exchange":
        model.rename(sorted(there), there)
    elif name not in model.old:
        return
    elif step == "move":
        if order[0] != name:
            model.rename([name], [order[0]])
    elif step == "copy":
        if order[0] != name:
            model.copy(name, order[0])
    elif step == "delete":
        model.path(name).unlink()
        del model.old[name], model.sounds[name]
    elif step in ("retitle", "anew"):
        retitle(model.path(name), "Another title", anew=step == "anew")
    elif step == "regenre":
        write_genres(model.path(name), ("Polka",))
        model.old[name] = set()
    else:
        sound = 1_000 + NAMES.index(order[0])
        make_song(model.path(name), sound, "Rock")
        model.old[name], model.sounds[name] = set(), sound


@st.composite
def stories(draw: st.DrawFn) -> tuple[list[int], set[str], list[tuple[str, str, list[str]]]]:
    """The sound of each file, which of them are tagged, and what is done then."""
    sounds = draw(st.lists(st.integers(0, 3), min_size=len(NAMES), max_size=len(NAMES)))
    return sounds, draw(st.sets(st.sampled_from(NAMES), min_size=1)), draw(STEPS)


def tell(model: Model, sounds: list[int], tagged: set[str], steps: list[tuple[str, str, list[str]]]) -> int:
    """Do all that; returns how many runs wrote."""
    for name, sound in zip(NAMES, sounds, strict=True):
        # One of them has the genre already that is written into the others.
        make_song(model.path(name), sound, "Rock" if name == "d" else f"Old of {name}")
        model.old[name], model.sounds[name] = set(), sound
    model.shelf.scan()
    written = sorted(tagged - {"d"})
    for name in sorted(tagged):
        model.shelf.tag(under=[model.path(name)])
        model.old[name] = {f"Old of {name}"} if name in written else set()
    for step, name, order in steps:
        do(model, step, name, order)
    return len(written)


@settings(max_examples=EXAMPLES, deadline=None, derandomize=SAME_EACH_TIME)
@given(stories())
def test_no_genre_comes_into_a_file_that_did_not_have_it(
    story: tuple[list[int], set[str], list[tuple[str, str, list[str]]]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        model = Model(Shelf(Path(folder) / "shelf"))
        runs = tell(model, *story)
        before = {name: genres(model.path(name)) for name in model.old}
        for run in range(1, runs + 1):
            model.shelf.undo(run)
        for name, old in model.old.items():
            allowed = [before[name], *((genre,) for genre in old)]
            assert genres(model.path(name)) in allowed, name


@settings(max_examples=EXAMPLES // 2, deadline=None, derandomize=SAME_EACH_TIME)
@given(stories())
def test_what_was_never_written_is_never_audiotag_s_own(
    story: tuple[list[int], set[str], list[tuple[str, str, list[str]]]],
) -> None:
    """Another model, which predicts everything otherwise: what is the user's stays under `fill`."""
    with tempfile.TemporaryDirectory() as folder:
        model = Model(Shelf(Path(folder) / "shelf"))
        tell(model, *story)
        model.shelf.genre = "Pop"
        model.shelf.scan(rescan=True)
        before = {name: genres(model.path(name)) for name in model.old}
        model.shelf.tag(FILL)
        for name, old in model.old.items():
            if not old:
                assert genres(model.path(name)) == before[name], name


@settings(max_examples=EXAMPLES // 2, deadline=None, derandomize=SAME_EACH_TIME)
@given(
    order=st.permutations(range(5)),
    edits=st.lists(st.sampled_from(["", "retitle", "anew", "regenre"]), min_size=5, max_size=5),
    scanned=st.booleans(),
    edited_first=st.booleans(),
)
def test_every_song_gets_its_own_genre_back_or_keeps_its_owner_s(
    order: list[int], edits: list[str], scanned: bool, edited_first: bool
) -> None:
    """Songs with sounds of their own, under each other's names, and some of them edited."""
    with tempfile.TemporaryDirectory() as folder:
        shelf = Shelf(Path(folder) / "shelf")
        for number in range(5):
            shelf.song(f"{number}.wav", number, f"Old {number}")
        shelf.scan()
        shelf.tag()

        def edit(name: int, how: str) -> None:
            path = shelf.music / f"{name}.wav"
            if how == "regenre":
                write_genres(path, ("Fado",))
            elif how:
                retitle(path, "Another title", anew=how == "anew")

        if edited_first:
            for number, how in enumerate(edits):
                edit(number, how)
        shelf.rename(**{str(number): str(new) for number, new in enumerate(order)})
        if not edited_first:
            for number, how in enumerate(edits):
                edit(order[number], how)
        if scanned:
            shelf.scan()
        shelf.undo()
        for number, new in enumerate(order):
            expected = "Fado" if edits[number] == "regenre" else f"Old {number}"
            assert genres(shelf.music / f"{new}.wav") == (expected,)
