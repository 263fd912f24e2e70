"""The pages for people: nothing that one can set is left out, and no link leads nowhere."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from audiotag.errors import KINDS, FaultKind
from tests.helpers.documentation import CONTRIBUTING, DOCS, README, ROOT, pages

_LINK = re.compile(r"\]\((?!https?:)([^)\s]+)\)")


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def anchors(page: Path) -> set[str]:
    """What can stand behind `#` in a link to this page."""
    headings = re.findall(r"^#+ (.*)$", read(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


class TestNothingIsLeftOut:
    @pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
    def test_every_kind_of_fault_has_its_line(self, kind: FaultKind) -> None:
        lines = read(DOCS / "faults.md").splitlines()
        (line,) = [line for line in lines if line.startswith(f"| {kind.number} | `{kind.name}` |")]
        assert line.endswith(f"| {kind.todo} |")

    def test_every_page_is_in_the_index(self) -> None:
        listed = {line.strip() for line in read(DOCS / "index.md").splitlines()}
        assert {page.stem for page in DOCS.glob("*.md")} - {"index"} <= listed

    def test_every_room_is_in_contributing(self) -> None:
        rooms = {path.parent.name for path in (ROOT / "audiotag").glob("*/__init__.py")}
        tree = read(CONTRIBUTING)
        assert {room for room in rooms if f"  {room}/ " not in tree} == set()


class TestNothingLeadsNowhere:
    @pytest.mark.parametrize("page", [*pages(), CONTRIBUTING], ids=lambda page: page.name)
    def test_every_relative_link(self, page: Path) -> None:
        for link in _LINK.findall(read(page)):
            name, _, anchor = link.partition("#")
            target = (page.parent / name) if name else page
            assert target.is_file(), f"{page.name} links to {link}"
            assert not anchor or anchor in anchors(target), f"{page.name} links to {link}"

    def test_every_file_that_contributing_names(self) -> None:
        named = re.findall(r"`((?:audiotag|tests|docs|weights)/[\w./-]*)`", read(CONTRIBUTING))
        there = [name for name in named if not re.search("NAME|_build", name)]
        assert [name for name in there if not (ROOT / name).exists()] == []

    def test_every_name_of_the_python_api(self) -> None:
        text = read(DOCS / "api.md")
        for full in re.findall(r"auto(?:function|class):: ([\w.]+)", text):
            module, _, name = full.rpartition(".")
            assert getattr(importlib.import_module(module), name).__doc__, f"{full} has no docstring"
        for module, names in re.findall(r"automodule:: ([\w.]+)\n   :members:([\w, ]*)", text):
            for name in filter(None, names.replace(",", " ").split()):
                assert hasattr(importlib.import_module(module), name), f"{module}.{name}"


@pytest.mark.parametrize(
    ("heading", "page"),
    [
        ("How good it is", "accuracy.md"),
        ("How safe it is", "safety.md"),
        ("How fast it is", "speed.md decoding.md"),
    ],
)
def test_the_readme_s_figures_are_those_of_the_pages(heading: str, page: str) -> None:
    section = read(README).split(f"## {heading}\n")[1].split("\n## ")[0]
    table = "\n".join(line for line in section.splitlines() if line.startswith("|"))
    figures = set(re.findall(r"\d[\d.,]*\d|\d", table))
    assert figures
    pages = "".join(read(DOCS / name) for name in page.split())
    assert figures - set(re.findall(r"\d[\d.,]*\d|\d", pages)) == set()
