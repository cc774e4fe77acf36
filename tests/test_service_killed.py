"""The service killed at any moment, under writes and jobs: what it acknowledged stays, and jobs go on or say that they failed."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import threading
import time
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from api import audit
from api.holdings import data_folder
from api.queue import records
from api.settings import Settings
from api.state import State
from geogrid.store import open_workspace
from tests.living import Living, eventually
from tests.service import office

if TYPE_CHECKING:
    from pathlib import Path

WRITERS = 3
PAUSE_S = 0.02


@dataclass
class Writers:
    """Clients that ask for jobs and keys without end, and remember what the service acknowledged."""

    url: str
    key: str
    jobs: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    refused: set[int] = field(default_factory=set)
    over: threading.Event = field(default_factory=threading.Event)

    def run(self, number: int) -> None:
        """Write until it is over."""
        with httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {self.key}"}, timeout=10) as client:
            while not self.over.is_set():
                self.write(client, number)
                time.sleep(PAUSE_S)

    def write(self, client: httpx.Client, number: int) -> None:
        """Write once; a service that is not there is tried again."""
        path, body, kept = self.ask(number)
        try:
            answer = client.post(path, json=body)
        except httpx.TransportError:
            return
        if answer.status_code in (201, 202):
            told: dict[str, Any] = answer.json()
            kept.add(told["job_id" if kept is self.jobs else "key_id"])
        else:
            self.refused.add(answer.status_code)

    def ask(self, number: int) -> tuple[str, dict[str, Any], set[str]]:
        """Return what a writer writes: the first asks for jobs, the others for keys."""
        if number == 0:
            return "/api/v1/exports", {"table": "grids", "format": "csv"}, self.jobs
        return "/api/v1/keys", {"name": f"客{number}", "role": "viewer"}, self.keys


def survive(folder: Path, *, seconds: float, seed: int) -> None:
    """Kill a service at random for so many seconds while others write, then hold what it acknowledged against its files."""
    made = office(folder, publish=False)
    data = data_folder(Settings(workspace=made.path))
    living = Living({"workspace": made.path, "jobs_waiting": 2, "jobs": 2, "logins_per_minute": 10**6}, folder)
    writers = Writers(living.url, made.keys["admin"])
    threads = [threading.Thread(target=writers.run, args=(number,)) for number in range(WRITERS)]
    state = State.open(data)
    try:
        living.start()
        for thread in threads:
            thread.start()
        _kill_at_random(living, state, seconds, random.Random(seed))  # noqa: S311 -- no secret
        writers.over.set()
        for thread in threads:
            thread.join()
        assert _is_told_to_the_end(living, made.keys["admin"], records.all_jobs(state)[-1].job_id)
        all_over = eventually(lambda: all(job.is_over for job in records.all_jobs(state)), 240)
        _look_at(made.path, state, writers)
        assert all_over, [job for job in records.all_jobs(state) if not job.is_over]
    finally:
        writers.over.set()
        living.stop([job.pid for job in records.all_jobs(state, status="running") if job.pid])
        state.close()


def _kill_at_random(living: Living, state: State, seconds: float, chance: random.Random) -> None:
    """Kill the service, and every other time a job's process with it, and start the service again."""
    end, times = time.monotonic() + seconds, 0
    while time.monotonic() < end or times < 2:
        time.sleep(chance.uniform(0.3, 3.0))
        living.kill()
        running = records.all_jobs(state, status="running")
        if times % 2 and running and running[0].pid:
            os.killpg(running[0].pid, signal.SIGKILL)
        times += 1
        living.start()


def _is_told_to_the_end(living: Living, key: str, job_id: str) -> bool:
    """Follow a job's events, and return whether the last one says that it has ended."""
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.stream("GET", f"{living.url}/api/v1/jobs/{job_id}/events", headers=headers, timeout=120) as answer:
        return [line for line in answer.iter_lines() if line.startswith("event: ")][-1] == "event: end"


def _look_at(workspace: Path, state: State, writers: Writers) -> None:
    """Hold what was acknowledged against the files."""
    with closing(sqlite3.connect(state.folder / "service.db")) as plain:
        assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        keys = {row[0] for row in plain.execute("SELECT key_id FROM keys")}
    jobs = {job.job_id: job for job in records.all_jobs(state)}
    assert writers.jobs
    assert writers.keys
    assert writers.jobs <= set(jobs)
    assert writers.keys <= keys
    assert writers.refused <= {429, 503}
    assert audit.verify(state).ok
    noted = {entry.of for entry in audit.entries(state, limit=10**6) if entry.action == "ask_export"}
    assert {f"job {job_id}" for job_id in jobs} <= noted
    for job in jobs.values():
        if job.status == "done":
            assert (records.folder_of(state, job.job_id) / records.RESULT / job.result["file"]).stat().st_size == job.result[
                "bytes"
            ]
        else:
            assert job.status in ("failed", "waiting", "running")
            assert job.problem is not None or not job.is_over
    with open_workspace(workspace) as opened:
        assert opened.verify().ok


def test_what_was_acknowledged_outlives_the_service(tmp_path: Path) -> None:
    survive(tmp_path, seconds=2.0, seed=1)
