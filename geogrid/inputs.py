"""What a check works on: the tables as read, each brought to one datum, to one projected CRS, and nested."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

import geopandas as gpd
import pandas as pd

from geogrid import io
from geogrid.crs import project, projected_crs, to_wgs84
from geogrid.errors import InputError
from geogrid.hierarchy import with_own_levels, with_parents
from geogrid.schema import PLACED_BY
from geogrid.settings import datum_choices, profile_of, require_usable
from geogrid.settling import one_datum
from geogrid.sizes import by_size
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pyproj import CRS

    from geogrid.clock import Clock
    from geogrid.profile import Profile
    from geogrid.results import DatumFinding, ReadResult
    from geogrid.settings import Options

    Given: TypeAlias = str | Path | gpd.GeoDataFrame

READERS: Mapping[str, Callable[..., ReadResult]] = {
    "roads": io.read_roads,
    "add_streets": io.read_roads,
    "closures": io.read_closures,
    "units": io.read_units,
    "households": io.read_households,
    "facilities": io.read_facilities,
    "areas": io.read_areas,
    "grids": io.read_grids,
    "buildings": io.read_buildings,
    "staff": io.read_staff,
    "events": io.read_events,
    "grades": io.read_grades,
    "area_members": io.read_area_members,
}
"""The tables of a check, in the order in which they are read."""

PLACE_TABLES: tuple[Literal["buildings", "staff", "events", "grades", "area_members"], ...] = (
    *("buildings", "staff", "events"),
    *("grades", "area_members"),
)
"""Those that only a place's standards need."""

UNSAID = {
    "aged_65": Text("{n} 户未填 65 岁以上人数，合计不含这些户", "{n} households do not state aged_65; sums leave them out"),
    "children_0_14": Text(
        "{n} 户未填 0—14 岁人数，合计不含这些户", "{n} households do not state children_0_14; sums leave them out"
    ),
}
"""What is said of households that leave a measure blank."""

IDS = {"areas": "area_id", "grids": "grid_id"}


@dataclass(frozen=True, eq=False)
class Inputs:
    """The tables of a check.

    ``read`` is what the files held (WGS 84 after ``datum``), ``projected`` the same good rows in ``crs`` (metres), with parents;
    ``datum`` what was found or done about each table's datum, ``notes`` what was assumed after reading; ``projects``
    are the grids of projects, in ``crs``.
    """

    read: Mapping[str, ReadResult]
    projected: Mapping[str, gpd.GeoDataFrame]
    datum: Mapping[str, DatumFinding]
    notes: Mapping[str, tuple[Text, ...]]
    crs: CRS
    projects: gpd.GeoDataFrame | None = None

    def __getitem__(self, table: str) -> gpd.GeoDataFrame:
        """Return a table in the projected CRS."""
        return self.projected[table]

    def __contains__(self, table: str) -> bool:
        return table in self.projected

    def get(self, table: str) -> gpd.GeoDataFrame | None:
        """Return a table in the projected CRS, or None when it was not given."""
        return self.projected.get(table)

    def original(self, table: str) -> gpd.GeoDataFrame:
        """Return a table in WGS 84, coordinates as the file has them, with its settled parents, levels and claims."""
        frame, found = self.read[table].table, self.projected[table]
        return frame.assign(**{column: found[column] for column in ("parent_id", "level", "grid_id") if column in found})

    def to_be_tiled(self) -> gpd.GeoDataFrame | None:
        """Return the areas that grids should fill, or None without areas: those with grids, and the lowest ones without."""
        areas = self.get("areas")
        if areas is None:
            return None
        lowest = ~areas["area_id"].isin(areas["parent_id"].dropna())
        return areas[lowest | areas["area_id"].isin(self["grids"]["parent_id"].dropna())]


def read_inputs(given: Mapping[str, Given], options: Options, clock: Clock) -> Inputs:
    """Read every table, settle its datum, project it and find its parents.

    Parameters
    ----------
    given : mapping
        Path or frame per table.
    options : Options
        ``datum`` and ``profile`` are used.
    clock : Clock
        Times the steps read and datum.

    Returns
    -------
    Inputs

    Raises
    ------
    InputError
        If a file is unusable as a whole, or holds no good row.
    DatumError
        If the datum cannot be told.
    """
    require_usable(options)
    profile = profile_of(options)
    choices = datum_choices(options.get("datum") or "auto")
    read: dict[str, ReadResult] = {}
    with clock.step("read") as tell:
        for number, table in enumerate(sorted(given, key=list(READERS).index)):
            units = {"units": set(read["units"].table["unit_id"])} if table == "households" and "units" in read else {}
            read[table] = READERS[table](given[table], profile=profile, **units)
            require_rows(read[table], table)
            tell((number + 1) / len(given))
    with clock.step("datum"):
        read, findings = one_datum(read, given, choices)
        read, placed = at_units(read)
        crs = projected_crs(read["grids"].table)
        read, projects, told = _told_apart(read, profile)
        projected = {table: projected_where_placed(result.table, crs) for table, result in read.items()}
        notes = _nest(projected)
        notes["households"] = (*notes["households"], *placed)
        notes["grids"] = (*told, *notes.get("grids", ()))
    return Inputs(read, projected, findings, notes, crs, None if projects is None else project(projects, crs))


