"""Publishing a finished check, as a job: it is held against everything published before, which takes its time."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from api.holdings import PUBLISHED
from api.queue import records
from api.queue.checking import checked_folder
from api.queue.kinds import EndedError
from geogrid.errors import ConflictError, NotFoundError
from geogrid.officecheck import people_then
from geogrid.publications import preparing
from geogrid.withheld import MostlyWithheldError, Withheld
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api.queue.kinds import Work
    from api.queue.records import Job
    from api.state import State

GONE = Text("这份检查的文件已清除：请重新检查再发布", "the files of this check were cleared away: check again, then publish")


REMEDY = Text(
    "{said}（检查时给 same_people，住户仍用上次发布的；发布时给 accept_withheld，照样发布；给 dry_run，只看会隐去多少）",
    "{said} (A check with same_people counts the people of the last publication; accept_withheld publishes all the same; dry_run "
    "only shows how much.)",
)


def run(work: Work) -> Mapping[str, Any]:
    """Publish, or only hold against what was published before; return what is published, and what is withheld.

    Raises
    ------
    EndedError
        When more than a fifth of what the check tells would be withheld, and nobody accepted that.
    """
    check = records.job_of(work.state, work.asked["check"])
    folder = checked_folder(work.state, check)
    if folder is None:
        raise NotFoundError(GONE)
    effective = dt.date.fromisoformat(work.asked["effective"])
    root, lang = work.state.part(PUBLISHED), work.holdings.settings.lang
    with work.clock.step("publish"), work.holdings.workspace() as workspace:
        people = people_then(workspace, check.result["people_version"])
        with preparing(root, folder, people=people, lang=lang) as prepared:
            told = {"beside": len(prepared.made), "withheld_by_table": prepared.withheld.to_record()}
            if work.asked.get("dry_run"):
                return {"dry_run": True, **told}
            if prepared.withheld.is_much and not work.asked.get("accept_withheld"):
                raise EndedError(remedied(prepared.refusal.message), told)
            made = prepared.publish(version=check.result["version"], effective=effective)
    return {**made.to_record(), **told}


def require_worth(state: State, check: Job, *, beside: int) -> None:
    """Refuse at once what is known to withhold too much: the check was held against the same publications before.

    Raises
    ------
    ConflictError
        When it was.
    """
    for job in records.all_jobs(state, kind="publication"):
        result = job.result or {}
        if job.asked["check"] == check.job_id and result.get("beside") == beside and result["withheld_by_table"]["is_much"]:
            raise ConflictError(remedied(MostlyWithheldError(Withheld.of(result["withheld_by_table"])).message))


def remedied(message: Text) -> Text:
    """Return a refusal with what to send instead."""
    return Text(*(pattern.format(said=said) for pattern, said in zip(REMEDY, message, strict=True)))
