"""Erasing households from all that an office keeps: the workspace, and whatever the service made of it or was sent.

Results of jobs, and uploads, are deleted whole: any of them may hold a household, many in forms that cannot be searched, and all
can be made again. What is published holds none and stays.
"""

from __future__ import annotations

import datetime as dt
import shutil
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from api import audit, uploads
from api.callers import scope_of
from api.holdings import data_folder
from api.queue import records
from api.queue.seeing import CLEARED as CLEARED_AWAY
from api.queue.seeing import PLURALS
from api.settings import settled
from api.state import state_of
from geogrid.errors import BusyError, NotFoundError
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from api.callers import Caller
    from api.holdings import Holdings
    from api.settings import Settings
    from api.state import State
    from geogrid.store import Act, Version, Workspace

CHECKS = "checks"
"""Where ``geogrid publish`` checks; what lies there is left from one that was cut off."""
WAIT_S = 20.0
SLEEP_S = 0.1
STILL_RUNNING = Text(
    "这些住户已从工作区抹除，但有任务正在进行，其结果可能还含有它们（已等待 {seconds} 秒）；请在任务结束后再执行一次抹除。",
    "these households are erased from the workspace, but a job is under way whose result may hold them (waited {seconds} s); "
    "erase once more when it has ended.",
)
BACKUPS = Text(
    "已有的备份和导出的文件里还有这些住户：备份保留 {days} 天的话，到 {day} 为止；导出的文件请另行处理。",
    "earlier backups and exported files still hold them: backups until {day} if they are kept for {days} days; see to exported "
    "files.",
)
CLEARED = Text(
    "服务文件夹中可能含有这些住户的 {jobs} 个任务结果、{uploads} 个上传文件已删除；需要时请重新生成。",
    "of the service's folder {jobs} results of jobs and {uploads} uploaded files were deleted, which might hold them: make them "
    "again when needed.",
)
NO_HOUSEHOLD = Text("没有这个住户：请核对编号", "there is no such household: check the id")


@dataclass(frozen=True)
class Erased:
    """What was erased.

    Attributes
    ----------
    version : int
        Of the workspace that says so.
    rows : int
        Of households, over all versions that held one.
    jobs, uploads : int
        Results of jobs, and uploaded files, that were deleted because they might hold a household.
    backups_until : date
        Until when backups that were made before may hold them, if they are kept as long as the setting says.
    """

    version: int
    rows: int
    jobs: int
    uploads: int
    backups_until: dt.date

    def to_record(self) -> dict[str, Any]:
        """Return what a caller is told."""
        return {**asdict(self), "backups_until": self.backups_until.isoformat()}


def erase_households(holdings: Holdings, caller: Caller, household_ids: Sequence[str], act: Act) -> Erased:
    """Erase households from the workspace and from all that the service keeps; the audit trail has how many, not which.

    Raises
    ------
    NotFoundError
        When the workspace never held one of them, or its newest place is not in the caller's areas.
    BusyError
        When somebody still reads an old state, or a job that began before does not end: erase once more.
    """
    state = holdings.require_state()
    try:
        with holdings.workspace() as workspace:
            if not caller.is_everywhere:
                require_own(workspace, caller, household_ids)
            rows, version = erase_rows(workspace, household_ids, act, today=holdings.today())
    except NotFoundError:
        audit.note(state, caller, "erase", "unknown", {"rows": 0})
        raise
    jobs, files = clear_service(state, holdings.settings)
    holdings.kept.clear()
    audit.note(state, caller, "erase", f"version {version}", {"rows": rows})
    if not (rows or caller.is_everywhere):  # that somebody erased it before, wherever that was, is not theirs to know
        raise NotFoundError(NO_HOUSEHOLD)
    return Erased(version, rows, jobs, files, backups_until(holdings.settings, holdings.today()))


NOT_THEN = frozenset({"not yet", "no longer", "unknown"})


def require_own(workspace: Workspace, caller: Caller, household_ids: Sequence[str]) -> None:
    """Refuse, as if nobody had it, a household whose newest place is not in a caller's areas; one that was erased has none.

    Raises
    ------
    NotFoundError
    """
    days = sorted(set(workspace.versions()["effective"]), reverse=True)
    for each in household_ids:
        found = next((place for day in days if (place := workspace.where(each, day)).answer not in NOT_THEN), None)
        if found is not None and found.answer == "erased":
            continue
        if found is None or not scope_of(caller, workspace.boundaries(version=found.version)).has_grid(found.grid_id):
            raise NotFoundError(NO_HOUSEHOLD)


def erase_rows(workspace: Workspace, household_ids: Sequence[str], act: Act, *, today: dt.date) -> tuple[int, int]:
    """Erase households from a workspace; return how many rows, and the version.

    Of households that were erased before nothing is left to erase there, but traces elsewhere may be: then no row is.

    Raises
    ------
    NotFoundError
        When it never held one of them.
    """
    try:
        version = workspace.erase(household_ids, act=act)
    except NotFoundError as error:
        if not any(workspace.where(each, today).answer == "erased" for each in household_ids):
            raise NotFoundError(NO_HOUSEHOLD) from error
        return 0, workspace.head.version
    return rows_of(version), version.version


def rows_of(version: Version) -> int:
    """Return how many rows of households a version of an erasure took out."""
    return int(version.counts.get("erased", {}).get("began", 0))


def clear_service(state: State, settings: Settings) -> tuple[int, int]:
    """Delete all results of jobs and all uploads; return how many of each.

    Jobs under way are cancelled first: they may have read what is erased.

    Raises
    ------
    BusyError
        When one of them does not end.
    """
    until = time.monotonic() + WAIT_S
    for job in records.all_jobs(state, status="running"):
        records.cancel(state, job.job_id)
    while records.all_jobs(state, status="running"):
        if time.monotonic() >= until:
            raise BusyError(STILL_RUNNING.fill(seconds=f"{WAIT_S:g}"))
        time.sleep(SLEEP_S)
    records.lose_files(state, PLURALS, CLEARED_AWAY)
    folders = [each for part in (records.FOLDER, CHECKS) for each in state.part(part).iterdir()]
    for each in folders:
        shutil.rmtree(each) if each.is_dir() else each.unlink()
    return len(folders), uploads.delete_all(state, settings)


def backups_until(settings: Settings, day: dt.date) -> dt.date:
    """Return the last day on which backups of before a day are kept."""
    return day + dt.timedelta(days=settings.backup_days)


def cleared(workspace: Path) -> list[Text]:
    """Clear the folder of a workspace's service, if there is one; say so, and until when backups hold what was erased.

    Raises
    ------
    BusyError
        When a job is under way that does not end.
    """
    settings = settled({"workspace": workspace})
    day = backups_until(settings, dt.datetime.now(dt.UTC).date())
    said = [BACKUPS.fill(day=day.isoformat(), days=settings.backup_days)]
    folder = data_folder(settings)
    if not folder.is_dir():
        return said
    jobs, files = clear_service(state_of(folder), settings)
    return [CLEARED.fill(jobs=jobs, uploads=files), *said]
