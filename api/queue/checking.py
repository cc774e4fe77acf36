"""A check as a job: the workspace's tables in one version, checked into the job's folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.queue import records
from geogrid.officecheck import check_version, write_check
from geogrid.outputs import SUMMARY

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from api.holdings import Holdings
    from api.queue.kinds import Work
    from api.queue.records import Job
    from api.state import State

NOT_OPTIONS = ("version", "people_version")


def run(work: Work) -> Mapping[str, Any]:
    """Check, and return which version was checked for which services."""
    options = {name: value for name, value in work.asked.items() if value is not None and name not in NOT_OPTIONS}
    version = int(work.asked["version"])
    with work.holdings.workspace() as workspace:
        people = int(work.asked.get("people_version", version))
        report = check_version(workspace, version, people=people, **options, progress=work.clock.progress)
    with work.clock.step("publish"):
        public = report.public
    with work.clock.step("write"):
        write_check(report, work.folder, lang=work.holdings.settings.lang)
    return {"version": version, "people_version": people, "services": [each["id"] for each in public.summary["services"]]}


def last_people(holdings: Holdings, version: int) -> int:
    """Return the version whose households the newest publication counted; the given one before the first."""
    before = holdings.publications()
    return before[-1].people_version if before else version


def newest_check(state: State) -> tuple[Job, Path] | None:
    """Return the check that was finished last, and its folder (`geogrid.town.open_town` takes it); None before the first."""
    done = [job for job in records.all_jobs(state, status="done", kind="check") if checked_folder(state, job) is not None]
    if not done:
        return None
    newest = max(done, key=lambda job: job.ended_at or "")
    return newest, records.folder_of(state, newest.job_id) / records.RESULT


def checked_folder(state: State, job: Job) -> Path | None:
    """Return the folder of a finished check; None where it is none, or was cleared away."""
    folder = records.folder_of(state, job.job_id) / records.RESULT
    return folder if job.kind == "check" and job.status == "done" and (folder / SUMMARY).is_file() else None
