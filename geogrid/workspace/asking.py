"""Questions about the past: what became of a grid, and which grid a household was in on a day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import pandas as pd
import sqlalchemy as sa

from geogrid.assign import assign
from geogrid.boundaries import STANDING, set_of
from geogrid.errors import NotFoundError, StoreError
from geogrid.schema import PLACED_BY
from geogrid.words import Text
from geogrid.workspace.coding import to_frame
from geogrid.workspace.definitions import DATED
from geogrid.workspace.erasing import is_erased
from geogrid.workspace.ledger import SPOILT, all_versions, version_on
from geogrid.workspace.reading import held, raw_columns, read_table

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping

    import geopandas as gpd
    from pyproj import CRS

    from geogrid.workspace.definitions import Definitions

HISTORY_COLUMNS = (
    *("version", "effective", "kind", "change", "columns", "area_m2", "area_change_m2"),
    *("predecessors", "successors", "succession", "who", "reason", "approval", "plan_id", "recorded_at"),
)
SHAPE_COLUMN = "geometry"
NO_GRID = Text("从未有过网格 {grid}；请检查编号。", "there never was a grid {grid}; check the id.")


class Whereabouts(NamedTuple):
    """Which grid a household was in.

    Attributes
    ----------
    answer : str
        ``grid``; ``outside`` all grids; ``no place`` (it had no coordinates); ``not yet`` or ``no longer`` in the record on that
        day; ``erased``; or ``unknown``, never recorded.
    grid_id, name : str or None
        Of the grid.
    version : int
        The version that held on that day.
    placed : bool
        Whether it stood at a place of its own, and not at its unit's.
    """

    answer: Literal["grid", "outside", "no place", "not yet", "no longer", "erased", "unknown"]
    grid_id: str | None
    name: str | None
    version: int
    placed: bool = False


def where(
    connection: sa.Connection, definitions: Definitions, household_id: str, day: dt.date, *, crs: CRS, meta: Mapping[str, str]
) -> Whereabouts:
    """Return which grid a household was in on a day, by the borders of that day; see `geogrid.assign` for borders.

    Of the standing grids those count that no other has for a parent: the smallest level.

    Raises
    ------
    NotFoundError
        When the day is before the workspace's first.
    """
    version = version_on(connection, definitions, day).version
    households = definitions["households"]
    mine = households.c.household_id == household_id
    names = definitions.row_columns("households")
    row = raw_columns(connection, sa.select(*(households.c[name] for name in names)).where(mine, held(households, version)))
    if not row[0]:
        return Whereabouts(_missing(connection, definitions, household_id, version, meta["salt"]), None, None, version)
    home = to_frame(definitions, "households", row, crs)
    placed = bool(home[PLACED_BY].isna().all())
    if home.geometry.isna().all():
        return Whereabouts("no place", None, None, version)
    grids = smallest(read_table(connection, definitions, "grids", version=version, crs=crs))
    found = assign(home[["geometry"]], grids).grid_id
    if found.isna().all():
        return Whereabouts("outside", None, None, version, placed)
    grid = grids[grids["grid_id"] == found.iloc[0]].iloc[0]
    return Whereabouts("grid", str(grid["grid_id"]), str(grid["name"]), version, placed)


def smallest(grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the standing grids that are no other's parent.

    Examples
    --------
    >>> grids = pd.DataFrame({"grid_id": ["大", "小", "试"], "parent_id": [None, "大", None], "grid_set": [None, None, "p"]})
    >>> smallest(grids)["grid_id"].tolist()
    ['小']
    """
    standing = grids[[set_of(str(name)) == STANDING for name in grids["grid_set"].fillna(STANDING)]]
    return standing[~standing["grid_id"].isin(standing["parent_id"].dropna())]


def _missing(
    connection: sa.Connection, definitions: Definitions, household_id: str, version: int, salt: str
) -> Literal["not yet", "no longer", "erased", "unknown"]:
    """Return why there is no row of a household in a version."""
    if is_erased(connection, definitions, household_id, salt):
        return "erased"
    households = definitions["households"]
    first = connection.execute(
        sa.select(sa.func.min(households.c.version_from)).where(households.c.household_id == household_id)
    ).scalar()
    if first is None:
        return "unknown"
    return "not yet" if first > version else "no longer"


