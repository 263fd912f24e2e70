"""A command as a light installation runs it, though all packages of a full one are there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from importlib.metadata import packages_distributions
from pathlib import Path

from tests.helpers.command import environment
from tests.helpers.documentation import ROOT
from tests.helpers.models import MadeModel

# Python imports it first, in the command and in its workers: what is lacking cannot be found then, by nobody.
_SITE = """
import sys
from importlib.machinery import PathFinder

LACKING = {lacking!r}

class Light(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.partition(".")[0] in LACKING else super().find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = Light
"""
_LOCKED = re.compile(r"^([\w.-]+)(?:\[.*\])?==", re.MULTILINE)
# Which Essentia it is makes no difference; what measures the tests goes on measuring.
_HERE_ANYWAY = {"audiotag", "essentia-tensorflow", "coverage", "pip", "setuptools"}


def _name(distribution: str) -> str:
    """As the package index compares them."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def light_distributions() -> set[str]:
    """What the lock file of the light installation has."""
    return {_name(found) for found in _LOCKED.findall((ROOT / "requirements-light.lock").read_text())}


def lacking() -> set[str]:
    """What can be imported here, and not where the light installation alone is."""
    there = light_distributions() | _HERE_ANYWAY
    return {
        module
        for module, distributions in packages_distributions().items()
        if not there & {_name(one) for one in distributions}
    }


def light_command(
    folder: Path, model: MadeModel, *arguments: str | os.PathLike[str], but: Iterable[str] = ()
) -> subprocess.CompletedProcess[str]:
    """Run `audiotag`; `folder` takes library and config. but: modules that are lacking as well."""
    site = folder / "site"
    site.mkdir(exist_ok=True)
    (site / "sitecustomize.py").write_text(_SITE.format(lacking=lacking() | {*but}))
    return subprocess.run(
        [sys.executable, "-m", "audiotag", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment(folder, model) | {"PYTHONPATH": os.pathsep.join([str(site), str(ROOT)])},
    )
