"""What the public summary leaves out."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from geogrid.summary import uncounted_tables

if TYPE_CHECKING:
    from geogrid.report import Report


@pytest.mark.parametrize(
    ("homes", "matters", "uncounted"),
    [(0, 0, set()), (1, 0, {"households"}), (0, 1, {"events"}), (10, 10, {"households", "events"}), (11, 11, set())],
)
def test_rows_are_not_counted_where_few_lie_in_no_grid(homes: int, matters: int, uncounted: set[str]) -> None:
    """901 matters in the file, 900 in public counts: one is in no grid."""
    place = SimpleNamespace(matters=SimpleNamespace(unplaced=range(matters)))
    settings = SimpleNamespace(profile=SimpleNamespace(suppress_below=10))
    stub = SimpleNamespace(outside=range(homes), inputs={"events": None}, place_report=place, settings=settings)
    assert uncounted_tables(cast("Report", stub)) == uncounted
    stub.inputs = {}
    assert uncounted_tables(cast("Report", stub)) == uncounted - {"events"}
