"""docs/settings.md, from what the settings say of themselves: `python -m audiotag.config.table`."""

from __future__ import annotations

from dataclasses import fields

from audiotag.config.settings import Settings, about, default_of, variable_of

_HEAD = """\
# Settings

Each comes from the command line, where a command has an option of this name, then from the environment,
then from `config.toml`: from its table `[library.NAME]` of the library in use, then from above its tables.
In the environment a list is written with `:` between its parts. `audiotag doctor` shows each setting
with the place that it comes from.

| in `config.toml` | in the environment | what it is | what it may be | default |
|---|---|---|---|---|
"""


def settings_page() -> str:
    """The page, as Markdown."""
    return _HEAD + "".join(f"{_row(setting.name)}\n" for setting in fields(Settings))


def _row(name: str) -> str:
    said = about(name)
    cells = (f"`{name}`", f"`{variable_of(name)}`", said.meaning, said.kind.in_words(), default_of(name))
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    print(settings_page(), end="")
