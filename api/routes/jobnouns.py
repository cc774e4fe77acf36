"""The addresses that every noun of jobs has: those that one may see, one of them, its files, and ending it. A noun is one row.

`Noun` says what differs: the kind of job, the role that it takes, the words, and what is told of one besides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi import Path as InPath
from starlette.responses import Response

from api import audit
from api.access import require_everywhere
from api.callers import Caller, Role
from api.planning_http import MayMatch
from api.queue import records
from api.queue.records import Job
from api.queue.seeing import PLURALS, etag_of, file_named, files_in, job_seen, jobs_seen, require_own, result_folder, told_job
from api.queue.sending import FILE_TYPES, OTHER, send_file
from api.replies import reply
from api.routes.common import Calling, Held, Language, Offered, offer
from api.state import State
from geogrid.words import Text

JOB_SHOWN: Mapping[str, Any] = {
    "job_id": "5f0c1d9c8e6b3a7d2f41",
    "kind": "check",
    "name": "check",
    "status": "running",
    "step": "Computing travel times",
    "share": 0.62,
    "tries": 1,
    "is_cancelled": False,
    "created_at": "2026-07-02T08:00:00.000000+00:00",
    "started_at": "2026-07-02T08:00:01.000000+00:00",
    "ended_at": None,
    "asked": {"services": ["medical"], "version": 5},
    "result": None,
    "problem": None,
    "links": {"self": "https://grid.example.cn/api/v1/jobs/5f0c1d9c8e6b3a7d2f41"},
}


@dataclass(frozen=True)
class Seen:
    """A job that a caller may see, and where one asks for it.

    Attributes
    ----------
    state : State
    caller : Caller
    job : Job
    here : str
        The address of the job under its noun.
    """

    state: State
    caller: Caller
    job: Job
    here: str

    def files(self) -> list[str]:
        """Return the addresses of the files of its result, which must be done."""
        return [f"{self.here}/files/{name}" for name in files_in(result_folder(self.state, self.job))]


def nothing(_seen: Seen) -> Mapping[str, Any]:
    """Return that no more is told of a job."""
    return {}


@dataclass(frozen=True)
class Noun:
    """What jobs are called in addresses, and what is said of them.

    Attributes
    ----------
    kind : str
        Of the jobs; "job" stands for all kinds.
    role : Role
        The least that a caller must be.
    listed, told, ended : Text
        What the addresses of all, of one, and for ending one are for.
    shown : mapping
        An example of one.
    more : callable
        Gives what is told of one besides, by `Seen`; its links go to the others.
    """

    kind: str
    role: Role
    listed: Text
    told: Text
    ended: Text
    shown: Mapping[str, Any]
    more: Callable[[Seen], Mapping[str, Any]] = nothing

    @property
    def plural(self) -> str:
        """Return what they are called together, which is the last part of their address."""
        return PLURALS[self.kind]

    @property
    def root(self) -> str:
        """Return the address of all of them."""
        return f"/api/v1/{self.plural}"

    @property
    def path(self) -> str:
        """Return the pattern of the address of one."""
        return f"{self.root}/{{{self.kind}_id}}"


def seen(noun: Noun) -> Callable[..., Job]:
    """Return a dependency that gives the job that an address names, if it is of this noun and the caller may see it."""
    named = InPath(alias=f"{noun.kind}_id")

    def job_named(holdings: Held, caller: Calling, job_id: str = named) -> Job:
        return job_seen(holdings.require_state(), caller, job_id, noun.kind)

    return job_named


def offer_jobs(router: APIRouter, noun: Noun) -> None:
    """Register the three addresses of a noun: all, one, and ending one."""
    _offer_all(router, noun)
    _offer_one(router, noun)
    _offer_end(router, noun)


def _offer_all(router: APIRouter, noun: Noun) -> None:
    def everyone(request: Request, holdings: Held, caller: Calling, lang: Language) -> Response:
        found = jobs_seen(holdings.require_state(), caller, noun.kind)
        return reply(request, {noun.plural: [told_job(job, lang, holdings.settings.base_url) for job in found]})

    everyone.__name__ = noun.plural
    answer = Offered(role=noun.role, example={noun.plural: [noun.shown]})
    offer(router, "GET", noun.root, says=noun.listed, tag="work", answer=answer)(everyone)


def _offer_one(router: APIRouter, noun: Noun) -> None:
    named = Depends(seen(noun))

    def one(request: Request, holdings: Held, caller: Calling, lang: Language, job: Job = named) -> Response:
        told = told_job(job, lang, holdings.settings.base_url)
        here = f"{holdings.settings.base_url}{noun.root}/{job.job_id}"
        more = noun.more(Seen(holdings.require_state(), caller, job, here))
        links = {**told["links"], **more.get("links", {})}
        return reply(request, {**told, **more, "links": links}, etag=etag_of(job, lang))

    one.__name__ = noun.kind
    answer = Offered(role=noun.role, example=noun.shown)
    offer(router, "GET", noun.path, says=noun.told, tag="work", answer=answer)(one)


def _offer_end(router: APIRouter, noun: Noun) -> None:
    named = Depends(seen(noun))

    def cancel(request: Request, holdings: Held, caller: Calling, lang: Language, match: MayMatch, job: Job = named) -> Response:
        state = holdings.require_state()
        require_own(caller, job)
        match.allow(etag_of(job, lang))
        if not job.is_over:
            records.cancel(state, job.job_id)
            audit.note(state, caller, "cancel_job", f"job {job.job_id}")
            request.app.state.runner.wake()
        return _accepted(request, holdings, lang, job.job_id)

    cancel.__name__ = f"cancel_{noun.kind}"
    answer = Offered(role=noun.role, status=202, more=(412,), example=noun.shown)
    offer(router, "DELETE", noun.path, says=noun.ended, tag="work", answer=answer)(cancel)


def offer_files(router: APIRouter, noun: Noun, *, says: Text, holds_homes: Callable[[Path], bool]) -> None:
    """Register the address of a job's files, for callers with rights in every area; reading of households is noted."""
    named = Depends(seen(noun))

    def file(request: Request, name: str, holdings: Held, caller: Calling, lang: Language, job: Job = named) -> Response:  # noqa: ARG001 -- lang is checked like everywhere
        require_everywhere(caller)
        path = file_named(result_folder(holdings.require_state(), job), name)
        if holds_homes(path):
            audit.note(holdings.require_state(), caller, "read_households", f"{noun.kind} {job.job_id}", {"file": path.name})
        return send_file(request, path)

    file.__name__ = f"{noun.kind}_file"
    answer = Offered(role=noun.role, media_type=OTHER, also=FILE_TYPES)
    offer(router, "GET", f"{noun.path}/files/{{name}}", says=says, tag="work", answer=answer)(file)


def begun(request: Request, holdings: Held, caller: Calling, lang: Language, kind: str, asked: Mapping[str, Any]) -> Response:
    """Put a job in the queue, wake who does it, and answer with it."""
    job_id = records.enqueue(holdings.require_state(), caller, kind, asked, most=holdings.settings.jobs_waiting)
    request.app.state.runner.wake()
    return _accepted(request, holdings, lang, job_id)


def _accepted(request: Request, holdings: Held, lang: Language, job_id: str) -> Response:
    """Return a job as it is now, with its address: what was asked of it is under way."""
    job, base = records.job_of(holdings.require_state(), job_id), holdings.settings.base_url
    headers = {"Location": f"{base}/api/v1/jobs/{job_id}"}
    return reply(request, told_job(job, lang, base), status=202, etag=etag_of(job, lang), headers=headers)
