"""Workspaces for tests: the paper town on the days that its tables came in, and days to ask about."""

from __future__ import annotations

import datetime as dt
import sqlite3
from contextlib import closing
from types import SimpleNamespace
from typing import TYPE_CHECKING

from geogrid.store import Act, Workspace, create
from tests.builders import CRS, paper_town

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    import pytest

FIRST = dt.date(2024, 1, 1)
TABLES = ("areas", "grids", "households", "facilities", "roads")


def day(number: int) -> dt.date:
    """The first day of the workspace, and so many more."""
    return FIRST + dt.timedelta(days=number)


def act(number: int, reason: str = "更新") -> Act:
    """Somebody who writes with effect from a day."""
    return Act("李", day(number), reason, f"批〔2024〕{number} 号")


def town_tables() -> dict[str, gpd.GeoDataFrame]:
    """The paper town's tables; grids with codes."""
    tables = paper_town()
    return tables | {"grids": tables["grids"].assign(code=["360681100201001", "360681100201002", "360681100202001", None])}


def town_workspace(path: Path, *, key: bytes | None = None) -> Workspace:
    """Versions 0 to 5: made on day 0, then a table a day."""
    workspace = create(path, crs=CRS, name="纸镇", act=act(0), key=key)
    for number, table in enumerate(TABLES):
        workspace.import_table(table, town_tables()[table], act=act(number + 1, "首批"), base=number)
    return workspace


def clock_at(monkeypatch: pytest.MonkeyPatch, instant: str) -> None:
    """Let it be a moment of UTC, such as 2026-05-31T16:00, for the program; SQLite goes on by its own clock."""
    moment = dt.datetime.fromisoformat(instant).replace(tzinfo=dt.UTC)

    class Fixed(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:  # type: ignore[override]
            return moment.astimezone(tz)

    monkeypatch.setattr("geogrid.validity.dt", SimpleNamespace(datetime=Fixed, date=dt.date))


def edited(path: Path, *statements: str) -> Path:
    """Run statements on a file as any program could."""
    with closing(sqlite3.connect(path, isolation_level=None)) as plain:
        for statement in statements:
            plain.execute(statement)
    return path
