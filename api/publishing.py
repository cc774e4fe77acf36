"""What ``geogrid publish`` does: checks a workspace as it is in force, and makes the result what its service shows the public."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api import audit
from api.holdings import PUBLISHED, Holdings
from api.queue import records
from api.settings import settled
from geogrid.officecheck import check_version, people_then, write_check
from geogrid.publications import add
from geogrid.replacing import passing_folder
from geogrid.stepnames import STEP_NAMES
from geogrid.words import Text

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from api.keeping import Place
    from api.terminal import Terminal
    from geogrid.publications import Publication

FOR_CHECKS = "checks"
"""The part of the service's folder in which a check is made that is published at once; then it is kept as a job's result."""
WITHHELD = Text(
    "与此前的发布相比，另隐去 {n} 个小数字（否则两者之差会透露住户）。",
    "{n} counts more are withheld than the check itself withholds: beside earlier publications they would tell of households.",
)
DONE = Text(
    "已发布：第 {number} 号，工作区第 {version} 版，自 {effective} 起生效。",
    "Published: number {number}, version {version} of the workspace, in force from {effective}.",
)


def publish(
    terminal: Terminal, place: Place, *, effective: dt.date | None, services: Sequence[str], same_people: bool
) -> Publication:
    """Check the version in force and publish it, from a day on (today unless said); return what is published.

    With ``same_people`` the households are those of the newest publication, so that only land and facilities are new.

    Raises
    ------
    InputError
        When the workspace cannot be checked.
    """
    holdings = Holdings.open(settled({"workspace": place.path, "key_file": place.key, "lang": terminal.lang}))
    state = holdings.require_state()
    options: dict[str, Any] = {"services": list(services)} if services else {}
    with passing_folder(state.part(FOR_CHECKS)) as passing, holdings.workspace() as workspace:
        folder = passing / records.RESULT
        version = workspace.in_force().version.version
        before = holdings.publications()
        counted = before[-1].people_version if same_people and before else version
        with terminal.progress(STEP_NAMES) as tell:
            report = check_version(workspace, version, people=counted, **options, progress=tell)
            write_check(report, folder, lang=terminal.lang)
        day, people = effective or holdings.today(), people_then(workspace, counted)
        made = add(state.part(PUBLISHED), folder, version=version, effective=day, people=people, lang=terminal.lang)
        told = {"version": version, "people_version": counted, "services": list(report.town.settings.services)}
        records.keep_done(state, audit.CLI, "check", told, folder)
    audit.note(state, audit.CLI, "publish", f"publication {made.number}", {"version": version})
    terminal.say(DONE.fill(number=made.number, version=version, effective=made.effective))
    if made.withheld:
        terminal.say(WITHHELD.fill(n=made.withheld))
    return made
