"""Fixtures that stand for what a fresh machine may lack; each skips with the reason, and CI forbids the skips it can avoid."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.skips import REAL_DATA_REASON, NoSkips, wanted

CHROMIUM_REASON = "Chromium: install the chromium package, or set GEOGRID_CHROMIUM to its path"


def pytest_configure(config: pytest.Config) -> None:
    """Forbid skips in CI."""
    if wanted():
        config.pluginmanager.register(NoSkips(), "geogrid-no-skips")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of real data (never committed)."""
    folder = os.environ.get("GEOGRID_REAL_DATA", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip(REAL_DATA_REASON)
    return Path(folder).resolve()


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium browser."""
    found = os.environ.get("GEOGRID_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        pytest.skip(CHROMIUM_REASON)
    return found
