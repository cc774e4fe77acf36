"""The files of a made-up place: tables as a planner would bring them, in degrees, with a note that nothing in them is real."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyproj
import shapely
from _place_matters import DAY, EVENT_COLUMNS
from _place_people import HOME_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy.typing as npt
    from _place_world import World

    Shapes = npt.NDArray[np.object_]

DIGITS = 7
"""Digits behind the point of a degree: a centimetre."""
FACILITY_COLUMNS = ("facility_id", "name", "services", "floor_area_m2", "status", "functions", "level", "lon", "lat")
DUTIES = "巡查走访；收集民情；调解矛盾；排查隐患；政策宣传"
SUPERVISION = "0999-0000100"
README = """{name}：演示数据  Example data

这个地方是虚构的。图形、街道、住户、人员、电话和事件都由程序随机生成（种子 {seed}），不对应任何真实的村、社区或个人；
层级、标准和规模取自配置 {profile}；镇、村、网格的名称是编造的，县区名只是标签。
“未办结、超期”以 {day} 为准（day.txt）：请用 --on {day} 检查。faults.json 列出有意放入的全部问题。

This place does not exist. Its shapes, streets, households, staff, telephone numbers and matters were drawn at random (seed
{seed}) and stand for no real village, community or person; levels, standards and sizes are those of profile {profile}. Names of
towns, villages and grids are invented, those of counties are labels only. Open and overdue are meant on {day}
(day.txt): check them with --on {day}. faults.json lists every fault that was planted on purpose.

