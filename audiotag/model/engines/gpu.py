"""Whether TensorFlow could use a GPU here, told in milliseconds: it takes seconds to ask it.

A device node alone says little: it may belong to others, the driver's library may be missing in a
container, and the installed TensorFlow may be built for no GPU, or lack the CUDA libraries that it
loads. It then runs on the CPU, several times slower than ONNX Runtime.
"""

from __future__ import annotations

import ast
import ctypes
import glob
import importlib.util
import os
import re
from pathlib import Path
from typing import Any

NVIDIA_NODES = "/dev/nvidia[0-9]*"
AMD_NODE = "/dev/kfd"
DRIVER = "libcuda.so.1"
# Of CUDA TensorFlow loads all of these, or no GPU. The version of the first two is the build's own;
# those of the others follow from it, but not by any rule.
_NAMED_BY_BUILD = {"cudart": "cuda_version", "cudnn": "cudnn_version"}
_OTHERS = ("cublas", "cufft", "cusolver", "cusparse")
_VERSIONS = range(13, 7, -1)


def why_no_gpu() -> str | None:
    """Why TensorFlow could not use a GPU, in words; None where it seems that it could."""
    nvidia = glob.glob(NVIDIA_NODES)
    nodes = [*nvidia, *([AMD_NODE] if os.path.exists(AMD_NODE) else [])]
    if not nodes:
        return "there is no GPU"
    if not any(os.access(node, os.R_OK | os.W_OK) for node in nodes):
        return f"no permission to use the GPU ({nodes[0]})"
    folder = _tensorflow_folder()
    if folder is None:
        return "TensorFlow is not installed"
    build = _build(folder)
    if build.get("is_rocm_build"):
        return None if AMD_NODE in nodes else "this TensorFlow is built for AMD's GPUs"
    if not build.get("is_cuda_build"):
        return "this TensorFlow is built without GPUs"
    if not any(os.access(node, os.R_OK | os.W_OK) for node in nvidia):
        return "this TensorFlow is built for NVIDIA's GPUs"
    if not _loads(DRIVER):
        return f"the GPU's driver is not installed here ({DRIVER})"
    missing = _missing_libraries(folder, build)
    return f"TensorFlow lacks CUDA libraries: {', '.join(missing)}" if missing else None


def _tensorflow_folder() -> Path | None:
    found = importlib.util.find_spec("tensorflow")
    return Path(found.origin).parent if found is not None and found.origin else None


def _build(folder: Path) -> dict[str, Any]:
    """How the installed TensorFlow was built: a literal in a file of its own, which is read, not run."""
    try:
        text = (folder / "python/platform/build_info.py").read_text(encoding="utf-8")
        literal = re.search(r"build_info\s*=\s*[\w.]*\((.*)\)", text, re.DOTALL)
        return dict(ast.literal_eval(literal[1] if literal else ""))
    except (OSError, ValueError, SyntaxError, TypeError):
        # One that does not say so in this way: CUDA, as most are, of any version.
        return {"is_cuda_build": True}


def _missing_libraries(folder: Path, build: dict[str, Any]) -> list[str]:
    wanted: dict[str, list[int]] = {name: list(_VERSIONS) for name in _OTHERS}
    for name, key in _NAMED_BY_BUILD.items():
        major = str(build.get(key, "")).split(".", 1)[0]
        wanted[name] = [int(major)] if major.isdecimal() else list(_VERSIONS)
    return [f"lib{name}" for name, versions in wanted.items() if not _is_there(folder, name, versions)]


def _is_there(folder: Path, name: str, versions: list[int]) -> bool:
    """In NVIDIA's own packages beside TensorFlow, where it looks first, or where the system looks."""
    packages = glob.escape(str(folder.parent / "nvidia"))
    files = [f"lib{name}.so.{version}" for version in versions]
    return any(glob.glob(f"{packages}/*/lib/{file}*") for file in files) or any(map(_loads, files))


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
