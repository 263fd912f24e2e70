"""Run by the system's Python, with Picard's folder and one of music: the genres that Picard reads, as JSON.

Picard itself is a window; what reads a file needs of it no more than its settings.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from unittest.mock import MagicMock


def main(modules: str, music: str) -> None:
    sys.path.insert(0, modules)
    core = importlib.import_module("PyQt5.QtCore")
    core.QObject.tagger = MagicMock()
    application = core.QCoreApplication([])  # owns the settings, as long as there is a name for it
    importlib.import_module("picard.config").setup_config(application, f"{os.environ['HOME']}/picard.ini")
    # Pages of settings declare what they are about.
    for page in ("ratings", "tags_compatibility_id3"):
        importlib.import_module(f"picard.ui.options.{page}")
    formats = importlib.import_module("picard.formats")
    seen = {}
    for name in os.listdir(music):
        file = formats.open_(os.path.join(music, name))
        if file is not None:
            seen[name] = file._load(file.filename).getall("genre")
    json.dump(seen, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
