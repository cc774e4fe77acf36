"""Threats 22 and 24: a household looked for in everything that the public, and staff of another township, can get."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import geopandas as gpd
import pytest

from api.holdings import PUBLISHED, data_folder
from tests.canary_office import CANARY, QUERIES, addresses, canary_office, needles, traces, traces_in
from tests.service import Office

if TYPE_CHECKING:
    pass


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """The office with the canary."""
    return canary_office(tmp_path_factory.mktemp("canary"), log="json")


def test_the_canary_is_there_to_be_found(served: Office) -> None:
    """Its own township's staff see it, and the search knows it in the forms that it is written in."""
    answer = served.ask(f"/api/v1/collections/households/items/{CANARY}", who="viewer_v1")
    assert answer.status_code == 200
    assert {"id", "lon", "lat"} <= set(traces_in(answer))
    private = served.path.parent / "check" / "private"
    assert CANARY in gpd.read_parquet(private / "households.parquet")["household_id"].tolist()


@pytest.mark.parametrize("who", ["", "planner_v2"])
def test_threat_22_no_address_tells_the_public_or_another_township(
    served: Office, who: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Every GET of the service, with what there is and with the canary's own id for every part of an address."""
    caplog.set_level(logging.DEBUG)
    found, failed, asked = {}, [], 0
    for path in addresses(served):
        for query in QUERIES if _is_worth_asking(path) else ("",):
            answer = served.ask(path + query, who=who)
            asked += answer.status_code < 300
            failed += [path + query] if answer.status_code == 500 else []
            seen = [each for each in traces_in(answer) if not _echoed(path + query, each, answer.status_code)]
            if seen:
                found[path + query] = (answer.status_code, seen)
    assert (found, failed) == ({}, [])
    assert asked > 60
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    assert traces("\n".join(ours).encode()) == []


def _is_worth_asking(path: str) -> bool:
    """Pages of lists and of single things take parameters; of addresses with the canary's id one question is enough."""
    return needles()["id quoted"].decode() not in path


def _echoed(address: str, trace: str, status: int) -> bool:
    """Links, and what is said against a wrong address, hold what the caller wrote there himself, whoever lives there."""
    is_own = needles()["id quoted"].decode() in address
    return is_own and (trace.removeprefix("header: ") == "id quoted" or (trace == "id" and status in (400, 422)))


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_threat_22_writing_tells_nothing_either(served: Office, method: str) -> None:
    for path in addresses(served, method):
        answer = served.ask(path, method=method, json={})
        assert traces_in(answer) == [], path
        assert answer.status_code < 500


def test_threat_22_nothing_published_holds_it(served: Office) -> None:
    files = [path for path in (data_folder(served.settings) / PUBLISHED).rglob("*") if path.is_file()]
    assert len(files) > 8
    assert {path.name: found for path in files if (found := traces(path.read_bytes()))} == {}


def test_threat_22_nor_does_the_services_own_file(served: Office) -> None:
    """The audit trail says that somebody read, never whom."""
    served.ask(f"/api/v1/explain?household={CANARY}&service=medical", who="viewer_v1")
    folder = data_folder(served.settings)
    assert {path.name: found for path in folder.glob("service.db*") if (found := traces(path.read_bytes()))} == {}
