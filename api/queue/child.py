"""The process of one job: ``python -m api.queue.child JOB_ID``, with the settings as JSON on its standard input.

It lowers its own priority and memory, does the job, tells how far it is, and says at the end what came of it.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import sys
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from api.callers import Caller
from api.faults import places_of, told
from api.holdings import Holdings
from api.queue import records
from api.queue.kinds import KINDS, STEP_TEXTS, EndedError, Work, share_of
from api.settings import Settings
from geogrid import __version__
from geogrid.clock import Clock
from geogrid.errors import GeogridError, StoreError
from geogrid.replacing import PRIVATE_FILE, private_folder, replacing
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from api.queue.records import Job
    from api.state import State

BEAT_S = 2.0
TELL_S = 0.4
"""Seconds between two notes of the progress of one step."""
LOWER = 10
"""By how much jobs give way to the service (nice)."""
MIB = 1 << 20
KILL_FIRST = "500"
"""When memory runs out on the machine, a job goes before the service."""

NO_MEMORY = Text(
    "内存不足（上限 {mib} MiB）：请缩小任务，或加大 GEOGRID_JOB_MIB。",
    "out of memory (at most {mib} MiB): ask for less, or raise GEOGRID_JOB_MIB.",
)
FAULT = Text(
    "程序内部出错（{kind}），已记入任务文件夹的 error.txt：请把它和版本 {version} 一起报给维护者。",
    "an internal fault ({kind}), written to error.txt in the job's folder: report it with version {version}.",
)


def main(arguments: list[str]) -> int:
    """Do the job that the arguments name; returns the exit code, 0 unless the fault is ours."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell that started the service in the background ignores it
    settings = Settings(**json.load(sys.stdin))
    lower(settings.job_mib)
    holdings = Holdings.open(settings)
    state = holdings.require_state()
    job = records.job_of(state, arguments[0])
    with _beating(state, job.job_id):
        return do(holdings, job)


def lower(mib: int) -> None:
    """Give way to the service, and take no more memory than allowed; no image of the memory is left behind."""
    os.nice(LOWER)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (mib * MIB, mib * MIB))
    with suppress(OSError):  # not a Linux that has it
        Path("/proc/self/oom_score_adj").write_text(KILL_FIRST, encoding="ascii")


@contextmanager
def _beating(state: State, job_id: str) -> Iterator[None]:
    """Note every few seconds that the job lives; one that is no longer ours to do ends."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(BEAT_S):
            with suppress(StoreError):
                if not records.beat(state, job_id) and not over.is_set():
                    os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=beat, name="beat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def do(holdings: Holdings, job: Job) -> int:
    """Do a job that was claimed, and note in the service's file what came of it; returns 1 where the fault is ours."""
    state, folder = holdings.require_state(), records.folder_of(holdings.require_state(), job.job_id)
    try:
        result = KINDS[job.kind].load()(_work(holdings, job, folder))
    except KeyboardInterrupt:
        ended = "cancelled" if records.job_of(state, job.job_id).is_cancelled else None
        return 0 if ended and records.end(state, job.job_id, "cancelled") else 1
    except GeogridError as error:
        if places_of(error.__cause__):
            _write_fault(folder, error)
        return _failed(state, job, error.message, result=error.result if isinstance(error, EndedError) else None)
    except MemoryError:
        return _failed(state, job, NO_MEMORY.fill(mib=holdings.settings.job_mib))
    except Exception as error:  # noqa: BLE001 -- whatever it is, who asked is told, and we are
        _write_fault(folder, error)
        return _failed(state, job, FAULT.fill(kind=type(error).__name__, version=__version__), code=1)
    records.end(state, job.job_id, "done", result=dict(result))
    return 0


def _work(holdings: Holdings, job: Job, folder: Path) -> Work:
    result = folder / records.RESULT
    shutil.rmtree(result, ignore_errors=True)  # of a try before
    caller = Caller("viewer", job.areas, job.who, via="key")
    return Work(job, caller, holdings, private_folder(result), Clock(_Teller(holdings.require_state(), job)))


def _failed(state: State, job: Job, problem: Text, *, result: Mapping[str, Any] | None = None, code: int = 0) -> int:
    records.end(state, job.job_id, "failed", problem=problem, result=None if result is None else dict(result))
    return code


def _write_fault(folder: Path, error: BaseException) -> None:
    """Write where a fault arose, without its message, which could hold a value of a row."""
    with suppress(OSError), replacing(folder / "error.txt", mode=PRIVATE_FILE) as part:
        part.write_text(f"geogrid {__version__}, Python {sys.version}\n{told(error)}\n", encoding="utf-8")


@dataclass
class _Teller:
    """Notes how far a job is: at every step, and now and then within one; the share of the whole never goes back."""

    state: State
    job: Job
    step: str = ""
    share: float = 0.0
    told_at: float = 0.0

    def __call__(self, step: str, share: float, *_more: Any) -> None:
        """Note it; that it cannot be noted just now is no reason to fail."""
        whole = share_of(KINDS[self.job.kind], step, share)
        self.share = max(self.share, whole or 0.0)
        if step == self.step and monotonic() - self.told_at < TELL_S:
            return
        self.step, self.told_at = step, monotonic()
        with suppress(StoreError):
            records.tell(self.state, self.job.job_id, STEP_TEXTS.get(step), self.share)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
