"""The queue of jobs: each begun once, ended when asked, found again, and never lost without a word."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from api import audit
from api.callers import Caller
from api.errors import BusyError
from api.queue import records, runner
from api.queue.living import hold
from api.queue.runner import Runner
from api.settings import Settings
from api.state import State
from api.statetables import JOBS
from geogrid.errors import NotFoundError
from tests.working import Sleepers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from api.queue.records import Job

LI = Caller("planner", (), "k1", "李", "key")


class Held:
    """What a runner needs of a service's holdings: settings and state."""

    is_office = True

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.settings = Settings(**settings)
        self.state = State.open(folder)

    def require_state(self) -> State:
        """Return the state."""
        return self.state


@pytest.fixture
def sleepers() -> Iterator[Sleepers]:
    """Processes that stand for those of jobs, gone afterwards."""
    made = Sleepers()
    yield made
    made.kill()


@pytest.fixture
def work(tmp_path: Path, sleepers: Sleepers) -> Iterator[Callable[..., Runner]]:
    """Make a runner, or a second one over the same file."""
    made: list[Held] = []

    def make(**settings: Any) -> Runner:
        made.append(Held(tmp_path, **settings))
        return Runner(made[-1], spawn=sleepers)  # type: ignore[arg-type]

    yield make
    for each in made:
        each.state.close()


def ask(made: Runner, kind: str = "check") -> str:
    return records.enqueue(made.state, LI, kind, {"version": 5})


def job(made: Runner, job_id: str) -> Job:
    return records.job_of(made.state, job_id)


def until(made: Runner, job_id: str, status: str) -> Job:
    """Look after the queue until a job has a status."""
    end = time.monotonic() + 20
    while job(made, job_id).status != status and time.monotonic() < end:
        made.look()
        time.sleep(0.02)
    found = job(made, job_id)
    assert found.status == status, found
    return found


# One job, one life


def test_a_job_is_on_the_disk_and_in_the_audit_trail_when_it_was_asked_for(work: Callable[..., Runner], tmp_path: Path) -> None:
    made = work()
    job_id = ask(made)
    again = State.open(tmp_path)
    found = records.job_of(again, job_id)
    assert (found.status, found.who, found.asked, found.revision) == ("waiting", "k1", {"version": 5}, 1)
    assert [(entry.who, entry.action, entry.of) for entry in audit.entries(again)] == [("k1", "ask_check", f"job {job_id}")]
    again.close()


def test_more_than_may_wait_are_refused(work: Callable[..., Runner]) -> None:
    made = work()
    for _ in range(3):
        records.enqueue(made.state, LI, "check", {}, most=3)
    with pytest.raises(BusyError, match="3 jobs are waiting"):
        records.enqueue(made.state, LI, "check", {}, most=3)


