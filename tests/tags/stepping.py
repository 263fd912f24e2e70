"""A process that is killed right before any one of its system calls, by ptrace (Linux, x86-64).

    survived, calls = run_killed(function, 7)     # SIGKILL instead of the 7th step

A step is every system call but those that only look: so none that changes a file is missed.
Run it in a process that has no threads.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import struct
import sys
from collections.abc import Callable

_TRACEME, _SYSCALL, _SETOPTIONS, _SYSCALL_INFO = 0, 24, 0x4200, 0x420E
_SYSGOOD, _EXITKILL = 1, 0x100000
_STOPPED_AT_CALL = signal.SIGTRAP | 0x80
_ENTRY = 1

# System calls of x86-64 that change no file. openat is looked at apart.
_HARMLESS = frozenset(
    {
        0, 3, 4, 5, 6, 7, 8,  # read, close, stat, fstat, lstat, poll, lseek
        9, 10, 11, 12, 13, 14, 15,  # memory and signals
        16, 17, 21, 24, 25, 28, 35, 39, 72,  # ioctl, pread64, access, memory, sleep, getpid, fcntl
        79, 89, 96, 98, 99, 102, 104, 107, 108,  # getcwd, readlink, times, who we are
        131, 137, 138, 157, 158, 186, 191, 192, 193, 194, 195, 196,  # statfs, gettid, reading attributes
        201, 202, 204, 217, 218, 228, 229, 230, 231,  # time, futex, affinity, getdents, clocks, exit
        262, 267, 269, 273, 295, 302,  # fstatat, readlinkat, faccessat, robust lists, preadv, limits
        318, 332, 334, 439,  # getrandom, statx, rseq, faccessat2
    }
)  # fmt: skip
_OPENAT, _CHANGING_FLAGS = 257, os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


def why_not() -> str | None:
    """Why no process can be stepped through here; None where it can."""
    if not sys.platform.startswith("linux") or platform.machine() != "x86_64":
        return "stepping through system calls knows only Linux on x86-64"
    try:
        run_killed(lambda: None, 0)
    except OSError as error:
        return f"ptrace is not allowed here: {error}"
    return None


def run_killed(function: Callable[[], None], at: int) -> tuple[bool, int]:
    """Run `function` in a child that gets SIGKILL instead of its step number `at`, from 1.

    Returns whether it came to its end, and how many steps it began. AssertionError where the
    function raised.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    child = os.fork()
    if child == 0:
        _be_traced(libc, function)
    os.waitpid(child, 0)
    _ptrace(libc, _SETOPTIONS, child, _SYSGOOD | _EXITKILL)
    steps, pending = 0, 0
    while True:
        _ptrace(libc, _SYSCALL, child, pending)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 0, "the function raised"
            return True, steps
        stop = os.WSTOPSIG(status)
        pending = 0 if stop in (_STOPPED_AT_CALL, signal.SIGTRAP) else stop
        if stop == _STOPPED_AT_CALL and _is_step(libc, child):
            steps += 1
            if steps == at:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                return False, steps


def _be_traced(libc: ctypes.CDLL, function: Callable[[], None]) -> None:
    code = 1
    try:
        libc.ptrace(_TRACEME, 0, None, None)
        os.kill(os.getpid(), signal.SIGSTOP)
        function()
        code = 0
    finally:
        if code:
            import traceback

            traceback.print_exc()
            sys.stderr.flush()
        libc._exit(code)  # not os._exit, which under coverage writes a file: steps of its own


def _is_step(libc: ctypes.CDLL, child: int) -> bool:
    info = ctypes.create_string_buffer(128)
    _ptrace(libc, _SYSCALL_INFO, child, info, len(info))
    operation, number = info.raw[0], struct.unpack_from("<Q", info.raw, 24)[0]
    if operation != _ENTRY or number in _HARMLESS:
        return False
    flags = struct.unpack_from("<Q", info.raw, 32 + 2 * 8)[0]
    return number != _OPENAT or bool(flags & _CHANGING_FLAGS)


def _ptrace(libc: ctypes.CDLL, request: int, child: int, data: object, size: int = 0) -> None:
    if libc.ptrace(request, child, ctypes.c_void_p(size), data) < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
