"""Hatchling's hooks: the manual page and the shells' completions go into the wheel, made from the
commands; and the README becomes what a package index can show."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

_COMPLETIONS = {
    "bash": "share/bash-completion/completions/audiotag",
    "zsh": "share/zsh/site-functions/_audiotag",
    "fish": "share/fish/vendor_completions.d/audiotag.fish",
}

# `[words](place)` and `![words](place)` where the place has no address of its own.
_RELATIVE = re.compile(r"(!?)\[([^\]]*)\]\((?![a-z]+:|#)([^)]+)\)")
_WHERE = "The pages named below, such as `docs/commands.md`, are in the source distribution.\n\n## "


class CommandsHook(BuildHookInterface[Any]):
    """An editable install has none of them: it runs from the sources."""

    PLUGIN_NAME = "custom"
    _folder: Path | None = None

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write them to a temporary folder, and say where the wheel puts them."""
        if self.target_name != "wheel" or version == "editable":
            return
        sys.path.insert(0, self.root)
        try:
            texts = _texts()
        finally:
            sys.path.remove(self.root)
        self._folder = Path(mkdtemp(prefix="audiotag-build-"))
        for number, (place, text) in enumerate(texts.items()):
            file = self._folder / str(number)
            file.write_text(text, encoding="utf-8")
            build_data["shared_data"][str(file)] = place

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """They are in the wheel by now."""
        if self._folder is not None:
            shutil.rmtree(self._folder)


class ReadmeHook(MetadataHookInterface):
    """A link to a file beside README.md leads nowhere on the page of an index."""

    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        """Sets the field `readme`."""
        text = Path(self.root, "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": readme_alone(text)}


def readme_alone(text: str) -> str:
    """README.md without relative links and pictures: they become the names of their files."""

    def named(match: re.Match[str]) -> str:
        is_picture, words, place = match.groups()
        return f"*{words}: `{place}`*" if is_picture else f"{words} (`{place}`)"

    return _RELATIVE.sub(named, text).replace("\n## ", f"\n{_WHERE}", 1)


def _texts() -> dict[str, str]:
    """Where below the installation's prefix → what."""
    from typer.completion import get_completion_script

    from audiotag.cli import app
    from audiotag.cli.manual import manual_page

    texts = {"share/man/man1/audiotag.1": manual_page(app)}
    for shell, place in _COMPLETIONS.items():
        script = get_completion_script(prog_name="audiotag", complete_var="_AUDIOTAG_COMPLETE", shell=shell)
        texts[place] = f"{script}\n"
    return texts
