"""What an installation may lack, and what brings it. The light one listens and tags; the rest are extras.

pyproject.toml says of which packages an extra consists; here are those by which it is told.
"""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from importlib.util import find_spec

from audiotag.errors import MissingExtraError


@dataclass(frozen=True)
class Extra:
    """packages: their names on the package index, each with what it is imported as. brings: what cannot be
    done without it. is_full: whether the full installation has it."""

    name: str
    packages: tuple[tuple[str, str], ...]
    brings: str
    is_full: bool = True


EXTRAS = {
    extra.name: extra
    for extra in (
        Extra("learn", (("scikit-learn", "sklearn"), ("threadpoolctl", "threadpoolctl")), "learn"),
        Extra("map", (("openTSNE", "openTSNE"), ("scipy", "scipy")), "the map of report --html"),
        Extra("pictures", (("matplotlib", "matplotlib"),), "learn -o, evaluate -o"),
        Extra(
            "train",
            (
                ("tensorflow", "tensorflow"),
                ("onnx", "onnx"),
                ("scikit-learn", "sklearn"),
                ("matplotlib", "matplotlib"),
            ),
            "train",
        ),
        Extra("gpu", (("tensorflow", "tensorflow"), ("onnx", "onnx")), "--engine tensorflow", is_full=False),
        Extra("openvino", (("openvino", "openvino"),), "--engine openvino", is_full=False),
        Extra("beets", (("beets", "beets"),), "the plugin for beets", is_full=False),
        Extra("dask", (("distributed", "distributed"),), "scan --dask", is_full=False),
    )
}


def lacking(*names: str) -> str | None:
    """What has to be installed for these extras, as the end of a sentence; None where all is there."""
    missing = {name: _missing(EXTRAS[name]) for name in names}
    packages = list(dict.fromkeys(package for those in missing.values() for package in those))
    if not packages:
        return None
    if nowhere := [package for package in packages if not is_to_be_had(package)]:
        return f"needs {_and(nowhere)}, which this Python has no package of; take an older one"
    wanted = ",".join(name for name, those in missing.items() if those)
    return f"needs {_and(packages)}: pip install 'audiotag[{wanted}]'"


def need(what: str, *names: str) -> None:
    """Before `what` is begun: raises MissingExtraError unless these extras are installed."""
    if words := lacking(*names):
        raise MissingExtraError(f"{what} {words}")


def is_to_be_had(package: str) -> bool:
    """Whether the package index has it for this Python on this machine, as pyproject.toml says by markers."""
    if package in ("essentia", "essentia-tensorflow"):
        return platform.machine() == "x86_64" and sys.version_info < (3, 14)
    return package != "tensorflow" or sys.version_info < (3, 14)


def is_there(module: str) -> bool:
    """Whether a module could be imported, told without importing it."""
    return find_spec(module) is not None


def _missing(extra: Extra) -> list[str]:
    return [package for package, module in extra.packages if not is_there(module)]


def _and(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