def _told_apart(
    read: Mapping[str, ReadResult], profile: Profile
) -> tuple[dict[str, ReadResult], gpd.GeoDataFrame | None, tuple[Text, ...]]:
    """Leave the smallest standing grids as the grids of the check; larger ones join the areas, those of projects stand apart."""
    areas = read["areas"].table if "areas" in read else None
    sizes = by_size(read["grids"].table, areas, profile)
    changed = {**read, "grids": replace(read["grids"], table=sizes.grids)}
    if sizes.areas is not None:
        changed["areas"] = replace(read["areas"] if "areas" in read else read["grids"], table=sizes.areas)
    return changed, sizes.projects, sizes.notes


def projected_where_placed(table: gpd.GeoDataFrame, crs: CRS) -> gpd.GeoDataFrame:
    """Return a table in a projected CRS; one of which no row has a place as it is."""
    placed = getattr(table, "crs", None) is not None and bool(table.geometry.notna().any())
    return project(table, crs) if placed else table


def require_rows(result: ReadResult, table: str) -> None:
    """Refuse a table without a single good row, naming its most common problem."""
    if len(result.table):
        return
    codes = result.rejected["code"].value_counts()
    zh = en = "0"
    if len(codes):
        worst = result.rejected[result.rejected["code"] == codes.index[0]].iloc[0]
        why = f"{codes.index[0]} × {codes.iloc[0]}"
        zh, en = f"{why}：{worst['expected_zh']}；{worst['remedy_zh']}", f"{why}: {worst['expected_en']}; {worst['remedy_en']}"
    message = Text("{file}（{table}）中没有可用的行：{zh}", "{file} ({table}) holds no usable row: {en}")
    raise InputError(message.fill(file=result.source.name, table=table, zh=zh, en=en))


def at_units(
    read: dict[str, ReadResult], known: gpd.GeoDataFrame | None = None
) -> tuple[dict[str, ReadResult], tuple[Text, ...]]:
    """Put households that state a unit but no coordinates at a point inside the unit, and say how many."""
    households = read["households"].table
    if PLACED_BY not in households or ("units" not in read and known is None):
        return read, ()
    given = read["units"].table if "units" in read else to_wgs84(known)
    units = given.drop_duplicates("unit_id").set_index("unit_id").geometry.representative_point()
    without = households[PLACED_BY].notna()
    places = households.geometry.where(~without, gpd.GeoSeries(households["unit_id"].map(units), crs=households.crs))
    note = Text("{n} 户没有坐标，已放在所属小组处", "{n} households state no coordinates and stand at their unit").fill(
        n=int(without.sum())
    )
    return {**read, "households": replace(read["households"], table=households.set_geometry(places))}, (note,)


def _nest(projected: dict[str, gpd.GeoDataFrame]) -> dict[str, tuple[Text, ...]]:
    """Find the parent of every area and grid, in place in the given mapping, and say what was assumed."""
    notes: dict[str, tuple[Text, ...]] = {}
    renamed: tuple[Text, ...] = ()
    if "areas" in projected:
        projected["areas"], renamed = with_own_levels(projected["areas"])
    for table in ("areas", "grids"):
        if table not in projected:
            continue
        if "areas" in projected:
            projected[table], notes[table] = with_parents(projected[table], projected["areas"], child_id=IDS[table])
        else:
            projected[table] = projected[table].assign(parent_id=pd.NA)
    notes["areas"] = (*renamed, *notes.get("areas", ()))
    projected["households"], by_name = _claims_by_id(projected["households"], projected["grids"])
    notes["households"] = (*by_name, *_unsaid(projected["households"]))
    return notes


def _claims_by_id(households: gpd.GeoDataFrame, grids: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, tuple[Text, ...]]:
    """Read a claimed grid that is a grid's name as that grid's id, where only one grid has the name."""
    if "grid_id" not in households:
        return households, ()
    named = grids.drop_duplicates("name", keep=False).set_index("name")["grid_id"]
    by_name = ~households["grid_id"].isin(grids["grid_id"]) & households["grid_id"].isin(named.index)
    claims = households["grid_id"].where(~by_name, households["grid_id"].map(named))
    note = Text("{n} 户所写的是网格名称，已换成编号", "{n} households name their grid; its id is used").fill(n=int(by_name.sum()))
    return households.assign(grid_id=claims), (note,) if by_name.any() else ()


def _unsaid(households: gpd.GeoDataFrame) -> tuple[Text, ...]:
    """Say how many households leave blank what others fill in: they add nothing to its sums."""
    blank = {m: int(households[m].isna().sum()) for m in UNSAID if m in households and households[m].notna().any()}
    return tuple(UNSAID[measure].fill(n=n) for measure, n in blank.items() if n)