def test_of_many_who_claim_a_job_one_gets_it(work: Callable[..., Runner], tmp_path: Path) -> None:
    made = work()
    ids = [ask(made) for _ in range(4)]
    states = [State.open(tmp_path) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda n: records.claim(states[n % 4], ids[n // 4 % 4], at_once=99), range(64)))
    assert sum(got) == 4
    assert [job(made, each).tries for each in ids] == [1, 1, 1, 1]
    for state in states:
        state.close()


def test_no_more_run_than_may_and_the_oldest_goes_first(work: Callable[..., Runner], sleepers: Sleepers) -> None:
    made, other = work(jobs=2), work(jobs=2)
    ids = [ask(made) for _ in range(3)]
    for each in (made, other, made):
        each.look()
    assert [job(made, each).status for each in ids] == ["running", "running", "waiting"]
    assert [job(made, each).pid for each in ids[:2]] == [each.pid for each in sleepers.started]


def test_a_job_ends_once(work: Callable[..., Runner]) -> None:
    made = work()
    job_id = ask(made)
    assert not records.end(made.state, job_id, "done")
    assert records.claim(made.state, job_id, at_once=1)
    assert records.end(made.state, job_id, "done", result={"version": 5})
    assert not records.end(made.state, job_id, "failed")
    records.cancel(made.state, job_id)
    assert (job(made, job_id).status, job(made, job_id).result, job(made, job_id).is_cancelled) == ("done", {"version": 5}, False)


def test_every_change_that_is_told_has_a_revision_of_its_own(work: Callable[..., Runner]) -> None:
    made = work()
    job_id = ask(made)
    seen = [1]
    for change in (
        lambda: records.claim(made.state, job_id, at_once=1),
        lambda: records.tell(made.state, job_id, None, 0.5),
        lambda: records.end(made.state, job_id, "done"),
    ):
        change()
        seen.append(job(made, job_id).revision)
    assert seen == [1, 2, 3, 4]


# Ended by hand


def test_a_waiting_job_that_is_cancelled_never_begins(work: Callable[..., Runner], sleepers: Sleepers) -> None:
    made = work()
    job_id = ask(made)
    records.cancel(made.state, job_id)
    made.look()
    assert (job(made, job_id).status, sleepers.started) == ("cancelled", [])


def test_a_running_job_that_is_cancelled_is_told_to_end_by_any_runner(work: Callable[..., Runner], sleepers: Sleepers) -> None:
    made, other = work(), work()
    job_id = ask(made)
    made.look()
    records.cancel(made.state, job_id)
    until(other, job_id, "cancelled")
    assert sleepers.started[0].wait() == -signal.SIGINT


def test_a_job_that_does_not_end_when_told_is_killed_with_all_its_processes(
    work: Callable[..., Runner], sleepers: Sleepers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(runner, "GRACE_S", 0.2)
    told = tmp_path / "told"
    sleepers.code = (
        "import os, signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "inner = subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(60)'])\n"
        f"open({str(told)!r}, 'w').write(str(inner.pid))\n"
        "time.sleep(60)"
    )
    made = work()
    job_id = ask(made)
    made.look()
    while not (told.exists() and told.read_text()):
        time.sleep(0.01)
    records.cancel(made.state, job_id)
    until(made, job_id, "cancelled")
    assert sleepers.started[0].wait() == -signal.SIGKILL
    assert not _lives(int(told.read_text()))


def _lives(pid: int) -> bool:
    """Say whether a process runs; one that has ended and was not seen off does not."""
    for _ in range(100):
        try:
            state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return False
        if state == "Z":
            return False
        time.sleep(0.01)
    return True


def test_a_job_that_takes_too_long_is_ended_and_says_so(work: Callable[..., Runner]) -> None:
    made = work(job_seconds=0.3)
    job_id = ask(made)
    problem = until(made, job_id, "failed").problem
    assert problem is not None
    assert "took longer than 0.3 s" in problem.en
    assert job(made, job_id).tries == 1


# Found again


def test_a_job_whose_service_is_gone_goes_on_and_is_found(work: Callable[..., Runner], sleepers: Sleepers) -> None:
    work_before = work()
    job_id = ask(work_before)
    work_before.look()
    work_before.stop()
    after = work()
    for _ in range(3):
        after.look()
    assert (job(after, job_id).status, job(after, job_id).tries) == ("running", 1)
    assert len(sleepers.started) == 1


def test_a_check_whose_process_dies_is_tried_again_and_fails_in_the_end(work: Callable[..., Runner], sleepers: Sleepers) -> None:
    made = work()
    job_id = ask(made)
    for tries in (1, 2, 3):
        assert until(made, job_id, "running").tries == tries
        sleepers.kill()
        made.look()
    found = job(made, job_id)
    assert found.status == "failed"
    assert found.problem is not None
    assert "ended unexpectedly 3 times" in found.problem.en


@pytest.mark.parametrize("kind", ["import", "proposal", "publication"])
def test_a_job_that_may_have_written_something_is_not_done_twice(
    kind: str, work: Callable[..., Runner], sleepers: Sleepers
) -> None:
    made = work()
    job_id = ask(made, kind)
    until(made, job_id, "running")
    sleepers.kill()
    problem = until(made, job_id, "failed").problem
    assert problem is not None
    assert "was not done again" in problem.en
    assert len(sleepers.started) == 1


def test_a_service_killed_between_claiming_and_beginning_leaves_a_job_that_is_tried_again(work: Callable[..., Runner]) -> None:
    made = work()
    job_id = ask(made)
    assert records.claim(made.state, job_id, at_once=1)
    made.look()
    assert (job(made, job_id).status, job(made, job_id).tries) == ("running", 2)


def test_a_job_that_another_process_is_just_beginning_is_left_to_it(work: Callable[..., Runner]) -> None:
    made = work()
    job_id = ask(made)
    handle = hold(records.folder_of(made.state, job_id))
    assert handle is not None
    made.look()
    assert job(made, job_id).status == "waiting"
    os.close(handle)
    until(made, job_id, "running")


# Looked after


def test_the_thread_begins_a_job_when_woken_and_stops(work: Callable[..., Runner], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "POLL_S", 30.0)
    made = work()
    made.start()
    time.sleep(0.1)
    job_id = ask(made)
    made.wake()
    end = time.monotonic() + 10
    while job(made, job_id).status != "running" and time.monotonic() < end:
        time.sleep(0.01)
    made.stop()
    assert job(made, job_id).status == "running"
    assert "geogrid-jobs" not in {thread.name for thread in threading.enumerate()}


def test_results_are_cleared_away_after_their_days(work: Callable[..., Runner]) -> None:
    made = work(job_days=7)
    old, new = ask(made), ask(made)
    for job_id in (old, new):
        assert records.claim(made.state, job_id, at_once=2)
        folder = records.folder_of(made.state, job_id) / records.RESULT
        folder.mkdir(parents=True)
        (folder / "households.parquet").write_bytes(b"rows")
        records.end(made.state, job_id, "done")
    with made.state.writing() as connection:
        connection.execute(JOBS.update().where(JOBS.c.job_id == old).values(ended_at="2020-01-01T00:00:00.000000+00:00"))
    made.look()
    with pytest.raises(NotFoundError, match="no such job"):
        job(made, old)
    assert not records.folder_of(made.state, old).exists()
    assert (records.folder_of(made.state, new) / records.RESULT / "households.parquet").exists()


def test_a_jobs_process_may_take_so_much_memory_and_no_more() -> None:
    code = "from api.queue.child import lower; lower(600); import numpy; numpy.ones(10**7); numpy.ones(2 * 10**8)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=Path(__file__).parent.parent
    )
    assert done.returncode == 1
    assert "MemoryError" in done.stderr
