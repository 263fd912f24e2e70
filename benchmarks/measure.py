"""Run a command and write what it cost into a file: [seconds, CPU seconds, peak in kB, exit code], as JSON.

    python -I -S measure.py FILE COMMAND …

A process of its own, and a small one: the system counts the peak memory of the process that starts a
command as the command's.
"""

import json
import os
import sys
import time


def main(report: str, command: list[str]) -> None:
    """The peak is that of the largest process among the command and its descendants; CPU seconds are theirs
    together, but for those that nobody waited for."""
    started = time.monotonic()
    pid = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    cost = [time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, code]
    with open(report, "w") as file:
        json.dump(cost, file)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
