"""The whole description of the service against the service: made-up requests of every role, by schemathesis.

``GEOGRID_SCHEMATHESIS_EXAMPLES`` asks more of every address than the few of CI.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.errors import MEDIA_TYPE
from tests.townships import Townships, townships

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemathesis import Case, Response
    from schemathesis.checks import CheckContext

DESCRIPTION = "/api/v1/openapi.json"
EXAMPLES = int(os.environ.get("GEOGRID_SCHEMATHESIS_EXAMPLES", "1"))
SEARCH = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Townships:
    """An office with something of everything; what it is asked to do is never begun."""
    many = 1_000_000
    return townships(tmp_path_factory.mktemp("office"), requests_per_minute=many, jobs_waiting=many)


@pytest.fixture(scope="module")
def described(town: Townships) -> Any:
    """The description, bound to the service without what it does while it runs: jobs would be done."""

    async def served(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        await town.office.app(scope, receive, send)

    load_all_checks()
    return schemathesis.openapi.from_asgi(DESCRIPTION, served)


def no_fault_of_ours(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """503 is described everywhere, and means that the service has no hands free; any other 5xx is a mistake."""
    assert response.status_code < 500 or response.status_code == 503, response.text


def errors_are_problems(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """Every error is problem details, in the language that was asked for, and says what is wrong."""
    if response.status_code < 400:
        return
    assert response.headers["content-type"][0].partition(";")[0] == MEDIA_TYPE
    told = json.loads(response.content)
    assert (told["status"], told["type"]) == (response.status_code, "about:blank")
    assert told["title"]
    assert told.get("detail")


CHECKS = [
    no_fault_of_ours,
    errors_are_problems,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]


@pytest.fixture(scope="module")
def cases(town: Townships, described: Any) -> list[Case[Any]]:
    """Made-up requests of every address, the same for all roles."""
    return [case for operation in described.get_all_operations() for case in _cases(town, operation.ok())]


@pytest.mark.parametrize("who", ["", "viewer", "planner_v1", "planner", "admin"])
def test_the_service_is_as_it_is_described(town: Townships, cases: list[Case[Any]], who: str) -> None:
    """No status, type or form of answer that is not described; no error that is ours.

    What is for everybody is asked by the public and by an administrator; the roles between see no more of it.
    """
    headers = {"Authorization": f"Bearer {town.office.keys[who]}"} if who else {}
    wrong: dict[str, str] = {}
    for case in cases:
        if case.operation.definition.raw["x-role"] == "public" and who not in ("", "admin"):
            continue
        try:
            case.call_and_validate(headers=headers, checks=CHECKS)
        except (FailureGroup, AssertionError) as error:
            wrong.setdefault(case.operation.label, str(error))
    assert not wrong, "\n\n".join(f"{label}: {told}" for label, told in wrong.items())
    assert len(cases) > 200


def _cases(town: Townships, operation: Any) -> Iterator[Case[Any]]:
    """Yield made-up requests of an address: right ones about something that there is, and wrong ones."""
    found: list[Case[Any]] = []

    @SEARCH
    @given(st.data())
    def collect(data: st.DataObject) -> None:
        found.append(data.draw(operation.as_strategy(generation_mode=GenerationMode.POSITIVE)))
        found.append(data.draw(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)))

    collect()
    for number, case in enumerate(found):
        if number % 4 in (0, 3):
            case.path_parameters = {name: _known(town, name, value) for name, value in (case.path_parameters or {}).items()}
        yield case


def _known(town: Townships, name: str, made_up: Any) -> Any:
    return town.of_v2.get(name) or next(iter(town.common.get(name, ())), made_up)
