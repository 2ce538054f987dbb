"""Times in CPU seconds of one core, and what a process of its own needs.

    python -m benchmarks.timing CORES COMMAND...

runs a command on some cores (numbers with commas) and prints what it needed as JSON. A small process
must do this: the kernel counts the memory of the one that starts a program as the program's own.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
#: The cores that this process may use, as it began.
CORES = tuple(sorted(os.sched_getaffinity(0)))
#: Every library that has threads uses one.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "ARROW_IO_THREADS")


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process and its children needed: seconds of cores and of the clock, and bytes at the peak.

    `others` is how many cores of the machine all other processes took meanwhile.
    """

    cpu: float
    wall: float
    peak: int
    others: float


def settle() -> None:
    """One core for this process and those it starts, and one thread a library; before these are imported."""
    os.sched_setaffinity(0, CORES[:1])
    os.environ |= dict.fromkeys(THREADS, "1")


def best(call: Callable[[], object], least: int = 3, seconds: float = 2.0) -> float:
    """The least CPU seconds of several calls: of `least`, and of more until `seconds` are spent."""
    times: list[float] = []
    while len(times) < least or sum(times) < seconds:
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return min(times)


def process(command: Sequence[object], cores: Sequence[int] = CORES[:1]) -> Usage:
    """Run a command from the folder of the project. Raises `CalledProcessError` where it fails."""
    numbers = ",".join(map(str, cores))
    watched = [sys.executable, "-m", "benchmarks.timing", numbers, *map(str, command)]
    done = subprocess.run(watched, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    return Usage(**json.loads(done.stdout))


def _watch(cores: str, *command: str) -> None:
    os.sched_setaffinity(0, map(int, cores.split(",")))
    start, busy = time.perf_counter(), _busy()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    wall, busy = time.perf_counter() - start, _busy() - busy
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = used.ru_utime + used.ru_stime
    print(json.dumps(asdict(Usage(cpu, wall, used.ru_maxrss * 1024, max(0.0, busy - cpu) / wall))))


def _busy() -> float:
    """Seconds that the cores of the machine were at work since it began."""
    user, nice, system, _, _, *more = Path("/proc/stat").read_text("ascii").split("\n")[0].split()[1:9]
    return sum(map(int, (user, nice, system, *more))) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    _watch(*sys.argv[1:])
