"""Who may see which job, and what is told of one."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from api.errors import ForbiddenError
from api.httpwords import over_http
from api.queue import records
from api.queue.kinds import KINDS
from geogrid.errors import NotFoundError
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from api.callers import Caller
    from api.queue.records import Job
    from api.state import State
    from geogrid.words import Lang

NOT_YOURS = Text("这是别人的任务：只有提交者和管理员能取消", "another's job: who asked for it and administrators can cancel it")
NOT_DONE = Text("任务还没有完成，没有结果", "the job is not done: there is no result yet")
CLEARED = Text(
    "这个任务的文件已删除：之后抹除了住户，文件中可能有其数据；请重新提交",
    "the files of this job were removed, because households were erased after it and might be in them; ask for it anew",
)
NO_FILE = Text("没有这个文件：可用 {known}", "there is no such file: there are {known}")
PRIVATE = "private"
MOST_LISTED = 500

EVERY = "job"
"""Stands for every kind of job."""
PLURALS = {EVERY: "jobs", "check": "checks", "proposal": "proposals", "export": "exports", "import": "imports"}
"""Kinds of jobs with addresses of their own."""


def may_see(caller: Caller, job: Job) -> bool:
    """Return whether a caller may know of a job: its own, and every one for planners and administrators of all areas.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from api.callers import PUBLIC, Caller
    >>> job = SimpleNamespace(who="k1")
    >>> [may_see(each, job) for each in (PUBLIC, Caller("viewer", ("V1",), "k1"), Caller("planner", ("V1",), "k2"))]
    [False, True, False]
    """
    return bool(caller.key_id) and (job.who == caller.key_id or (caller.is_everywhere and caller.may("planner")))


def job_seen(state: State, caller: Caller, job_id: str, kind: str) -> Job:
    """Return a job of a kind (or of `EVERY`) that a caller may see.

    Raises
    ------
    NotFoundError
        When there is none, or the caller may not know.
    """
    job = records.job_of(state, job_id)
    if not may_see(caller, job) or kind not in (EVERY, job.kind):
        raise NotFoundError(records.NO_JOB)
    return job


def jobs_seen(state: State, caller: Caller, kind: str) -> list[Job]:
    """Return the jobs of a kind (or of `EVERY`) that a caller may see, newest first, `MOST_LISTED` at most."""
    found = (job for job in reversed(records.all_jobs(state, kind="" if kind == EVERY else kind)) if may_see(caller, job))
    return list(islice(found, MOST_LISTED))


def require_own(caller: Caller, job: Job) -> None:
    """Refuse who may see a job but not end it.

    Raises
    ------
    ForbiddenError
        When it is another's, and the caller no administrator.
    """
    if job.who != caller.key_id and not caller.may("admin"):
        raise ForbiddenError(NOT_YOURS)


def told_job(job: Job, lang: Lang, base_url: str) -> dict[str, Any]:
    """Return what is told of a job, in one language."""
    step, problem = (None if text is None else over_http(text).say(lang) for text in (job.step, job.problem))
    times = {"created_at": job.created_at, "started_at": job.started_at, "ended_at": job.ended_at}
    where = f"{base_url}/api/v1/jobs/{job.job_id}"
    links = {"self": where, "events": f"{where}/events"}
    if job.kind in PLURALS:
        links["about"] = f"{base_url}/api/v1/{PLURALS[job.kind]}/{job.job_id}"
    told: dict[str, Any] = {"job_id": job.job_id, "kind": job.kind, "name": KINDS[job.kind].name.say(lang), "status": job.status}
    told |= {"step": step, "share": round(job.share, 4), "tries": job.tries, "is_cancelled": job.is_cancelled}
    return {**told, **times, "asked": job.asked, "result": job.result, "problem": problem, "links": links}


def etag_of(job: Job, lang: Lang) -> str:
    """Return the ETag of what is told of a job."""
    return f"{job.job_id}-{job.revision}-{lang}"


def result_folder(state: State, job: Job) -> Path:
    """Return the folder of a finished job's result.

    Raises
    ------
    NotFoundError
        When it is not done, or its files are gone.
    """
    folder = records.folder_of(state, job.job_id) / records.RESULT
    if job.has_files and folder.is_dir():
        return folder
    raise NotFoundError(CLEARED if job.status == "done" else NOT_DONE)


def files_in(folder: Path) -> Mapping[str, Path]:
    """Return the files of a result by name: those in its folder and in the private part of it."""
    places = [folder, folder / PRIVATE]
    found = [path for place in places if place.is_dir() for path in sorted(place.iterdir())]
    return {path.relative_to(folder).as_posix().replace("/", "-"): path for path in found if _is_shown(path)}


def _is_shown(path: Path) -> bool:
    return path.is_file() and not path.is_symlink() and not path.name.startswith(".")


def file_named(folder: Path, name: str) -> Path:
    """Return a file of a result; a name is looked up and never becomes a path.

    Raises
    ------
    NotFoundError
        When there is none of that name; the message lists those that there are.
    """
    files = files_in(folder)
    if name not in files:
        raise NotFoundError(NO_FILE.fill(known=", ".join(files)))
    return files[name]
