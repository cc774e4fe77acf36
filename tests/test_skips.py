"""The guard against skipped tests, run on a session of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]
CONFTEST = """
from tests.conftest import pytest_configure, real_data, chromium
"""
SUITE = """
import pytest

def test_runs():
    pass

@pytest.mark.xfail(strict=True)
def test_is_known_to_fail():
    assert False
"""
NEEDS_DATA = """
def test_needs_data(real_data):
    assert real_data.is_dir()
"""
SAYS_IT_NEEDS_DATA = """
def test_skips_though_the_data_is_there():
    pytest.skip("real data: set GEOGRID_REAL_DATA to its folder")
"""
SKIPS = """
def test_skips():
    pytest.skip("not today")
"""
WHOLE_MODULE = """
pytest.skip("not this module", allow_module_level=True)
"""


SHARED = ("-p", "xdist.plugin", "--numprocesses", "2")
"""Options that share the tests between two processes."""


def run(folder: Path, suite: str, *options: str, **environment: str) -> tuple[int, str]:
    """Run a suite with the project's conftest; return the exit code and the output."""
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_suite.py").write_text(suite)
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("GEOGRID_", "PYTEST_", "COV_"))}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-c", os.devnull, *options, "--rootdir", folder, folder],
        cwd=CHECKOUT,
        env=kept | {"GEOGRID_NO_SKIPS": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def test_a_full_run_passes_and_says_so(tmp_path: Path) -> None:
    code, said = run(tmp_path, SUITE)
    assert code == 0
    assert "skips: 0 for want of the real data, 0 that could have run" in said


@pytest.mark.parametrize("value", ["", "/nowhere/at/all"])
def test_missing_real_data_is_let_through(tmp_path: Path, value: str) -> None:
    code, said = run(tmp_path, SUITE + NEEDS_DATA, GEOGRID_REAL_DATA=value)
    assert code == 0
    assert "skips: 1 for want of the real data, 0 that could have run" in said
    assert re.fullmatch(r"=+ 1 passed, 1 skipped, 1 xfailed in .*s =+", said.splitlines()[-1])


def test_that_reason_does_not_count_where_the_data_is(tmp_path: Path) -> None:
    code, said = run(tmp_path, SUITE + NEEDS_DATA + SAYS_IT_NEEDS_DATA, GEOGRID_REAL_DATA=str(tmp_path))
    assert code == 1
    assert "skips: 0 for want of the real data, 1 that could have run" in said


@pytest.mark.parametrize("options", [(), SHARED], ids=["alone", "shared"])
@pytest.mark.parametrize(("suite", "reason"), [(SKIPS, "not today"), (WHOLE_MODULE, "not this module")])
def test_any_other_skip_fails_the_session(tmp_path: Path, suite: str, reason: str, options: tuple[str, ...]) -> None:
    code, said = run(tmp_path, SUITE + suite, *options)
    assert code != 0
    assert "skips: 0 for want of the real data, 1 that could have run" in said
    assert re.search(rf"SKIPPED BUT NEEDED .*test_suite\.py.*: {reason}", said)


def test_without_the_variable_skips_are_skips(tmp_path: Path) -> None:
    code, said = run(tmp_path, SUITE + SKIPS, GEOGRID_NO_SKIPS="")
    assert code == 0
    assert "that could have run" not in said
