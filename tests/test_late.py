"""What is loaded late is there when it is wanted, and nothing heavy is loaded before."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from importlib import import_module
from typing import Any

import pytest

import api
import geogrid
import maps
from geogrid.late import Late, Later

HEAVY = ("folium", "fastapi", "geopandas", "scipy", "pandas", "sqlalchemy", "uvicorn", "openpyxl", "pyogrio", "highspy")
TABLES = {"geopandas", "pandas", "sqlalchemy"}
"""What every question to a workspace needs."""


def loaded_by(code: str) -> set[str]:
    """Return which heavy libraries a fresh interpreter has loaded after running some code."""
    told = f"{code}\nimport sys; print(','.join(name for name in {HEAVY} if name in sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    return set(filter(None, done.stderr.strip().split(",")))


HELPED = ("", "plan", "init", "check", "place", "profiles", "profile new", "propose", "propose sites")


@pytest.mark.parametrize("arguments", [*([*name.split(), "--help"] for name in HELPED), ["--version"]], ids=" ".join)
def test_help_loads_no_library_of_the_work(arguments: list[str]) -> None:
    assert loaded_by(f"from api.cli import main; main({arguments})") == set()


@pytest.mark.parametrize("module", ["api.keeping", "api.keepingplans"])
def test_small_questions_load_no_more_than_tables(module: str) -> None:
    assert loaded_by(f"import {module}") <= TABLES


@pytest.mark.parametrize("package", [geogrid, maps, api], ids=lambda package: package.__name__)
def test_what_is_late_is_there(package: Any) -> None:
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        module = import_module(found.name)
        for each in _values(vars(module)):
            if isinstance(each, Late):
                import_module(each.late_name)
            if isinstance(each, Later):
                assert callable(getattr(import_module(each.module), each.function))


def _values(names: dict[str, Any]) -> list[Any]:
    """Return what a module calls by a name, and what stands in its tables."""
    tables = [list(each.values()) for each in names.values() if isinstance(each, dict)]
    return [*names.values(), *(each for table in tables for each in table)]


@pytest.mark.parametrize("package", [geogrid, maps], ids=lambda package: package.__name__)
def test_packages_give_the_names_that_they_state(package: Any) -> None:
    assert [name for name in package.__all__ if not hasattr(package, name)] == []
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        _ = package.nothing_of_the_kind


def test_a_module_taken_late_is_the_module_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    late = Late("api.working")
    monkeypatch.setattr("api.working.STEPS", {})
    assert late.STEPS == {}
    assert Later("api.jobs", "listening").function == "listening"