def history(connection: sa.Connection, definitions: Definitions, grid_id: str, *, crs: CRS) -> pd.DataFrame:
    """Return what became of a grid: a row for every version in which it began, changed or ended, or passed land on.

    Raises
    ------
    NotFoundError
        When there never was one.
    """
    rows = _grid_rows(connection, definitions, grid_id, crs)
    passed = _passed(connection, definitions, grid_id)
    if rows.empty:
        raise NotFoundError(NO_GRID.fill(grid=grid_id))
    ledger = all_versions(connection, definitions).set_index("version")
    if not {*passed, *rows["version_from"], *rows["version_to"].dropna()} <= {*ledger.index}:
        raise StoreError(SPOILT)
    told = {entry["version"]: entry for entry in _changes(rows)}
    for version in passed.keys() - told.keys():  # it passed land on and kept its shape
        told[version] = {"version": version, "change": "", "columns": (), "area_m2": None, "area_change_m2": None}
    entries = [
        {**entry, **_kin(passed.get(version, []), grid_id), **_said(ledger.loc[version])}
        for version, entry in sorted(told.items())
    ]
    return pd.DataFrame(entries, columns=list(HISTORY_COLUMNS))


def _grid_rows(connection: sa.Connection, definitions: Definitions, grid_id: str, crs: CRS) -> pd.DataFrame:
    """Return all rows that a grid ever had, in order, with their versions."""
    grids = definitions["grids"]
    mine, order = grids.c.grid_id == grid_id, (grids.c.version_from, grids.c.fid)
    names = definitions.row_columns("grids")
    rows = raw_columns(connection, sa.select(*(grids.c[name] for name in names)).where(mine).order_by(*order))
    frame = to_frame(definitions, "grids", rows, crs)
    dated = connection.execute(sa.select(*(grids.c[name] for name in DATED[:2])).where(mine).order_by(*order)).all()
    return frame.assign(**{name: [row[place] for row in dated] for place, name in enumerate(DATED[:2])})


def _changes(rows: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield what changed, version by version."""
    before = None
    for _, row in rows.iterrows():
        area = float(row[SHAPE_COLUMN].area)
        continued = before is not None and before["version_to"] == row["version_from"]
        yield {
            "version": int(row["version_from"]),
            "change": "changed" if continued else "began",
            "columns": _differing(before, row) if continued else (),
            "area_m2": area,
            "area_change_m2": area - float(before[SHAPE_COLUMN].area) if continued and before is not None else None,
        }
        before = row
        following = rows.loc[rows["version_from"] == row["version_to"]]
        if pd.notna(row["version_to"]) and following.empty:
            yield {"version": int(row["version_to"]), "change": "ended", "columns": (), "area_m2": 0.0, "area_change_m2": -area}


def _differing(before: Any, row: Any) -> tuple[str, ...]:
    names = [name for name in row.index if name not in DATED]
    return tuple(name for name in names if not _same(before[name], row[name]))


def _same(one: Any, other: Any) -> bool:
    if hasattr(one, "wkb") and hasattr(other, "wkb"):
        return bool(one.wkb == other.wkb)
    return bool(one == other) if pd.notna(one) and pd.notna(other) else bool(pd.isna(one) and pd.isna(other))


def _passed(connection: sa.Connection, definitions: Definitions, grid_id: str) -> dict[int, list[Any]]:
    """Return the successions that a grid took part in, by version."""
    succession = definitions["succession"]
    rows = connection.execute(
        sa.select(succession)
        .where(sa.or_(succession.c.from_id == grid_id, succession.c.to_id == grid_id))
        .order_by(succession.c.version, succession.c.number)
    ).all()
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.version, []).append(row)
    return found


def _kin(passed: list[Any], grid_id: str) -> dict[str, Any]:
    return {
        "predecessors": tuple(row.from_id for row in passed if row.to_id == grid_id),
        "successors": tuple(row.to_id for row in passed if row.from_id == grid_id),
        "succession": tuple(sorted({row.kind for row in passed})),
    }


def _said(version: Any) -> dict[str, Any]:
    return {name: version[name] for name in ("effective", "kind", "who", "reason", "approval", "plan_id", "recorded_at")}


def codes_used(connection: sa.Connection, definitions: Definitions) -> dict[str, str]:
    """Return the grid that had each code first."""
    used = definitions["codes_used"]
    rows = connection.execute(sa.select(used.c.code, used.c.grid_id).order_by(used.c.first_version.desc(), used.c.grid_id.desc()))
    return {row.code: row.grid_id for row in rows}


def ids_used(connection: sa.Connection, definitions: Definitions) -> frozenset[str]:
    """Return the id of every grid at any time."""
    return frozenset(connection.execute(sa.select(definitions["grids"].c.grid_id).distinct()).scalars())
