"""Looks after the queue: begins jobs, each in a process of its own, ends those that take too long, and buries the dead.

Every process of the service has one, and all work on the same file: who may do what is settled in its transactions and by the
locks of the jobs' folders. A job's process outlives the service's: when that is started again, the job is found at work.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import api
from api.queue import records
from api.queue.checking import newest_check
from api.queue.kinds import KINDS
from api.queue.living import held, hold
from geogrid.errors import StoreError
from geogrid.replacing import PRIVATE_FILE
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.holdings import Holdings
    from api.queue.records import Job
    from api.settings import Settings
    from api.state import State

    Spawn = Callable[[Settings, str, Path, int], subprocess.Popen[bytes]]

POLL_S = 0.5
SWEEP_S = 3600.0
GRACE_S = 5.0
"""Seconds that a job which is told to end has for it, before it is killed."""
MOST_TRIES = 3
SECRETS = ("staff_token", "tianditu_key")
"""Settings that no job needs."""

DIED = Text(
    "任务的进程意外结束（如内存不足或停电）。它可能已写入一部分，没有自动重做：请核对后再提交。",
    "the job's process ended unexpectedly (out of memory, or a power cut). It may have written something and was not done again: "
    "look, and ask again.",
)
DIED_OFTEN = Text(
    "任务的进程意外结束了 {n} 次（如内存不足）：请缩小任务，或加大 GEOGRID_JOB_MIB 后再提交。",
    "the job's process ended unexpectedly {n} times (out of memory, perhaps): ask for less, or raise GEOGRID_JOB_MIB.",
)
TOO_LONG = Text(
    "任务超过 {seconds} 秒，已停止：请缩小任务，或加大 GEOGRID_JOB_SECONDS。",
    "the job took longer than {seconds} s and was stopped: ask for less, or raise GEOGRID_JOB_SECONDS.",
)


@dataclass(eq=False)
class Runner:
    """Looks after the queue of one service in a thread, between `start` and `stop`; or as often as `look` is called.

    Attributes
    ----------
    holdings : Holdings
    spawn : callable
        Starts the process of a job, given the settings, the job's id, its folder and the open lock that it is to hold.
    """

    holdings: Holdings
    spawn: Spawn = field(default_factory=lambda: process)
    _children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _told_at: dict[str, float] = field(default_factory=dict)
    _swept_at: float = -SWEEP_S
    _wake: threading.Event = field(default_factory=threading.Event)
    _ends: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    @property
    def settings(self) -> Settings:
        """Return the service's settings."""
        return self.holdings.settings

    @property
    def state(self) -> State:
        """Return the service's own file."""
        return self.holdings.require_state()

    def start(self) -> None:
        """Begin to look after the queue; of a service without a workspace there is none."""
        if self._thread is None and self.holdings.is_office:
            self._ends.clear()
            self._thread = threading.Thread(target=self._run, name="geogrid-jobs", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop looking after the queue; jobs under way go on, and are found again by the next start."""
        self._ends.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def wake(self) -> None:
        """Look at once, for there is something new."""
        self._wake.set()

    def _run(self) -> None:
        while not self._ends.is_set():
            with suppress(StoreError):  # held by others for too long, or the disk is full: the next look finds the same
                self.look()
            self._wake.wait(POLL_S)
            self._wake.clear()

    def look(self) -> bool:
        """Look once; return whether any job waits or runs."""
        self._reap()
        running = records.all_jobs(self.state, status="running")
        for job in running:
            self._look_after(job)
        waiting = records.all_jobs(self.state, status="waiting")
        for job in waiting[: self.settings.jobs]:
            self._begin(job)
        if monotonic() - self._swept_at > SWEEP_S:
            self._sweep()
        return bool(running or waiting)

    def work_off(self, seconds: float) -> bool:
        """Look until nothing waits or runs, for so many seconds at most; return whether that came to be. Not beside `start`."""
        until = monotonic() + seconds
        while self.look():
            if monotonic() > until:
                return False
            self._wake.wait(0.05)
        for child in self._children.values():
            child.wait(GRACE_S)
        return True

    def _reap(self) -> None:
        for job_id, child in list(self._children.items()):
            if child.poll() is not None:
                del self._children[job_id]

    def _begin(self, job: Job) -> None:
        folder = records.folder_of(self.state, job.job_id)
        handle = hold(folder)
        if handle is None:
            return
        try:
            if records.claim(self.state, job.job_id, at_once=self.settings.jobs):
                child = self.spawn(self.settings, job.job_id, folder, handle)
                self._children[job.job_id] = child
                records.note_process(self.state, job.job_id, child.pid)
        finally:
            os.close(handle)

    def _look_after(self, job: Job) -> None:
        with held(records.folder_of(self.state, job.job_id)) as handle:
            if handle is not None:
                self._bury(job.job_id)
        if handle is None and job.pid and (job.is_cancelled or self._is_late(job)):
            self._end(job.job_id, job.pid)

    def _is_late(self, job: Job) -> bool:
        begun = dt.datetime.fromisoformat(job.started_at or job.created_at)
        return (dt.datetime.now(dt.UTC) - begun).total_seconds() > self.settings.job_seconds

    def _end(self, job_id: str, pid: int) -> None:
        """Tell a process to end, and kill it with its group when it does not; who it is says the lock that it holds."""
        with suppress(ProcessLookupError, PermissionError):
            if job_id not in self._told_at:
                self._told_at[job_id] = monotonic()
                os.kill(pid, signal.SIGINT)
            elif monotonic() - self._told_at[job_id] > GRACE_S:
                os.killpg(pid, signal.SIGKILL)

    def _bury(self, job_id: str) -> None:
        """Say what becomes of a job whose process is gone without having said so itself."""
        self._told_at.pop(job_id, None)
        job = records.job_of(self.state, job_id)
        if job.status != "running":
            return
        if job.is_cancelled:
            records.end(self.state, job_id, "cancelled")
        elif self._is_late(job):
            said = TOO_LONG.fill(seconds=f"{self.settings.job_seconds:g}")
            records.end(self.state, job_id, "failed", problem=said)
        elif not KINDS[job.kind].is_repeatable:
            records.end(self.state, job_id, "failed", problem=DIED)
        elif job.tries >= MOST_TRIES:
            records.end(self.state, job_id, "failed", problem=DIED_OFTEN.fill(n=job.tries))
        else:
            records.put_back(self.state, job_id)

    def _sweep(self) -> None:
        """Clear away what is older than the days that results are kept; not the newest check, which the staff's pages rest on."""
        self._swept_at = monotonic()
        before = dt.datetime.now(dt.UTC) - dt.timedelta(days=self.settings.job_days)
        newest = newest_check(self.state)
        kept = newest[0].job_id if newest else ""
        for job_id in records.forget(self.state, before.isoformat(timespec="microseconds"), but=kept):
            shutil.rmtree(records.folder_of(self.state, job_id), ignore_errors=True)


def process(settings: Settings, job_id: str, folder: Path, lock: int) -> subprocess.Popen[bytes]:
    """Start the process of a job: a session of its own, so that it outlives the service's, and the lock to hold."""
    log = os.open(folder / "stderr", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
    try:
        child = subprocess.Popen(  # noqa: S603 -- ourselves
            [sys.executable, "-P", "-m", "api.queue.child", job_id],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=log,
            env=_environment(),
            pass_fds=(lock,),
            start_new_session=True,
        )
    finally:
        os.close(log)
    assert child.stdin is not None  # noqa: S101 -- asked for above
    with suppress(BrokenPipeError), child.stdin as pipe:  # it died already, which is seen like any death
        pipe.write(settings.model_dump_json(exclude=set(SECRETS)).encode())
    return child


def _environment() -> dict[str, str]:
    """Return the environment of a job's process: ours without settings, which it is given, and where this package lies."""
    root = str(Path(api.__file__).resolve().parent.parent)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GEOGRID_")}
    return kept | {"PYTHONPATH": os.pathsep.join([root, *filter(None, [kept.get("PYTHONPATH", "")])])}