{sizes}
"""


def files(world: World) -> dict[str, bytes]:
    """Return the content of every file by name."""
    degrees = _to_degrees(world)
    drawn = {name: make(world, degrees) for name, make in MAKERS.items()}
    made = {name: content for name, content in drawn.items() if content is not None} | {
        "day.txt": f"{DAY}\n".encode(),
        "faults.json": _faults(world),
    }
    return made | {"README.txt": _readme(world, [*made, "README.txt"])}


def _to_degrees(world: World) -> Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]:
    """Return how metres of the place become degrees, in the CGCS2000 zone that it lies in."""
    lon, lat = world.recipe.origin
    zone = pyproj.CRS.from_epsg(4534 + math.floor((lon + 1.5) / 3) - 25)
    back = pyproj.Transformer.from_crs(zone, "EPSG:4490", always_xy=True)
    east, north = back.transform(lon, lat, direction="INVERSE")
    return lambda xy: np.round(np.column_stack(back.transform(xy[:, 0] + east, xy[:, 1] + north)), DIGITS)


def _collection(rows: pd.DataFrame, shapes: Shapes, degrees: Any) -> bytes:
    """Return GeoJSON with a feature a line; blanks are null."""
    moved = shapely.to_geojson(shapely.transform(shapes, degrees))
    cells = rows.astype(object).where(rows.notna(), None)
    lines = (
        f'{{"type":"Feature","properties":{json.dumps(row, ensure_ascii=False, separators=(",", ":"))},"geometry":{shape}}}'
        for row, shape in zip(cells.to_dict("records"), moved, strict=True)
    )
    return ('{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n").encode()


def _table(frame: pd.DataFrame, columns: Iterable[str]) -> bytes:
    text: str = frame[[name for name in columns if name in frame]].to_csv(index=False, lineterminator="\n")
    return text.encode()


def _located(frame: pd.DataFrame, degrees: Any) -> pd.DataFrame:
    """Return the rows with longitude and latitude, blank where there is no place."""
    here = frame["x"].notna().to_numpy()
    text = np.full((len(frame), 2), None, dtype=object)
    text[here] = [
        [f"{lon:.{DIGITS}f}", f"{lat:.{DIGITS}f}"] for lon, lat in degrees(frame.loc[here, ["x", "y"]].to_numpy(dtype=float))
    ]
    return frame.assign(lon=text[:, 0], lat=text[:, 1])


def _areas(world: World, degrees: Any) -> bytes:
    parts, shapes = [], []
    for level in world.profile.levels:
        if level.of == "areas":
            rows = world.subjects[level.id]
            parts.append(_with_level(rows, level.id, "area_id"))
            shapes.append(world.tables["shapes"].get(level.id, world.tables.get("across")))
    return _collection(pd.concat(parts, ignore_index=True), np.concatenate(shapes), degrees)


def _with_level(rows: pd.DataFrame, level: str, key: str) -> pd.DataFrame:
    known = {"id": key, "name": "name", "parent": "parent_id", "code": "code", "kind": "kind"}
    table = rows.rename(columns=known)[[known[name] for name in known if name in rows]]
    return table.assign(level=level)


def _grids(world: World, degrees: Any) -> bytes:
    parts, shapes = [], []
    for level in world.profile.levels:
        if level.of != "grids":
            continue
        rows = _with_level(world.subjects[level.id], level.id, "grid_id").assign(grid_set=level.grid_set or "standing")
        parts.append(_with_people(world, rows.drop(columns="code", errors="ignore"), level.id))
        shapes.append(world.tables["projects"] if level.grid_set else world.tables["shapes"][level.id])
    table = pd.concat(parts, ignore_index=True)
    return _collection(_coded(world, table), np.concatenate(shapes), degrees)


def _coded(world: World, table: pd.DataFrame) -> pd.DataFrame:
    """Return the grids with codes: the digits of the area above, then a number within it; projects have none."""
    areas = {key: code for level in _area_levels(world) for key, code in world.subjects[level][["id", "code"]].to_numpy()}
    above = dict(zip(table["grid_id"], table.get("parent_id", [None] * len(table)), strict=True))
    stems = []
    for key in table["grid_id"]:
        at = above[key]
        while at in above:
            at = above[at]
        stems.append(areas.get(at, ""))
    number = pd.Series(stems).groupby(stems).cumcount() + 1
    return table.assign(code=[f"{stem}{n:03d}" if stem else None for stem, n in zip(stems, number, strict=True)])


def _area_levels(world: World) -> list[str]:
    return [level.id for level in world.profile.levels if level.of == "areas"]


def _with_people(world: World, rows: pd.DataFrame, level: str) -> pd.DataFrame:
    """Return the grids with what their notice cards say."""
    staff = world.tables["staff"]
    own = staff[(staff["of_kind"] == "grid") & staff["of_id"].isin(rows["grid_id"])]
    first = {role: part.drop_duplicates("of_id").set_index("of_id") for role, part in own.groupby("role")}
    blanks = {column: key for (of, key), column in world.tables.get("blanks", {}).items() if of == level}
    rows = rows.assign(duties=DUTIES, supervision_phone=SUPERVISION)
    named = {role: rows["grid_id"].map(first[role]["name"]) for role in ("leader", "member") if role in first}
    phone = rows["grid_id"].map(first["leader"]["phone"]) if "leader" in first else None
    rows = rows.assign(**named, phone=phone)
    return rows.assign(**{column: rows[column].mask(rows["grid_id"] == key, None) for column, key in blanks.items()})


def _units(world: World, degrees: Any) -> bytes | None:
    levels = [level.id for level in world.profile.levels if level.of == "units"]
    if not levels:
        return None
    parts, shapes = [], []
    for level in levels:
        rows = world.subjects[level]
        known = ~rows["leaf"].isin(world.blind).to_numpy()
        drawn = {
            "building": lambda: shapely.polygons(world.settled.buildings),
            "stairwell": lambda: shapely.polygons(world.settled.wells),
        }
        shape = world.tables["shapes"][level] if level in world.tables["shapes"] else drawn[level]()
        grid = world.subjects[world.recipe.finest]["id"].to_numpy(dtype=object)
        inside = grid[world.land.of[world.recipe.finest][rows["leaf"]]] if level != "group" else None
        table = rows[["id", "name", *(name for name in ("class", "party_members") if name in rows)]].rename(
            columns={"id": "unit_id"}
        )
        table = table.assign(grid_id=inside, parent_id=rows["parent"] if level in ("building", "stairwell") else None, kind=level)
        parts.append(table[known])
        shapes.append(shape[known])
    return _collection(pd.concat(parts, ignore_index=True), np.concatenate(shapes), degrees)


def _buildings(world: World, degrees: Any) -> bytes | None:
    number = len(world.settled.buildings)
    if not number:
        return None
    width = len(str(number))
    rows = pd.DataFrame({"building_id": [f"B{k + 1:0{width}d}" for k in range(number)], "kind": "residential"})
    return _collection(rows, shapely.polygons(world.settled.buildings), degrees)


def _roads(world: World, degrees: Any) -> bytes:
    return _collection(world.tables["roads"], world.settled.streets.lines, degrees)


def _households(world: World, degrees: Any) -> bytes:
    frame = world.tables["households"]
    seasons = [name for name in frame if name.startswith("persons_")]
    blank = [name for name in ("unit_id", "staff_id") if frame[name].isna().all()]
    columns = [name for name in HOME_COLUMNS if name not in blank]
    return _table(_located(frame, degrees), [*columns[:4], *seasons, *columns[4:]])


def _facilities(world: World, degrees: Any) -> bytes:
    return _table(_located(world.tables["facilities"], degrees), FACILITY_COLUMNS)


def _events(world: World, degrees: Any) -> bytes:
    return _table(_located(world.tables["events"], degrees), EVENT_COLUMNS)


def _plain(name: str) -> Callable[[World, Any], bytes | None]:
    def made(world: World, degrees: Any) -> bytes | None:
        del degrees
        frame = world.tables.get(name)
        return None if frame is None else _table(frame, frame.columns)

    return made


def _faults(world: World) -> bytes:
    rows = [
        {"kind": fault.kind, "subject_id": fault.subject_id, fault.by[0]: fault.by[1], "what_zh": fault.zh, "what_en": fault.en}
        for fault in world.faults
    ]
    return ("[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]\n").encode()


def _readme(world: World, made: Iterable[str]) -> bytes:
    sizes = [
        f"{level.zh} {level.en}: {len(world.subjects[level.id]):,}"
        for level in world.profile.levels
        if level.id in world.subjects
    ]
    sizes += [f"住户 households: {len(world.tables['households']):,}", f"问题 faults: {len(world.faults):,}", "", *sorted(made)]
    known = {"name": world.profile.name.zh, "seed": world.seed, "profile": world.profile.id, "day": DAY.isoformat()}
    return README.format(**known, sizes="\n".join(sizes)).encode()


MAKERS: dict[str, Callable[[World, Any], bytes | None]] = {
    "areas.geojson": _areas,
    "grids.geojson": _grids,
    "units.geojson": _units,
    "households.csv": _households,
    "facilities.csv": _facilities,
    "roads.geojson": _roads,
    "staff.csv": _plain("staff"),
    "events.csv": _events,
    "grades.csv": _plain("grades"),
    "area_members.csv": _plain("area_members"),
    "buildings.geojson": _buildings,
}
"""How each file is made; one that a place has no need of is None."""
