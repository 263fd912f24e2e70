"""Run a command, look at it and its descendants as it runs, and write what was seen into a file, as JSON.

    python -I -S measure_tree.py FILE SECONDS COMMAND …

Every SECONDS: how many of their threads could use a core, and their memory, though that less often. Memory is
shared out (PSS): what several processes have in common, as forked ones do, counts once in the sum.
"""

import json
import os
import sys
import time

# The kernel walks through all pages to share them out: a fiftieth of the time, but once a second.
_RARELY = 50


def main(report: str, interval: float, command: list[str]) -> None:
    """{"seconds", "cpu", "code", "pss_kb" and "rss_kb": the highest sums, "largest_kb": of one process,
    "processes": the most at once, "busy": [threads at each look]}."""
    started = time.monotonic()
    pid = os.posix_spawnp(command[0], command, os.environ)
    seen = {"pss_kb": 0, "rss_kb": 0, "processes": 0}
    busy: list[int] = []
    next_look = started
    while True:
        done, status, usage = os.wait4(pid, os.WNOHANG)
        if done:
            break
        tree = _tree(pid)
        _note(seen, "processes", len(tree))
        if time.monotonic() >= next_look:
            before = time.process_time()
            memory = [_memory(one) for one in tree]
            _note(seen, "pss_kb", sum(pss for pss, _ in memory))
            _note(seen, "rss_kb", sum(rss for _, rss in memory))
            next_look = time.monotonic() + min(1.0, _RARELY * (time.process_time() - before))
        busy.append(sum(map(_busy, tree)))
        time.sleep(interval)
    cost = {
        **seen, "seconds": time.monotonic() - started, "cpu": usage.ru_utime + usage.ru_stime,
        "largest_kb": usage.ru_maxrss, "code": os.waitstatus_to_exitcode(status), "busy": busy,
    }  # fmt: skip
    with open(report, "w") as file:
        json.dump(cost, file)


def _note(seen: dict[str, int], what: str, value: int) -> None:
    seen[what] = max(seen[what], value)


def _tree(pid: int) -> list[int]:
    """A process and its descendants; those that end meanwhile are left out."""
    found, todo = [], [pid]
    while todo:
        one = todo.pop()
        found.append(one)
        try:
            for thread in os.listdir(f"/proc/{one}/task"):
                with open(f"/proc/{one}/task/{thread}/children") as file:
                    todo += map(int, file.read().split())
        except OSError:
            continue
    return found


def _memory(pid: int) -> tuple[int, int]:
    """(PSS, RSS) in kB."""
    found = {"Pss:": 0, "Rss:": 0}
    try:
        with open(f"/proc/{pid}/smaps_rollup") as file:
            for line in file:
                name, *value = line.split()
                if name in found:
                    found[name] = int(value[0])
    except OSError:  # it has ended
        pass
    return found["Pss:"], found["Rss:"]


def _busy(pid: int) -> int:
    """Threads that run, or would if a core were free."""
    count = 0
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/stat") as file:
                count += file.read().rpartition(")")[2].split()[0] == "R"
    except OSError:
        pass
    return count


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), sys.argv[3:])
