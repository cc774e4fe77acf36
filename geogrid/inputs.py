"""What a check works on: the tables as read, each brought to one datum, to one projected CRS, and nested."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pandas as pd
from pyproj import CRS

from geogrid import io
from geogrid.crs import project, projected_crs
from geogrid.datum import convert_datum, detect_datum
from geogrid.errors import DatumError, InputError
from geogrid.files.osm import read_osm_boundaries
from geogrid.hierarchy import with_own_levels, with_parents
from geogrid.network import barred_streets
from geogrid.results import DatumFinding
from geogrid.settings import datum_choices, profile_of, require_usable
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import geopandas as gpd

    from geogrid.clock import Clock
    from geogrid.results import ReadResult
    from geogrid.settings import Options

    Given: TypeAlias = str | Path | gpd.GeoDataFrame

READERS: Mapping[str, Callable[..., ReadResult]] = {
    "roads": io.read_roads,
    "households": io.read_households,
    "facilities": io.read_facilities,
    "areas": io.read_areas,
    "grids": io.read_grids,
    "units": io.read_units,
}
"""The tables of a check, in the order in which they are read and brought to one datum."""

BARRED = {
    "class": Text("{n} 条街道的等级不供步行，未用", "{n} streets of classes not for walking are left out"),
    "access": Text("{n} 条街道禁止行人通行，未用", "{n} streets that bar pedestrians are left out"),
    "closed": Text("{n} 条街道已封闭，未用", "{n} closed streets are left out"),
}
"""What is said of streets that are not walked, by the reason of `network.barred_streets`."""

UNSAID = {
    "aged_65": Text("{n} 户未填 65 岁以上人数，合计不含这些户", "{n} households do not state aged_65; sums leave them out"),
    "children_0_14": Text(
        "{n} 户未填 0—14 岁人数，合计不含这些户", "{n} households do not state children_0_14; sums leave them out"
    ),
}
"""What is said of households that leave a measure blank."""

AS_TOLD = Text("按指定的坐标基准换算", "converted as told")
NOT_SHIFTED = Text(
    "格式为 {format}、坐标系为 {crs}，不会是 {choice}，按原样使用；若确实是，请为这张表单独指明",
    "{format} in {crs}, which is not {choice}: kept as given; name this table to convert it all the same",
)
UNSURE = Text(
    "{table} 的坐标基准无法确定（{zh}），而其他表已按 {shifted} 换算。请写明，如 --datum {table}={datum} 或 {table}=wgs84。",
    "the datum of {table} cannot be told ({en}), while others were converted ({shifted}); "
    "say which it is, such as --datum {table}={datum} or {table}=wgs84.",
)

POLYGONS = ("areas", "grids", "units")
IDS = {"areas": "area_id", "grids": "grid_id"}


@dataclass(frozen=True, eq=False)
class Inputs:
    """The tables of a check.

    ``read`` is what the files held (WGS 84 after ``datum``), ``projected`` the same good rows in ``crs`` (metres), with parents;
    ``datum`` what was found or done about each table's datum, ``notes`` what was assumed after reading.
    """

    read: Mapping[str, ReadResult]
    projected: Mapping[str, gpd.GeoDataFrame]
    datum: Mapping[str, DatumFinding]
    notes: Mapping[str, tuple[Text, ...]]
    crs: CRS

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
        wanted = [table for table in READERS if table in given]
        for number, table in enumerate(wanted):
            read[table] = READERS[table](given[table], profile=profile)
            _require_rows(read[table], table)
            tell((number + 1) / len(wanted))
    with clock.step("datum"):
        read, findings = _one_datum(read, given, choices)
        crs = projected_crs(read["grids"].table)
        projected = {table: project(result.table, crs) for table, result in read.items()}
        notes = _nest(projected)
    return Inputs(read, projected, findings, notes, crs)


def _require_rows(result: ReadResult, table: str) -> None:
    """Refuse a table without a single good row, naming its most common problem."""
    if len(result.table):
        return
    codes = result.rejected["code"].value_counts()
    why = f"{codes.index[0]} × {codes.iloc[0]}" if len(codes) else "0"
    raise InputError(
        Text("{file}（{table}）中没有可用的行：{why}", "{file} ({table}) holds no usable row: {why}").fill(
            file=result.source.name, table=table, why=why
        )
    )


def _one_datum(
    read: Mapping[str, ReadResult], given: Mapping[str, Given], choices: Mapping[str, str]
) -> tuple[dict[str, ReadResult], dict[str, DatumFinding]]:
    """Bring every table to WGS 84: as told, or by comparing points with streets and polygons with known borders or points."""
    settled: dict[str, ReadResult] = {}
    findings: dict[str, DatumFinding] = {}
    unsure = []
    borders = _osm_borders(given["roads"], read["roads"])
    for table, result in read.items():
        choice = choices.get(table, choices["*"])
        if choice == "auto":
            references = _references(table, settled, borders)
            if not references or not _may_be_shifted(result):
                settled[table] = result
                continue
            findings[table] = _detected(result.table, references)
            unsure += [] if findings[table].misfit else [table]
        elif choice != "wgs84":
            findings[table] = _told(result, choice, by_name=table in choices)
        settled[table] = _converted(result, findings.get(table))
    _require_sure(unsure, findings)
    return settled, findings


def _detected(table: gpd.GeoDataFrame, references: Sequence[gpd.GeoDataFrame]) -> DatumFinding:
    """Compare with the first reference that tells something; else say what the last one said."""
    findings = (detect_datum(table, reference, crs=projected_crs(reference)) for reference in references)
    finding = next(findings)
    return finding if finding.misfit else next((other for other in findings if other.misfit), finding)


def _require_sure(unsure: Sequence[str], findings: Mapping[str, DatumFinding]) -> None:
    """Refuse to keep a table as given that cannot be compared while another one of the same office is shifted."""
    shifted = [f"{table}={finding.datum}" for table, finding in findings.items() if finding.datum != "wgs84"]
    if unsure and shifted:
        why = findings[unsure[0]].measure
        raise DatumError(
            UNSURE.fill(table=unsure[0], zh=why.zh, en=why.en, shifted=", ".join(shifted), datum=shifted[0].partition("=")[2])
        )


def _told(result: ReadResult, choice: str, *, by_name: bool) -> DatumFinding:
    """Write down that a table is in the datum that the caller says; a word for all tables leaves out those that cannot be."""
    if by_name or _may_be_shifted(result):
        return DatumFinding(choice, AS_TOLD, "m", {}, 0)
    return DatumFinding("wgs84", NOT_SHIFTED.fill(choice=choice, format=result.source.format, crs=result.source.crs), "m", {}, 0)


def _references(table: str, settled: Mapping[str, ReadResult], borders: gpd.GeoDataFrame | None) -> list[gpd.GeoDataFrame]:
    """Return what a table is compared with: streets are the yardstick, polygons go by borders or else by households."""
    if table == "roads":
        return []
    if table in POLYGONS:
        return [*([] if borders is None else [borders]), settled["households"].table]
    return [settled["roads"].table]


def _osm_borders(path: Given, roads: ReadResult) -> gpd.GeoDataFrame | None:
    """Return the boundary lines of an OpenStreetMap extract, if the streets came from one that has some."""
    if not roads.source.format.startswith("osm") or not isinstance(path, str | Path):
        return None
    lines = read_osm_boundaries(path)
    return lines if len(lines) else None


def _may_be_shifted(result: ReadResult) -> bool:
    """Return whether a table could be in a web map's datum: one in degrees, and not OpenStreetMap."""
    return CRS.from_user_input(result.source.crs).is_geographic and not result.source.format.startswith("osm")


def _converted(result: ReadResult, finding: DatumFinding | None) -> ReadResult:
    if finding is None or finding.datum == "wgs84":
        return result
    return replace(result, table=convert_datum(result.table, finding.datum))


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
    notes["roads"] = _barred(projected["roads"])
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


def _barred(roads: gpd.GeoDataFrame) -> tuple[Text, ...]:
    """Say how many streets nobody may walk on, and why."""
    reasons = barred_streets(roads)
    return tuple(text.fill(n=int((reasons == reason).sum())) for reason, text in BARRED.items() if (reasons == reason).any())
