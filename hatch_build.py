"""Hatchling's hook: the manual page and the shells' completions go into the wheel, made from the commands."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_COMPLETIONS = {
    "bash": "share/bash-completion/completions/audiotag",
    "zsh": "share/zsh/site-functions/_audiotag",
    "fish": "share/fish/vendor_completions.d/audiotag.fish",
}


class CommandsHook(BuildHookInterface[Any]):
    """An editable install has none of them: it runs from the sources."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write them to a temporary folder, and say where the wheel puts them."""
        if self.target_name != "wheel" or version == "editable":
            return
        sys.path.insert(0, self.root)
        try:
            texts = _texts()
        finally:
            sys.path.remove(self.root)
        folder = Path(mkdtemp(prefix="audiotag-build-"))
        for number, (place, text) in enumerate(texts.items()):
            file = folder / str(number)
            file.write_text(text, encoding="utf-8")
            build_data["shared_data"][str(file)] = place


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
