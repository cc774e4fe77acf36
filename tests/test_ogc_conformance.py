"""The abstract tests of OGC API - Features, Part 1 (core, GeoJSON, HTML, OpenAPI 3.0) and Part 2 (CRS), by their names there.

They ask any service: ours, or with ``GEOGRID_OGC_BASE`` another one by its address, which is how the suite itself was checked.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import httpx
import pytest

from tests import ogc_core, ogc_crs, ogc_formats
from tests.live import live
from tests.ogc_client import Service
from tests.ogc_suite import ABSTRACT, REQUIREMENTS, joined, stood_for
from tests.service import office

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.ogc_suite import OfCollection, Test

SUITE = joined((ogc_core.SUITE, ogc_formats.SUITE, ogc_crs.SUITE))
OTHER = os.environ.get("GEOGRID_OGC_BASE", "")


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address of our service, and a key of a viewer's."""
    made = office(tmp_path_factory.mktemp("ogc"))
    with live(workspace=made.path, requests_per_minute="1000000") as address:
        yield f"{address}/api/v1", made.keys["viewer"]


@pytest.fixture(scope="module")
def service(request: pytest.FixtureRequest) -> Iterator[Service]:
    """The service that is asked, as the public sees it."""
    base = OTHER.rstrip("/") or request.getfixturevalue("ours")[0]
    with httpx.Client(timeout=60, follow_redirects=True) as client:
        yield Service(base, client)


@pytest.fixture(scope="module")
def staff(ours: tuple[str, str]) -> Iterator[Service]:
    """Our service, as a viewer sees it."""
    base, key = ours
    with httpx.Client(timeout=60, headers={"Authorization": f"Bearer {key}"}) as client:
        yield Service(base, client)


def test_every_abstract_test_and_requirement_has_a_test() -> None:
    named = stood_for(SUITE.names)
    assert named >= ABSTRACT
    assert {name for name, tests in REQUIREMENTS.items() if not tests <= named} == set()
    assert {name for name in named if name not in ABSTRACT | REQUIREMENTS.keys()} == {"/conf/crs/class"}
    assert (len(ABSTRACT), len(REQUIREMENTS), len(SUITE.names)) == (54, 64, 83)


@pytest.mark.parametrize("test", SUITE.once.values(), ids=SUITE.once)
def test_service(service: Service, test: Test) -> None:
    test(service)


@pytest.mark.parametrize("test", SUITE.every.values(), ids=SUITE.every)
def test_every_other_collection(service: Service, test: OfCollection) -> None:
    for name in list(service.collections)[::2]:
        test(service, name)


@pytest.mark.skipif(bool(OTHER), reason="of our service only")
@pytest.mark.parametrize("test", SUITE.every.values(), ids=SUITE.every)
def test_households_of_staff(staff: Service, test: OfCollection) -> None:
    test(staff, "households")
