"""Jobs as the service's file remembers them: every step of a job's life is one transaction."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

import sqlalchemy as sa

from api import audit
from api.errors import BusyError
from api.state import now
from api.statetables import JOBS
from geogrid.errors import NotFoundError
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from api.callers import Caller
    from api.state import State

Status = Literal["waiting", "running", "done", "failed", "cancelled"]
OVER: tuple[Status, ...] = ("done", "failed", "cancelled")
"""How jobs end; none of them is ever left again."""

MOST_WAITING = 32
ID_BYTES = 10
FOLDER = "jobs"
RESULT = "result"
"""The part of a job's folder that its work writes; made anew with every try."""

NO_JOB = Text("没有这个任务，或已过期清除", "there is no such job, or it was cleared away after its days")
BEGINS = Text("准备开始", "Getting ready")
"""The step of a job whose process begins, which takes a moment."""
TOO_MANY = Text("等候的任务已有 {n} 个：请等一些做完再来", "{n} jobs are waiting already: come again when some of them are done")


@dataclass(frozen=True)
class Job:
    """A job at one moment.

    Attributes
    ----------
    job_id, kind : str
    asked : mapping
        What was asked, as the route had validated it.
    who, areas : str, tuple of str
        Who asked: the id of the key, and the areas in which its role held then.
    status : Status
    step, share : Text or None, float
        What is being done, and how much of all is (0 to 1).
    revision : int
        Goes up with every change that is told.
    tries : int
        How often it was begun.
    pid : int or None
        Of the process that does it; it leads a group of its own.
    is_cancelled : bool
        Whether somebody asked that it end.
    result : any
        What may be told to all who may see the job; never a household.
    problem : Text or None
        Why it failed, or, of one that is done, why its files are gone.
    """

    job_id: str
    kind: str
    asked: Mapping[str, Any]
    who: str
    areas: tuple[str, ...]
    status: Status
    step: Text | None
    share: float
    revision: int
    tries: int
    pid: int | None
    started_at: str | None
    beat_at: str | None
    is_cancelled: bool
    result: Any
    problem: Text | None
    created_at: str
    ended_at: str | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Return the job that a row of the file states."""
        texts: dict[str, Any] = {name: Text(*json.loads(row[name])) if row[name] else None for name in ("step", "problem")}
        told = {"asked": json.loads(row["asked"]), "result": json.loads(row["result"]) if row["result"] else None}
        rest = {name: row[name] for name in row if name not in {*texts, *told, "areas", "cancel"}}
        return cls(**rest, **texts, **told, areas=tuple(json.loads(row["areas"])), is_cancelled=row["cancel"])

    @property
    def is_over(self) -> bool:
        """Return whether it has ended, well or not."""
        return self.status in OVER

    @property
    def has_files(self) -> bool:
        """Return whether it is done, and what it wrote was not removed since."""
        return self.status == "done" and self.problem is None


def enqueue(state: State, caller: Caller, kind: str, asked: Mapping[str, Any], *, most: int = MOST_WAITING) -> str:
    """Put a job in the queue, and return its id; when this returns the job is on the disk, and will be done or say why not.

    The audit trail has it too.

    Parameters
    ----------
    state : State
    caller : Caller
        Who asks; the job's work is bound to the areas of the caller.
    kind : str
        A key of `api.queue.kinds.KINDS`.
    asked : mapping
        What is asked, validated; it becomes JSON.
    most : int
        How many may wait (the setting ``jobs_waiting``).

    Raises
    ------
    BusyError
        When as many are waiting already.
    """
    row: dict[str, Any] = {"job_id": secrets.token_hex(ID_BYTES), "kind": kind, "asked": _json(asked), "who": caller.key_id}
    row |= {"areas": json.dumps(list(caller.areas)), "status": "waiting", "step": "", "share": 0.0, "revision": 1, "tries": 0}
    with state.writing() as connection:
        waiting = connection.execute(sa.select(sa.func.count()).where(JOBS.c.status == "waiting")).scalar_one()
        if waiting >= most:
            raise BusyError(TOO_MANY.fill(n=waiting))
        connection.execute(JOBS.insert().values(**row, cancel=False, created_at=now()))
        audit.note_in(connection, caller, f"ask_{kind}", f"job {row['job_id']}", key=state.key)
    return str(row["job_id"])


def keep_done(state: State, caller: Caller, kind: str, result: Any, folder: Path) -> str:
    """Keep work that was done outside the queue as a finished job, and return its id; the folder becomes the job's result."""
    row: dict[str, Any] = {"job_id": secrets.token_hex(ID_BYTES), "kind": kind, "asked": _json({}), "who": caller.key_id}
    row |= {"areas": _json(list(caller.areas)), "status": "done", "step": "", "share": 1.0, "revision": 1, "tries": 1}
    with state.writing() as connection:  # before the folder moves: no household row may lie in a folder that no job names
        connection.execute(JOBS.insert().values(**row, result=_json(result), cancel=False, created_at=now(), ended_at=now()))
    place = folder_of(state, row["job_id"])
    place.mkdir(mode=0o700, parents=True)
    folder.rename(place / RESULT)
    return str(row["job_id"])


