"""Whether TensorFlow could use a GPU, told from what is installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from audiotag.model.engines import gpu
from audiotag.model.engines.gpu import why_no_gpu

LIBRARIES = {"cudart": 12, "cudnn": 9, "cublas": 12, "cufft": 11, "cusolver": 11, "cusparse": 12}
BUILD = (
    "import collections\nbuild_info = collections.OrderedDict([('cuda_version', '12.5.1'), "
    "('cudnn_version', '9'), ('is_cuda_build', True), ('is_rocm_build', False)])\n"
)


class Machine:
    """Device nodes, a driver, a TensorFlow and NVIDIA's packages, all made up."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.node = folder / "nvidia0"
        self.kfd = folder / "kfd"
        self.packages = folder / "site-packages"
        self.loadable = {"libcuda.so.1"}
        self.node.touch()
        self.build(BUILD)
        for name, version in LIBRARIES.items():
            self.library(name).parent.mkdir(parents=True)
            self.library(name).with_suffix(f".so.{version}").touch()
        monkeypatch.setattr(gpu, "NVIDIA_NODES", str(folder / "nvidia[0-9]*"))
        monkeypatch.setattr(gpu, "AMD_NODE", str(self.kfd))
        monkeypatch.setattr(gpu, "_tensorflow_folder", lambda: self.packages / "tensorflow")
        monkeypatch.setattr(gpu, "_loads", lambda name: name in self.loadable)

    def build(self, text: str) -> None:
        path = self.packages / "tensorflow/python/platform/build_info.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def library(self, name: str) -> Path:
        return self.packages / f"nvidia/{name}/lib/lib{name}.so"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


def test_all_is_there(machine: Machine) -> None:
    assert why_no_gpu() is None


def test_no_device(machine: Machine) -> None:
    machine.node.unlink()
    assert why_no_gpu() == "there is no GPU"


def test_a_device_of_others(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: path != str(machine.node))
    assert "permission" in str(why_no_gpu())


def test_no_driver(machine: Machine) -> None:
    machine.loadable.clear()
    assert "libcuda" in str(why_no_gpu())


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_library_that_is_missing_and_one_that_the_system_has(name: str, machine: Machine) -> None:
    machine.library(name).with_suffix(f".so.{LIBRARIES[name]}").unlink()
    assert f"lib{name}" in str(why_no_gpu())
    machine.loadable.add(f"lib{name}.so.{LIBRARIES[name]}")
    assert why_no_gpu() is None


def test_cuda_of_another_version(machine: Machine) -> None:
    """The runtime that TensorFlow was built with is the one it loads."""
    machine.build(BUILD.replace("12.5.1", "13.0"))
    assert "libcudart" in str(why_no_gpu())


@pytest.mark.parametrize("key", ["'is_cuda_build', True", "('is_cuda_build', True), "])
def test_a_tensorflow_for_the_cpu(key: str, machine: Machine) -> None:
    machine.build(BUILD.replace(key, key.replace("True", "False") if key[0] == "'" else ""))
    assert "built without GPUs" in str(why_no_gpu())


def test_a_tensorflow_for_amd(machine: Machine) -> None:
    machine.build(BUILD.replace("'is_rocm_build', False", "'is_rocm_build', True"))
    assert "AMD" in str(why_no_gpu())
    machine.kfd.touch()
    assert why_no_gpu() is None


def test_amd_s_gpu_and_a_tensorflow_for_nvidia_s(machine: Machine) -> None:
    machine.node.unlink()
    machine.kfd.touch()
    assert "NVIDIA" in str(why_no_gpu())


@pytest.mark.parametrize("text", ["", "build_info = what_ever(1 + )\n", "\0"])
def test_a_build_that_says_nothing_of_itself(text: str, machine: Machine) -> None:
    machine.build(text)
    assert why_no_gpu() is None


def test_no_tensorflow(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "_tensorflow_folder", lambda: None)
    assert why_no_gpu() == "TensorFlow is not installed"


def test_this_machine_s_tensorflow_is_read_and_not_imported() -> None:
    code = (
        "import sys; from audiotag.model.engines import gpu\n"
        "folder = gpu._tensorflow_folder()\n"
        "print(folder is None or 'is_cuda_build' in gpu._build(folder), 'tensorflow' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True False\n"


def test_a_library_loads_or_it_does_not() -> None:
    assert gpu._loads("libc.so.6")
    assert not gpu._loads("libno-such-library.so.1")
