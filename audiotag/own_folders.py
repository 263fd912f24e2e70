"""Other libraries' files go into a folder of ours, or are not made: nobody asked for them."""

from __future__ import annotations

import os
from pathlib import Path

# Where they keep settings and caches, by the environment variable that they ask, and what of the
# user's own would be passed over if it were set.
_HOMES = {"KERAS_HOME": ("keras", "~/.keras/keras.json"), "MPLCONFIGDIR": ("matplotlib", "")}


def keep_quiet() -> None:
    """Before ONNX Runtime, Keras or matplotlib (which Keras imports) is imported: no telemetry files,
    no new ~/.keras, no list of fonts among the user's files. What the user has set stays.
    """
    from platformdirs import user_cache_path

    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    for variable, (name, own) in _HOMES.items():
        if variable not in os.environ and not (own and Path(own).expanduser().exists()):
            os.environ[variable] = os.fspath(user_cache_path("audiotag") / name)
