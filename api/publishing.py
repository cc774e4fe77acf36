"""What ``geogrid publish`` does: checks a workspace as it is in force, and makes the result what its service shows the public."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api import audit
from api.holdings import PUBLISHED, Holdings
from api.queue import records
from api.queue.checking import last_people
from api.settings import settled
from geogrid.officecheck import check_version, people_then, write_check
from geogrid.publications import preparing
from geogrid.replacing import passing_folder
from geogrid.stepnames import STEP_NAMES
from geogrid.words import Text

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from api.keeping import Place
    from api.terminal import Terminal
    from geogrid.publications import Prepared

FOR_CHECKS = "checks"
"""The part of the service's folder in which a check is made that is published at once; then it is kept as a job's result."""
TRIAL = Text("只是试算，什么也没有发布。", "Only a trial: nothing was published.")
ASK_FIRST = Text(
    "超过五分之一：发布时须加 --accept-withheld。",
    "That is more than a fifth: to publish it takes --accept-withheld.",
)
REMEDY = Text(
    "--same-people 住户仍用上次发布的；--accept-withheld 照样发布；--dry-run 只看会隐去多少",
    "--same-people counts the people of the last publication; --accept-withheld publishes all the same; --dry-run only shows",
)
DONE = Text(
    "已发布：第 {number} 号，工作区第 {version} 版，自 {effective} 起生效。",
    "Published: number {number}, version {version} of the workspace, in force from {effective}.",
)


@dataclass(frozen=True)
class Publishing:
    """How to publish.

    Attributes
    ----------
    effective : date, optional
        From when on the public sees it; today unless said.
    services : sequence of str
        Which are checked; all of the profile's unless said.
    same_people : bool
        Count the households of the newest publication, so that only land and facilities are new.
    is_trial : bool
        Only say what would be withheld.
    accept_withheld : bool
        Publish however much is withheld because of earlier publications.
    """

    effective: dt.date | None = None
    services: Sequence[str] = ()
    same_people: bool = False
    is_trial: bool = False
    accept_withheld: bool = False


def publish(terminal: Terminal, place: Place, how: Publishing) -> bool:
    """Check the version in force and publish it, or only say what that would withhold; return whether it is in order.

    Raises
    ------
    InputError
        When the workspace cannot be checked.
    """
    holdings = Holdings.open(settled({"workspace": place.path, "key_file": place.key, "lang": terminal.lang}))
    state = holdings.require_state()
    options: dict[str, Any] = {"services": list(how.services)} if how.services else {}
    with passing_folder(state.part(FOR_CHECKS)) as passing, holdings.workspace() as workspace:
        folder = passing / records.RESULT
        version = workspace.in_force().version.version
        counted = last_people(holdings, version) if how.same_people else version
        with terminal.progress(STEP_NAMES) as tell:
            report = check_version(workspace, version, people=counted, **options, progress=tell)
            write_check(report, folder, lang=terminal.lang)
        people = people_then(workspace, counted)
        with preparing(state.part(PUBLISHED), folder, people=people, lang=terminal.lang) as prepared:
            if how.is_trial:
                _told_before(terminal, prepared)
                return True
            if prepared.withheld.is_much and not how.accept_withheld:
                terminal.fail(prepared.refusal.message, kind=type(prepared.refusal).__name__, hint=REMEDY)
                return False
            made = prepared.publish(version=version, effective=how.effective or holdings.today())
        told = {"version": version, "people_version": counted, "services": list(report.town.settings.services)}
        records.keep_done(state, audit.CLI, "check", told, folder)
    audit.note(state, audit.CLI, "publish", f"publication {made.number}", {"version": version})
    terminal.say(DONE.fill(number=made.number, version=version, effective=made.effective))
    if made.withheld:
        terminal.say(prepared.withheld.text)
    return True


def _told_before(terminal: Terminal, prepared: Prepared) -> None:
    """Say what publishing would withhold."""
    terminal.say(prepared.withheld.text)
    if prepared.withheld.is_much:
        terminal.say(ASK_FIRST)
    terminal.say(TRIAL)
