"""Tests that need Essentia run it in a process of its own.

pytest's own process may load TensorFlow, and the two abort a process that holds both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from audiotag.audio.workers import run_workers

Result = TypeVar("Result")


def in_worker(function: Callable[..., Result], *arguments: object) -> Result:
    """`function(*arguments)` in a worker process; its exception comes back if it raises one."""
    (outcome,) = run_workers(_caught, [(function, arguments)], jobs=1)
    assert isinstance(outcome, tuple), outcome
    result, fault = outcome
    if fault is not None:
        raise fault
    return cast(Result, result)


def _caught(call: tuple[Callable[..., object], tuple[object, ...]]) -> tuple[object, Exception | None]:
    function, arguments = call
    try:
        return function(*arguments), None
    except Exception as fault:
        return None, fault
