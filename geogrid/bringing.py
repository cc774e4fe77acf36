"""Files brought into a workspace: read, set to one datum, placed under their parents; nothing is written here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geogrid import io
from geogrid.clock import Clock
from geogrid.crs import project, projected_crs, to_wgs84
from geogrid.datum import convert_datum
from geogrid.errors import InputError
from geogrid.hierarchy import with_own_levels, with_parents
from geogrid.inputs import IDS, at_units, projected_where_placed, require_rows
from geogrid.regions import require_side_by_side
from geogrid.results import DatumFinding, ReadResult, Source
from geogrid.settings import TABLES, datum_choices
from geogrid.settling import AS_TOLD, one_datum
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import geopandas as gpd
    from pyproj import CRS

    from geogrid.inputs import Given
    from geogrid.profile import Profile

READERS: Mapping[str, Callable[..., ReadResult]] = {
    "areas": io.read_areas,
    "grids": io.read_grids,
    "units": io.read_units,
    "roads": io.read_roads,
    "households": io.read_households,
    "facilities": io.read_facilities,
    "buildings": io.read_buildings,
    "barriers": io.read_barriers,
    "candidates": io.read_candidates,
    "closures": io.read_closures,
    "staff": io.read_staff,
    "events": io.read_events,
    "grades": io.read_grades,
    "area_members": io.read_area_members,
}
"""The tables of a workspace, in the order in which they are read and written."""

YARDSTICKS = ("roads", "households")
"""What other tables are compared with to tell their datum."""
GUESSED = "auto"


@dataclass(frozen=True, eq=False)
class Brought:
    """Tables ready for a workspace, in its CRS; what the files held, what was done about their datum, and what was assumed.

    ``shift_m`` says by how many metres the middle row of each converted table was moved.
    """

    crs: CRS
    tables: Mapping[str, pd.DataFrame]
    read: Mapping[str, ReadResult]
    datum: Mapping[str, DatumFinding]
    shift_m: Mapping[str, float]
    notes: Mapping[str, tuple[Text, ...]]

    @property
    def rejected(self) -> pd.DataFrame:
        """Return every rejected row of every table, once per problem."""
        return pd.concat([result.rejected for result in self.read.values()], ignore_index=True)


def bring(
    files: Mapping[str, Given | ReadResult],
    *,
    profile: Profile,
    known: Mapping[str, pd.DataFrame] | None = None,
    crs: CRS | None = None,
    datum: str | Mapping[str, str] = GUESSED,
    clock: Clock | None = None,
) -> Brought:
    """Read the files of an office for its workspace.

    Parameters
    ----------
    files : mapping
        Path or frame by table, a key of `READERS`; or what was read already.
    profile : Profile
        Names its services.
    known : mapping of DataFrame, optional
        Tables that the workspace has already: yardsticks for the datum, and areas in which grids lie.
    crs : CRS, optional
        The workspace's; by default the projected CRS that fits the grids, or what else there is.
    datum : str or mapping
        As for `geogrid.check`; "auto" compares with streets and households where there are any.
    clock : Clock, optional
        Hears of the steps read and datum.

    Returns
    -------
    Brought

    Raises
    ------
    InputError
        When a file cannot be used as a whole, or holds no good row.
    DatumError
        When the datum cannot be told.
    """
    known, clock = known or {}, clock or Clock()
    with clock.step("read") as tell:
        read = read_files(files, profile=profile, known=known, tell=tell)
    with clock.step("datum"):
        settled, findings, untold = _settled(read, files, known, datum_choices(datum))
        settled, placed = at_units(settled, known.get("units")) if "households" in settled else (settled, ())
    crs = crs or projected_crs(next(settled[t].table for t in ("grids", "areas", *settled) if _has_place(settled, t)))
    tables = {table: projected_where_placed(result.table, crs) for table, result in settled.items()}
    tables, notes = _nested(tables, known)
    notes |= {table: (*notes.get(table, ()), _UNTOLD) for table in untold}
    notes |= {"households": (*notes.get("households", ()), *placed)} if placed else {}
    shift_m = {table: _shift_m(read[table].table, moved, crs) for table, moved in _moved(settled, findings).items()}
    return Brought(crs, tables, settled, findings, shift_m, notes)


def read_files(
    files: Mapping[str, Given | ReadResult],
    *,
    profile: Profile,
    known: Mapping[str, pd.DataFrame] | None = None,
    tell: Callable[[float], None] = lambda _share: None,
) -> dict[str, ReadResult]:
    """Read the files of an office, each on its own; datum and parents are left for `bring`.

    Parameters
    ----------
    files : mapping
        Path or frame by table, a key of `READERS`; or what was read already, which is taken as it is.
    profile : Profile
        Names its services.
    known : mapping of DataFrame, optional
        Of the tables that the workspace has, ``units`` says where households may be placed.
    tell : callable
        Hears of the share that is done.

    Raises
    ------
    InputError
        When there is no file, one cannot be used as a whole or holds no good row, or grids lie in piles.
    """
    unknown = sorted(set(files) - set(READERS))
    if unknown or not files:
        raise InputError(_NO_TABLE.fill(tables=", ".join(unknown) or "-", known=", ".join(READERS)))
    read: dict[str, ReadResult] = {}
    for number, table in enumerate(sorted(files, key=list(READERS).index)):
        units = read["units"].table if "units" in read else (known or {}).get("units")
        extra = {"units": set(units["unit_id"])} if table == "households" and units is not None and len(units) else {}
        given = files[table]
        read[table] = given if isinstance(given, ReadResult) else READERS[table](given, profile=profile, **extra)
        require_rows(read[table], table)
        if table in IDS:
            _require_tilings(read[table].table)
        tell((number + 1) / len(files))
    return read


def _require_tilings(frame: gpd.GeoDataFrame) -> None:
    """Refuse grids or areas of one level and set that lie in piles."""
    named = [frame[column].fillna("") for column in ("grid_set", "level") if column in frame]
    for _, rows in frame.groupby(named) if named else [("", frame)]:
        require_side_by_side(rows.geometry.to_numpy())


def _settled(
    read: Mapping[str, ReadResult],
    files: Mapping[str, Given | ReadResult],
    known: Mapping[str, pd.DataFrame],
    choices: Mapping[str, str],
) -> tuple[dict[str, ReadResult], Mapping[str, DatumFinding], list[str]]:
    """Bring every table to WGS 84; the last of the three names tables whose datum nobody stated or could compare."""
    yardsticks = {t: _as_read(known[t]) for t in YARDSTICKS if t not in read and t in known and len(known[t])}
    compared = {t: read[t] for t in TABLES if t in read}
    if set(YARDSTICKS) <= {*compared, *yardsticks}:
        at_hand = {table: given for table, given in files.items() if not isinstance(given, ReadResult)}
        every, findings = one_datum({**yardsticks, **compared}, {"roads": "", **at_hand}, choices)
        done = {table: every[table] for table in compared}
        untold = []
    else:
        done, findings = {}, {}
        untold = [t for t, result in compared.items() if choices.get(t, choices["*"]) == GUESSED and _in_degrees(result)]
    told = {table: choices.get(table, choices["*"]) for table in read if table not in done}
    told = {table: choice for table, choice in told.items() if _is_shifted(read[table], choice)}
    done = {**read, **done, **{table: _converted(read[table], choice) for table, choice in told.items()}}
    findings = {**findings, **{table: DatumFinding(choice, AS_TOLD, "m", {}, 0) for table, choice in told.items()}}
    return done, findings, untold


def _is_shifted(result: ReadResult, choice: str) -> bool:
    return choice not in {GUESSED, "wgs84"} and _has_place({"": result}, "") and _in_degrees(result)


def _converted(result: ReadResult, choice: str) -> ReadResult:
    return replace(result, table=convert_datum(result.table, choice))


def _moved(settled: Mapping[str, ReadResult], findings: Mapping[str, DatumFinding]) -> dict[str, Any]:
    return {table: settled[table].table for table, finding in findings.items() if finding.datum != "wgs84" and table in settled}


def _shift_m(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame, crs: CRS) -> float:
    """Return the median distance in metres between the middles of the rows before and after."""
    placed = before.geometry.notna() & ~before.geometry.is_empty
    middles = [project(each[placed], crs).bounds.to_numpy().reshape(-1, 2, 2).mean(axis=1) for each in (before, after)]
    return float(np.median(np.hypot(*(middles[1] - middles[0]).T)))


def _in_degrees(result: ReadResult) -> bool:
    return result.source.crs == "EPSG:4326" or "4326" in result.source.crs or "4490" in result.source.crs


def _as_read(frame: Any) -> ReadResult:
    """Return a table of the workspace as a reader would: its datum is settled, which a projected CRS says."""
    return ReadResult(to_wgs84(frame), pd.DataFrame(), Source("", "", "workspace", None, "EPSG:3857", len(frame)))


def _has_place(read: Mapping[str, ReadResult], table: str) -> bool:
    frame = read[table].table if table in read else None
    return frame is not None and getattr(frame, "crs", None) is not None and bool(frame.geometry.notna().any())


def _nested(tables: dict[str, Any], known: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, tuple[Text, ...]]]:
    """Find the parents of areas and grids that the files do not state; a larger grid that a grid names stays its parent."""
    notes: dict[str, tuple[Text, ...]] = {}
    done = dict(tables)
    if "areas" in done:
        done["areas"], notes["areas"] = with_own_levels(done["areas"])
    areas = done.get("areas", known.get("areas"))
    for table in ("areas", "grids"):
        if table in done and areas is not None and len(areas):
            rows = done[table]
            stated = rows["parent_id"] if "parent_id" in rows else pd.Series(pd.NA, index=rows.index, dtype="object")
            nested = stated.isin(rows[IDS[table]])
            placed, said = with_parents(rows[~nested], areas, child_id=IDS[table]) if (~nested).any() else (rows, ())
            done[table] = rows.assign(parent_id=stated.where(nested, placed["parent_id"].reindex(rows.index)))
            notes[table] = (*notes.get(table, ()), *said)
    return done, notes


_NO_TABLE = Text(
    "没有可导入的表（{tables}）；可用的表：{known}。", "there is no table to import ({tables}); tables are: {known}."
)
_UNTOLD = Text(
    "没有街道和住户可供比对，坐标按 WGS 84 / CGCS2000 使用；如为 GCJ-02 或 BD-09，请用 --datum 写明",
    "no streets and households to compare with: they count as WGS 84 / CGCS2000; say --datum if GCJ-02 or BD-09",
)