def job_of(state: State, job_id: str) -> Job:
    """Return a job.

    Raises
    ------
    NotFoundError
        When there is none of that id.
    """
    with state.reading() as connection:
        row = connection.execute(sa.select(JOBS).where(JOBS.c.job_id == job_id)).mappings().first()
    if row is None:
        raise NotFoundError(NO_JOB)
    return Job.of(dict(row))


def all_jobs(state: State, *, status: Status | None = None, kind: str = "") -> list[Job]:
    """Return the jobs there are, oldest first; those of one status or kind where one is given."""
    wanted = sa.select(JOBS).order_by(JOBS.c.created_at, JOBS.c.job_id)
    wanted = wanted if status is None else wanted.where(JOBS.c.status == status)
    wanted = wanted.where(JOBS.c.kind == kind) if kind else wanted
    with state.reading() as connection:
        return [Job.of(dict(row)) for row in connection.execute(wanted).mappings()]


def folder_of(state: State, job_id: str) -> Path:
    """Return the private folder of a job; what its work wrote lies in ``result`` inside it."""
    return state.folder / FOLDER / job_id


def claim(state: State, job_id: str, *, at_once: int) -> bool:
    """Begin a waiting job, unless somebody else did or as many run as may; return whether it is ours."""
    running = sa.select(sa.func.count()).select_from(JOBS).where(JOBS.c.status == "running")
    times = {"started_at": now(), "beat_at": now()}
    begun = {"status": "running", "tries": JOBS.c.tries + 1, "pid": None, "step": _json(BEGINS), **times}
    with state.writing() as connection:
        if connection.execute(running).scalar_one() >= at_once:
            return False
        return _changed(connection, job_id, "waiting", {**begun, "share": 0.0})


def note_process(state: State, job_id: str, pid: int) -> None:
    """Note which process does a running job."""
    with state.writing() as connection:
        connection.execute(JOBS.update().where(_is(job_id, "running")).values(pid=pid))


def beat(state: State, job_id: str) -> bool:
    """Note that a running job lives; return whether it is to go on."""
    with state.writing() as connection:
        done = connection.execute(JOBS.update().where(_is(job_id, "running")).values(beat_at=now()))
        return done.rowcount == 1


def tell(state: State, job_id: str, step: Text | None, share: float) -> None:
    """Note how far a running job is."""
    with state.writing() as connection:
        _changed(connection, job_id, "running", {"step": _json(step) if step else "", "share": share, "beat_at": now()})


def put_back(state: State, job_id: str) -> bool:
    """Let a job whose process died wait for another try."""
    with state.writing() as connection:
        return _changed(connection, job_id, "running", {"status": "waiting", "pid": None, "share": 0.0, "step": ""})


def end(state: State, job_id: str, status: Status, *, result: Any = None, problem: Text | None = None) -> bool:
    """End a running job; return whether it was running still, for it ends once."""
    values: dict[str, Any] = {
        "status": status,
        "result": None if result is None else _json(result),
        "ended_at": now(),
        "pid": None,
        "step": "",
    }
    values |= {"problem": _json(problem) if problem else None} | ({"share": 1.0} if status == "done" else {})
    with state.writing() as connection:
        return _changed(connection, job_id, "running", values)


def cancel(state: State, job_id: str) -> None:
    """Ask that a job end: one that waits has ended now, one that runs will, one that is over stays as it is."""
    with state.writing() as connection:
        if not _changed(connection, job_id, "waiting", {"status": "cancelled", "cancel": True, "ended_at": now()}):
            _changed(connection, job_id, "running", {"cancel": True})


def lose_files(state: State, kinds: Collection[str], problem: Text) -> None:
    """Note of all jobs of some kinds that are done that their files are gone, and why."""
    done = (JOBS.c.status == "done") & JOBS.c.kind.in_(kinds) & JOBS.c.problem.is_(None)
    with state.writing() as connection:
        connection.execute(JOBS.update().where(done).values(problem=_json(problem), revision=JOBS.c.revision + 1))


def forget(state: State, before: str, *, but: str = "") -> list[str]:
    """Take jobs that ended before a moment out of the file, all but one, and return their ids."""
    old = (JOBS.c.ended_at < before) & (JOBS.c.job_id != but)
    with state.writing() as connection:
        ids = [str(each) for each in connection.execute(sa.select(JOBS.c.job_id).where(old)).scalars()]
        if ids:
            connection.execute(JOBS.delete().where(old))
    return ids


def _is(job_id: str, status: Status) -> Any:
    return (JOBS.c.job_id == job_id) & (JOBS.c.status == status)


def _changed(connection: sa.Connection, job_id: str, status: Status, values: Mapping[str, Any]) -> bool:
    done = connection.execute(JOBS.update().where(_is(job_id, status)).values(**values, revision=JOBS.c.revision + 1))
    return done.rowcount == 1


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
