"""Processes that are killed at any moment: forked, so that starting one takes milliseconds, and heard through a pipe.

What a process says is acknowledged: whoever waited for it was told that it is written. A harness forks from one thread, before
any library has started others.
"""

from __future__ import annotations

import os
import random
import select
import signal
import time
import traceback
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Say = Callable[[str], None]
    Work = Callable[[Say], None]

READY = "ready"
"""What a process says when the moments begin in which it may be killed."""
FAILED = "failed"
AT_ONCE = 65_536
START_S = 60.0
"""How long a process may take until it is ready."""


@dataclass
class Forked:
    """A process and what it has said so far; the last line may be half."""

    pid: int
    reading: int
    said: bytearray = field(default_factory=bytearray)

    @property
    def lines(self) -> list[str]:
        """Whole lines that were said."""
        return self.said.decode().split("\n")[:-1]

    def listen(self, until: float, *, word: str | None = None) -> bool:
        """Listen until a time, the end of the process, or a word; tell whether it goes on."""
        while (left := until - time.monotonic()) > 0:
            if word is not None and word in self.lines:
                return True
            if select.select([self.reading], [], [], left)[0]:
                part = os.read(self.reading, AT_ONCE)
                if not part:
                    return False
                self.said += part
        return True

    def end(self, *, kill: bool) -> list[str]:
        """Kill the process, or wait for its end; return what it said."""
        if kill:
            os.kill(self.pid, signal.SIGKILL)
        while part := os.read(self.reading, AT_ONCE):
            self.said += part
        os.close(self.reading)
        os.waitpid(self.pid, 0)
        wrong = [line for line in self.lines if line.startswith(FAILED)]
        assert not wrong, wrong[0]
        return [line for line in self.lines if line != READY]


def fork(work: Work) -> Forked:
    """Start some work in a process of its own."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return Forked(pid, reading)
    try:
        os.close(reading)
        random.seed()  # or every process would wait for the same times
        work(lambda text: _write(writing, text))
    except BaseException:  # noqa: BLE001 - all that goes wrong in the child is said to the parent
        _write(writing, f"{FAILED} " + traceback.format_exc().replace("\n", " | "))
    finally:
        os._exit(0)
    raise AssertionError  # never reached: the child has ended


def _write(handle: int, text: str) -> None:
    os.write(handle, f"{text}\n".encode())


def killed(work: Work, span_s: float, chance: random.Random, *, beside: Work | None = None) -> tuple[list[str], bool]:
    """Run some work and kill it at a random moment after it says `READY`; with another process beside it, kill both.

    Parameters
    ----------
    work, beside
        They say a line after each thing that is done.
    span_s : float
        The latest moment, in seconds.

    Returns
    -------
    list of str, bool
        What ``work`` said; whether it was killed in its midst, and did not end before.
    """
    with _beside(beside):
        process = fork(work)
        process.listen(time.monotonic() + START_S, word=READY)
        goes_on = process.listen(time.monotonic() + chance.uniform(0, span_s))
        return process.end(kill=True), goes_on


@contextmanager
def _beside(work: Work | None) -> Iterator[None]:
    if work is None:
        yield
        return
    process = fork(work)
    try:
        process.listen(time.monotonic() + START_S, word=READY)
        yield
    finally:
        process.end(kill=True)


def together(works: list[Work]) -> list[list[str]]:
    """Run works side by side to their ends; return what each said."""
    running = [fork(work) for work in works]
    going = set(range(len(running)))
    while going:
        going = {number for number in going if running[number].listen(time.monotonic() + 0.05)}
    return [process.end(kill=False) for process in running]
