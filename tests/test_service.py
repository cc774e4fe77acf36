"""The service of a workspace: what the public sees, and that every address states who may use it."""

from __future__ import annotations

import pytest

from tests.service import Office, office


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """The paper town's service."""
    return office(tmp_path_factory.mktemp("office"))


def test_the_public_sees_what_is_published(served: Office) -> None:
    grids = served.ask("/api/v1/grids").json()["features"]
    assert [grid["properties"]["grid_id"] for grid in grids] == ["G1", "G2", "G3", "G4"]
    assert grids[0]["properties"]["households"] == 20


def test_a_wrong_key_is_refused_everywhere(served: Office) -> None:
    assert served.ask("/api/v1/grids", Authorization="Bearer gg_000000000000_x").status_code == 401


def test_every_address_states_who_may_use_it(served: Office) -> None:
    assert all(route.openapi_extra["x-role"] for route in served.app.state.routes)


def test_nothing_published_says_what_to_do(tmp_path_factory: pytest.TempPathFactory) -> None:
    answer = office(tmp_path_factory.mktemp("bare"), publish=False).ask("/api/v1/grids", accept_language="en")
    assert answer.status_code == 404
    assert "geogrid publish" in answer.json()["detail"]
