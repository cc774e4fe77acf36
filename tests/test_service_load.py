"""A short while of mixed load: everything is answered, and the memory does not grow. Thirty minutes of it: `tests.soak_load`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.live import served
from tests.service import office
from tests.soaking import soak

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 20.0
MOST_GROWTH = 1.25
"""In the second half; what is kept between requests has its bounds, but the first minutes fill them."""


def test_mixed_load_is_answered_and_memory_does_not_grow(tmp_path: Path) -> None:
    made = office(tmp_path)
    with served(workspace=made.path, requests_per_minute="10000000") as (address, process):
        found = soak(address, process.pid, made.keys, SECONDS)
        assert process.poll() is None
    assert set(found.public.statuses) <= {200, 404, 503}, found.public
    assert set(found.staff.statuses) <= {200, 503}, found.staff
    assert found.public.statuses[200] > 100
    assert found.staff.statuses[200] > 10
    assert found.rounds > 0
    assert found.growth < MOST_GROWTH, found
