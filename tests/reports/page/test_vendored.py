"""The library that draws the map is the one that was recorded, and the page may run it."""

from __future__ import annotations

import base64
import hashlib
import re
from importlib.resources import files

import pytest

from audiotag.reports.page.assets import SCRIPTS, STYLES, VENDORED, own_script, own_style, policy, text_of

VENDOR = files("audiotag.reports.page").joinpath("vendor")


def test_it_is_what_was_recorded() -> None:
    recorded, name = VENDOR.joinpath("drawing.min.js.sha256").read_text().split()
    content = VENDOR.joinpath(name).read_bytes()
    assert f"vendor/{name}" == VENDORED
    assert hashlib.sha256(content).hexdigest() == recorded
    assert len(content) < 200_000


def test_its_licences_are_beside_it() -> None:
    licences = VENDOR.joinpath("drawing.min.js.LICENSES.txt").read_text()
    for package in ("twgl.js 7.0.0 (MIT)", "d3-zoom 3.0.1 (ISC)", "d3-selection 3.0.1 (ISC)"):
        assert package in licences


@pytest.mark.parametrize("name", [VENDORED, *SCRIPTS])
def test_no_script_makes_programs_or_html_of_text(name: str) -> None:
    """What draws the map has `innerHTML` in functions that nobody calls; the policy forbids it anyway."""
    text = text_of(name)
    assert not re.search(r"\beval\(|\bFunction\(|document\.write|insertAdjacentHTML", text)
    assert name == VENDORED or not re.search("innerHTML|outerHTML|DOMParser|setAttribute\\(['\"]style", text)


@pytest.mark.parametrize("text", [text_of(VENDORED), own_script()])
def test_no_script_ends_before_its_end(text: str) -> None:
    assert not re.search("</script|<!--", text, re.IGNORECASE)
    assert "\r" not in text


def test_every_script_and_style_is_in_the_page() -> None:
    there = {file.name for file in files("audiotag.reports.page").iterdir()}
    assert {name for name in there if name.endswith(".js")} == set(SCRIPTS)
    assert {name for name in there if name.endswith(".css")} == set(STYLES)


def test_the_policy_names_what_may_run_and_nothing_else() -> None:
    text = policy(["1 + 1"], [own_style()])
    parts = dict(part.split(" ", 1) for part in text.split("; "))
    digest = base64.b64encode(hashlib.sha256(b"1 + 1").digest()).decode()
    assert parts["default-src"] == "'none'"
    assert parts["script-src"] == f"'sha256-{digest}'"
    assert "unsafe" not in text
