"""Every address of the service as everybody: what a role says holds, and nothing of another township is told, nor unnoted.

The addresses are read off the service itself, so that a new one is asked without a line here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from api import audit
from tests.matrix import UNSAFE, Question, answers, questions, sent
from tests.roles import refusal
from tests.townships import CALLERS, HOME, NEW_HOME, OWNER, Townships, townships

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from api.callers import Role

STRANGERS = ["", "viewer_v1", "planner_v1", "admin_v1"]
"""Who has no rights in V2."""
A_HOME = re.compile(rb"\bH0[0-7]\d\b")
"""An id of one of the paper town's households."""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Townships:
    return townships(tmp_path_factory.mktemp("office"), requests_per_minute=1_000_000, metrics=True)


def role_of(who: str) -> Role:
    return CALLERS[who][0] if who else "public"  # type: ignore[return-value]


def told(town: Townships, question: Question, answer: httpx.Response) -> list[str]:
    """Return what of V2 an answer tells, besides what was asked."""
    said = question.told_by(answer)
    return [name for name, needle in town.needles.items() if needle in said]


def written(town: Townships) -> int:
    """Return how many entries the audit trail has."""
    return audit.entries(town.office.app.state.holdings.require_state(), limit=1)[0].number


def is_as_of_nothing(town: Townships, question: Question, answer: httpx.Response, who: str, body: Any = None) -> bool:
    """Return whether an address with things of V2 is refused just as it would be with things that there are not."""
    if answer.is_success:
        return False
    nothing = question.of_nothing()
    other = sent(town, nothing, who, body)
    return (answer.status_code, question.unnamed(answer)) == (other.status_code, nothing.unnamed(other))


@pytest.mark.parametrize("who", STRANGERS)
def test_threat_20_nobody_reads_anything_of_another_township(town: Townships, who: str) -> None:
    """Each address with V2's things is answered as the role says, and to who may use it as if they did not exist.

    What is for everybody and tells more to who has rights is asked by the public, the least of those, and the most.
    """
    wrong, asked = [], 0
    for question, answer in answers(town, who, "GET", least="viewer" if who == "planner_v1" else "public"):
        asked += 1
        refused = refusal(question.role, role_of(who))
        is_right = not question.of_v2 or is_as_of_nothing(town, question, answer, who)
        is_right = answer.status_code == refused if refused else is_right
        found = told(town, question, answer)
        if not is_right or found or answer.status_code >= 500:
            wrong.append((question.path, answer.status_code, found))
    assert wrong == []
    assert asked > 70


@pytest.mark.parametrize("who", STRANGERS)
def test_threat_20_nobody_changes_anything_of_another_township(town: Townships, who: str) -> None:
    """Neither by an empty request nor by one that says much; all of it is there afterwards."""
    wrong = []
    for question in (each for each in questions(town, *UNSAFE) if each.of_v2):
        refused = refusal(question.role, role_of(who))
        bodies: list[Any] = [{}, _example(town, question)]
        for body in bodies:
            answer = sent(town, question, who, body)
            is_right = answer.status_code == refused if refused else is_as_of_nothing(town, question, answer, who, body)
            if not is_right or told(town, question, answer):
                wrong.append((question.method, question.path, answer.status_code))
    assert wrong == []
    kept = [question for question in questions(town, "GET") if question.of_v2 and question.role != "public"]
    assert {question.route for question in kept} == _seen_by(town, kept, OWNER) | _seen_by(town, kept, "admin")


def _example(town: Townships, question: Question) -> Any:
    """Return the body that the description shows for an address."""
    content = town.office.app.openapi()["paths"][question.route.replace(":path}", "}")][question.method.lower()]
    return content.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example", {})


def _seen_by(town: Townships, wanted: list[Question], who: str) -> set[str]:
    return {question.route for question in wanted if sent(town, question, who).status_code in (200, 204)}


def test_whoever_reads_a_household_is_in_the_audit_trail(town: Townships) -> None:
    """Whatever address it was read at: any answer that holds the id of a household."""
    unnoted, noted = [], set()
    for question in questions(town, "GET"):
        before = written(town)
        answer = sent(town, question, "admin")
        if A_HOME.search(answer.content) or any(each.encode() in question.told_by(answer) for each in (HOME, NEW_HOME)):
            noted.add(question.route)
            unnoted += [] if written(town) > before else [question.path]
    assert unnoted == []
    assert len(noted) > 3


UNREACHED = {
    "POST /login": "a form; tests/test_login.py looks at what it notes",
    "POST /logout": "a form; tests/test_login.py looks at what it notes",
    "POST /api/v1/what-ifs": "changes nothing, and tells sums only",
    "POST /api/v1/plans/{plan_id}/preview": "changes nothing, and tells sums only",
    "POST /api/v1/uploads": "takes a file; tests/test_uploads.py looks at what it notes",
    "DELETE /api/v1/uploads/{upload_id}": "one's own only; tests/test_uploads.py looks at what it notes",
    "POST /api/v1/imports": "takes one's own upload; asked for when the office is made, and noted as every job",
    "DELETE /api/v1/plans/{plan_id}": "the plan was adopted by then; tests/test_plans_http.py drops plans",
    **{
        f"DELETE /api/v1/{kind}s/{{{kind}_id}}": "over by then, so that nothing changes"
        for kind in ("job", "check", "proposal", "export", "import")
    },
}
"""Changing addresses that write nothing here, or are not done here."""


def test_whatever_changes_something_is_in_the_audit_trail(tmp_path: Path) -> None:
    """Each changing address, asked by an administrator so that it does what it is for; deletions at the end."""
    town = townships(tmp_path)  # of its own: V2's things are gone afterwards
    unnoted, done = [], set()
    for question in sorted(questions(town, *UNSAFE), key=lambda each: each.method == "DELETE"):
        before = written(town)
        answer = _done(town, question)
        if answer.is_success:
            done.add(f"{question.method} {question.route}")
            unnoted += [] if written(town) > before else [f"{question.method} {question.route}"]
    everything = {f"{question.method} {question.route}" for question in questions(town, *UNSAFE)}
    assert set(unnoted) <= set(UNREACHED)
    assert everything - done <= set(UNREACHED)
    assert len(done) > 12


def _done(town: Townships, question: Question) -> httpx.Response:
    plan = town.office.ask(f"/api/v1/plans/{town.of_v2['plan_id']}", who="admin")
    match = plan.headers.get("etag", "")
    own = {
        "/api/v1/plans/{plan_id}/operations": {"operations": [{"kind": "merge", "into": "G4", "others": ["G5"]}]},
        "/api/v1/publications": {"check": town.of_v2["check_id"]},
        "/api/v1/embed-tokens": {"map": "coverage", "area": "V2", "hours": 1},
    }
    body = own.get(question.route) or _example(town, question)
    rests = {"If_Match": match} if "plan_id" in question.route else {}
    return town.office.ask(question.path, who="admin", method=question.method, json=body, **rests)
