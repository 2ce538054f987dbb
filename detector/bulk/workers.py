"""Tasks one after the other, or side by side in processes; and what is said when one of those dies."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import cache
from multiprocessing.connection import Connection
from threading import Thread
from typing import Any

from detector.bulk.folder import Folder
from detector.bulk.parts import Judge, Options
from detector.errors import DetectorError, InputError

#: Told the rows and the bytes of input that were done since it was last called.
Tell = Callable[[int, int], None]
Work = Callable[[Any, Folder, Judge, Tell], None]
#: Seconds between looks at how far the processes are.
_LOOK = 0.2


class Watch:
    """Sees a run go on. This one looks away."""

    def begin(self, size: int) -> None:
        """There are about `size` bytes of input to do."""

    def advance(self, rows: int, size: int) -> None:
        """So many more rows, from so many bytes of input, are done."""


def do(
    work: Work, tasks: Sequence[Any], folder: Folder, judge: Judge, jobs: int, watch: Watch
) -> tuple[str, ...]:
    """Do all tasks in `jobs` processes, and tell which input could not be read, which stops no other task.

    `work` must be a function of a module. Raises `DetectorError` where a process died, and what `work` does.
    """
    if jobs == 1 or len(tasks) < 2:
        troubles = [_trouble(work, task, folder, judge, watch.advance) for task in tasks]
    else:
        troubles = list(_side_by_side(work, tasks, folder, judge.options, min(jobs, len(tasks)), watch))
    return tuple(dict.fromkeys(filter(None, troubles)))


def _trouble(work: Work, task: Any, folder: Folder, judge: Judge, tell: Tell) -> str:
    try:
        work(task, folder, judge, tell)
    except InputError as error:
        return str(error)
    return ""


def _side_by_side(
    work: Work, tasks: Sequence[Any], folder: Folder, options: Options, jobs: int, watch: Watch
) -> Iterator[str]:
    try:
        with _pool(jobs) as (pool, steps):
            pending = {pool.submit(_at_worker, work, task, folder, options) for task in tasks}
            while pending:
                done, pending = wait(pending, _LOOK, FIRST_COMPLETED)
                while not steps.empty():
                    watch.advance(*steps.get())
                yield from (future.result() for future in done)
    except BrokenProcessPool as error:
        raise DetectorError(
            "A process died, perhaps for want of memory. What is complete stays: "
            "run the same command again, with fewer --jobs if it happens twice."
        ) from error


@contextmanager
def _pool(jobs: int) -> Iterator[tuple[ProcessPoolExecutor, Any]]:
    """Processes that end with this one, however it ends, and the queue that they tell their steps by.

    They are spawned, since a fork would copy the threads' locks of this process as they stand.
    """
    context = multiprocessing.get_context("spawn")
    steps = context.SimpleQueue()
    leash, hand = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(jobs, context, _begin, (steps, leash))
    try:
        yield pool, steps
    finally:
        hand.close()  # who still works, after an error or an interrupt, is not waited for
        pool.shutdown(cancel_futures=True)
        leash.close()
        steps.close()


#: The queue of this worker; set once, when it begins.
_steps: Any = None


def _begin(steps: Any, leash: Connection) -> None:
    global _steps
    _steps = steps
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process is told, and lets go of the leash
    Thread(target=_follow, args=(leash,), daemon=True).start()


def _follow(leash: Connection) -> None:
    """End this process when the other end of the leash is let go."""
    try:
        leash.recv_bytes()
    except (EOFError, OSError):
        os._exit(1)


def _at_worker(work: Work, task: Any, folder: Folder, options: Options) -> str:
    return _trouble(work, task, folder, _judge(options), lambda rows, size: _steps.put((rows, size)))


@cache
def _judge(options: Options) -> Judge:
    return Judge.load(options)
