"""Jobs for tests: done in the test's own process, which is quick, or as they are meant to be."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from api.queue import records
from api.queue.child import do

if TYPE_CHECKING:
    from pathlib import Path

    from api.queue.records import Job
    from tests.service import Office

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell in the background does that, and processes would inherit it
    with suppress(ValueError):  # not in the main thread
        signal.signal(signal.SIGINT, signal.default_int_handler)


def done_here(office: Office, job_id: str) -> Job:
    """Do a waiting job in this process, and return what became of it."""
    holdings = office.app.state.holdings
    state = holdings.require_state()
    assert records.claim(state, job_id, at_once=1)
    do(holdings, records.job_of(state, job_id))
    return records.job_of(state, job_id)


def asked(office: Office, path: str, body: Any, *, who: str) -> Job:
    """Ask for a job over HTTP, do it in this process, and return what became of it."""
    answer = office.ask(path, who=who, method="POST", json=body)
    assert answer.status_code == 202, answer.text
    return done_here(office, answer.json()["job_id"])


@dataclass
class Sleepers:
    """Stands for the processes of jobs: each sleeps, holding the job's lock, until it is told to end.

    Attributes
    ----------
    code : str
        Of a process; by default it lets itself be ended.
    """

    code: str = "import signal, time; signal.signal(signal.SIGINT, signal.default_int_handler); time.sleep(60)"
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __call__(self, _settings: Any, _job_id: str, _folder: Path, lock: int) -> subprocess.Popen[bytes]:
        """Start one."""
        command = [sys.executable, "-S", "-c", self.code]
        self.started.append(subprocess.Popen(command, pass_fds=(lock,), start_new_session=True, stderr=subprocess.DEVNULL))
        return self.started[-1]

    def kill(self) -> None:
        """Kill all of them, as a lack of memory would, and see them off."""
        for each in self.started:
            with suppress(ProcessLookupError):
                os.killpg(each.pid, signal.SIGKILL)
            each.wait()
