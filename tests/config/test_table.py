"""A setting is whole: a kind that takes its default, a meaning, a word for no value, a row of the docs."""

from __future__ import annotations

import runpy
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from audiotag.config import table
from audiotag.config.settings import Settings, about, default_of, variable_of

DECLARED = {setting.name: setting for setting in fields(Settings)}
DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", DECLARED)
class TestEverySetting:
    def test_says_what_it_is(self, name: str) -> None:
        said = about(name)
        assert said.meaning
        assert not said.meaning.endswith(".")
        assert said.kind.wanted
        assert said.kind.in_words()

    def test_has_a_default_that_its_kind_takes(self, name: str) -> None:
        default = DECLARED[name].default
        if default in (None, MISSING):
            assert about(name).unset, f"{name}: what holds when nobody gives it?"
        else:
            assert about(name).kind.problem(default) is None
            in_toml = list(default) if isinstance(default, tuple) else default
            assert about(name).kind.from_toml(in_toml) == default
        assert default_of(name) not in ("", "None", "()")

    def test_refuses_what_is_of_another_type(self, name: str) -> None:
        is_switch = isinstance(DECLARED[name].default, bool)
        values: tuple[object, ...] = ({}, [1], 1 if is_switch else True)
        for value in values:
            assert about(name).kind.from_toml(value) is None

    def test_is_documented(self, name: str) -> None:
        row = next(line for line in _page().splitlines() if line.startswith(f"| `{name}` |"))
        assert f"`{variable_of(name)}`" in row
        assert "|  |" not in row


def test_the_page_is_as_the_declarations_make_it(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(table.__file__), run_name="__main__")
    assert _page() == capsys.readouterr().out, "docs/settings.md is old: make settings-table"


def _page() -> str:
    return (DOCS / "settings.md").read_text(encoding="utf-8")
