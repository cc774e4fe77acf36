"""In CI a skipped test is a failure: whatever a test needs could have been installed, except data that nobody may commit.

``GEOGRID_NO_SKIPS=1`` turns this on. The one reason that is let through is that of the ``real_data`` fixture, and only where
that folder is missing.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

ALLOWED, FORBIDDEN = "geogrid_skips_allowed", "geogrid_skips_forbidden"
REAL_DATA_REASON = "real data: set GEOGRID_REAL_DATA to its folder"


def wanted() -> bool:
    """Return whether the environment forbids skips."""
    return os.environ.get("GEOGRID_NO_SKIPS", "") == "1"


def _real_data_is_there() -> bool:
    folder = os.environ.get("GEOGRID_REAL_DATA", "")
    return bool(folder) and Path(folder).is_dir()


class NoSkips:
    """Counts skips, and fails the session for those that could have run; processes that share the tests tell their parent."""

    def __init__(self) -> None:
        self.allowed: dict[str, None] = {}
        self.forbidden: dict[str, None] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a skipped test; an expected failure is none."""
        if report.skipped and not hasattr(report, "wasxfail"):
            self._note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a module that is skipped as a whole."""
        if report.skipped:
            self._note(report)

    def _note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        said = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reason = said.removeprefix("Skipped: ")
        fine = reason == REAL_DATA_REASON and not _real_data_is_there()
        (self.allowed if fine else self.forbidden)[f"{report.nodeid}: {reason}"] = None

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Turn success into failure when a test was skipped that could have run."""
        told = getattr(session.config, "workeroutput", None)
        if told is not None:
            told[ALLOWED], told[FORBIDDEN] = list(self.allowed), list(self.forbidden)
        elif self.forbidden and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what a process skipped; of a module that is skipped as a whole the parent hears in no other way."""
        told = getattr(node, "workeroutput", {})
        self.allowed |= dict.fromkeys(told.get(ALLOWED, ()))
        self.forbidden |= dict.fromkeys(told.get(FORBIDDEN, ()))

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        """Say how many tests were skipped, and which of them should have run."""
        terminalreporter.write_line(
            f"skips: {len(self.allowed)} for want of the real data, {len(self.forbidden)} that could have run (allowed: 0)"
        )
        for line in self.forbidden:
            terminalreporter.write_line(f"SKIPPED BUT NEEDED {line}", red=True)
