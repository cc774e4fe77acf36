"""A service killed at random under writes and jobs, for GEOGRID_SOAK_S seconds: ``python -m pytest tests/soak_service.py``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tests.test_service_killed import survive

if TYPE_CHECKING:
    from pathlib import Path


def test_long(tmp_path: Path) -> None:
    survive(tmp_path, seconds=float(os.environ.get("GEOGRID_SOAK_S", "600")), seed=2)
