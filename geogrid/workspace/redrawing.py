"""New boundaries as rows: the grids and areas that differ, which grid came from which, and the codes that are used up."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from geogrid.boundaries import Area, Boundaries, Grid
from geogrid.errors import InputError
from geogrid.succession import succession
from geogrid.words import Text
from geogrid.workspace.coding import to_rows
from geogrid.workspace.definitions import SHAPE, stored
from geogrid.workspace.reading import read_table
from geogrid.workspace.writing import replace_rows

if TYPE_CHECKING:
    import geopandas as gpd
    from pyproj import CRS

    from geogrid.workspace.definitions import Definitions
    from geogrid.workspace.ledger import Entry

TABLES = {"areas": Area, "grids": Grid}
INCOMPLETE = Text(
    "还有 {area} 平方米没有划给任何网格，不能写入；请先完成方案。",
    "{area} m² belong to no grid yet and cannot be recorded; complete the plan first.",
)


def require_complete(after: Boundaries) -> None:
    """Refuse boundaries with land that a plan has taken from its grid and given to none.

    Raises
    ------
    InputError
        Saying how much.
    """
    if after.unassigned:
        area = sum(shape.area for shape in after.unassigned.values())
        raise InputError(INCOMPLETE.fill(area=f"{area:,.2f}"))


def write_boundaries(
    connection: sa.Connection, definitions: Definitions, after: Boundaries, entry: Entry, *, crs: CRS
) -> tuple[str, ...]:
    """Make grids and areas be these from a version on, with the successions and used codes that follow.

    Returns
    -------
    tuple of str
        The tables written.
    """
    before = Boundaries.of(
        *(read_table(connection, definitions, table, version=None, crs=crs) for table in ("grids", "areas")), crs=crs
    )
    for table, frame in (("areas", after.area_frame), ("grids", after.grid_frame)):
        whole = _with_the_rest(connection, definitions, table, frame, crs)
        rows = to_rows(definitions, table, whole, crs)
        replace_rows(connection, definitions, table, rows, version=entry.version, effective=entry.effective)
    _write_succession(connection, definitions, before, after, entry)
    note_codes(connection, definitions, entry.version)
    return tuple(TABLES)


def note_codes(connection: sa.Connection, definitions: Definitions, version: int, *, since: int | None = None) -> None:
    """Note with a version the codes of grids that began with it, or since another, as used for ever."""
    grids, used = definitions["grids"], definitions["codes_used"]
    known = sa.exists().where(used.c.code == grids.c.code, used.c.grid_id == grids.c.grid_id)
    new = (
        sa.select(grids.c.code, grids.c.grid_id, sa.literal(version))
        .distinct()
        .where(
            grids.c.version_from >= (version if since is None else since), grids.c.code.is_not(None), grids.c.code != "", ~known
        )
    )
    connection.execute(used.insert().from_select(["code", "grid_id", "first_version"], new))


def _with_the_rest(
    connection: sa.Connection, definitions: Definitions, table: str, frame: gpd.GeoDataFrame, crs: CRS
) -> gpd.GeoDataFrame:
    """Return boundaries with the columns that they do not know, as the rows that hold now say them."""
    known = {stored(each.name) for each in fields(TABLES[table])}
    rest = [name for name in definitions.row_columns(table) if name not in known and name != SHAPE]
    if not rest:
        return frame
    key = definitions.specs[table].id_column.name
    now = read_table(connection, definitions, table, version=None, crs=crs).set_index(key)
    values: dict[str, Any] = {name: now[name].reindex(frame[key]).to_numpy() for name in rest}
    return frame.assign(**values)


def _write_succession(
    connection: sa.Connection, definitions: Definitions, before: Boundaries, after: Boundaries, entry: Entry
) -> None:
    table = succession(before, after)
    names = ("from_code", "from_id", "to_code", "to_id", "kind")
    rows: list[dict[str, Any]] = [
        {**{name: str(row[name]) for name in names}, "version": entry.version, "valid_from": entry.effective}
        for row in table.fillna("").to_dict("records")
    ]
    if rows:
        connection.execute(definitions["succession"].insert(), rows)
