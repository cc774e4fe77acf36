"""Names in OGC API - Features, Part 1 (17-069r4) and Part 2 (18-058r1): abstract tests, and the requirements they stand for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.ogc_client import Service

    Test = Callable[[Service], None]
    OfCollection = Callable[[Service, str], None]

CORE = (
    *("http", "root-op", "root-success", "api-definition-op", "api-definition-success", "conformance-op", "conformance-success"),
    *("crs84", "fc-md-op", "fc-md-success", "fc-md-links", "fc-md-items", "fc-md-items-links", "fc-md-extent"),
    *("fc-md-extent-multi", "sfc-md-op", "sfc-md-success", "fc-op", "fc-bbox-definition", "fc-bbox-response"),
    *("fc-limit-definition", "fc-limit-response", "fc-time-definition", "fc-time-response", "query-param-invalid"),
    *("query-param-unknown", "fc-response", "fc-links", "fc-timeStamp", "fc-numberMatched", "fc-numberReturned"),
    *("f-op", "f-success", "f-links"),
)
OTHERS = {
    "geojson": ("definition", "content"),
    "html": ("definition", "content"),
    "oas30": ("oas-definition-1", "oas-definition-2", "oas-impl", "completeness", "exceptions-codes", "security"),
}
CRS = {
    "crs-uri": ("crs-uri", "fc-md-crs-list", "fc-md-storageCrs", "fc-md-crs-list-global"),
    "default-crs": ("fc-md-crs-list",),
    "storageCrs": ("fc-md-storageCrs-valid-value",),
    "crs-parameter": ("fc-crs-definition", "fc-crs-valid-value", "ogc-crs-header", "ogc-crs-header-value", "geojson"),
    "crs-parameter-invalid": ("fc-crs-valid-value", "crs-exception"),
    "crs-parameter-default": ("fc-crs-default-value", "ogc-crs-header", "ogc-crs-header-value"),
    "crs-parameter-transform": ("fc-crs-action",),
    "bbox-crs-parameter": ("fc-bbox-crs-definition", "fc-bbox-crs-action"),
    "bbox-crs-parameter-invalid": ("fc-bbox-crs-valid-value", "bbox-crs-exception"),
    "bbox-crs-parameter-default": ("fc-bbox-crs-default-value",),
}
"""Abstract tests of Part 2, and the requirements that each is about."""

ABSTRACT = frozenset(
    (
        *(f"/conf/core/{name}" for name in CORE),
        *(f"/conf/{group}/{name}" for group, names in OTHERS.items() for name in names),
        *(f"/conf/crs/{name}" for name in CRS),
    )
)
"""Every abstract test of the classes that the service says it keeps to."""

REQUIREMENTS: dict[str, frozenset[str]] = {
    **{f"/req{name.removeprefix('/conf')}": frozenset({name}) for name in ABSTRACT if not name.startswith("/conf/crs/")},
    "/req/core/fc-limit-response-1": frozenset({"/conf/core/fc-limit-response"}),
    "/req/core/fc-rel-type": frozenset({"/req/core/fc-rel-type"}),
    **{
        f"/req/crs/{wanted}": frozenset(f"/conf/crs/{name}" for name, about in CRS.items() if wanted in about)
        for wanted in {each for about in CRS.values() for each in about}
    },
}
"""Every requirement of those classes, and the tests that stand for it."""


@dataclass(frozen=True)
class Suite:
    """Tests by name: of the service as a whole, and of each collection.

    A name of the standards may be followed by what a part of it is about: several tests then stand for it.
    """

    once: dict[str, Test] = field(default_factory=dict)
    every: dict[str, OfCollection] = field(default_factory=dict)

    def whole(self, name: str) -> Callable[[Test], Test]:
        """Name a test of the service."""

        def kept(test: Test) -> Test:
            assert name not in self.names
            self.once[name] = test
            return test

        return kept

    def each(self, name: str) -> Callable[[OfCollection], OfCollection]:
        """Name a test of every collection."""

        def kept(test: OfCollection) -> OfCollection:
            assert name not in self.names
            self.every[name] = test
            return test

        return kept

    @property
    def names(self) -> frozenset[str]:
        """Return the names of all tests."""
        return frozenset((*self.once, *self.every))


def joined(suites: Iterable[Suite]) -> Suite:
    """Return several suites as one."""
    together = Suite()
    for suite in suites:
        assert not together.names & suite.names
        together.once.update(suite.once)
        together.every.update(suite.every)
    return together


def stood_for(names: Iterable[str]) -> frozenset[str]:
    """Return which names of the standards tests stand for."""
    return frozenset("/".join(name.split("/")[:4]) for name in names)
