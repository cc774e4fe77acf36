"""Fixtures that stand for what a fresh machine may lack; each skips with the reason, and CI forbids the skips it can avoid."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from tests.real_towns import guixi
from tests.skips import REAL_DATA_REASON, NoSkips, wanted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from geogrid.report import Report

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
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
def guixi_report(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Check of the town of Guixi: one for all tests, none of which changes it."""
    return guixi(real_data, "households.csv", tmp_path_factory.mktemp("guixi"))


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium browser."""
    found = os.environ.get("GEOGRID_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        pytest.skip(CHROMIUM_REASON)
    return found


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """Start Chromium; one a module, because its driver keeps an event loop that other modules must not meet."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield started
        started.close()
