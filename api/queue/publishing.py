"""Publishing a finished check, as a job: it is held against everything published before, which takes its time."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from api.holdings import PUBLISHED
from api.queue import records
from api.queue.checking import checked_folder
from geogrid.errors import NotFoundError
from geogrid.officecheck import people_then
from geogrid.publications import add
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api.queue.kinds import Work

GONE = Text("这份检查的文件已清除：请重新检查再发布", "the files of this check were cleared away: check again, then publish")


def run(work: Work) -> Mapping[str, Any]:
    """Publish, and return what is published."""
    check = records.job_of(work.state, work.asked["check"])
    folder = checked_folder(work.state, check)
    if folder is None:
        raise NotFoundError(GONE)
    effective = dt.date.fromisoformat(work.asked["effective"])
    root, lang = work.state.part(PUBLISHED), work.holdings.settings.lang
    with work.clock.step("publish"), work.holdings.workspace() as workspace:
        people = people_then(workspace, check.result["people_version"])
        made = add(root, folder, version=check.result["version"], effective=effective, people=people, lang=lang)
    return made.to_record()
