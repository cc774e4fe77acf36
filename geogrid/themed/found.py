"""Themes of what was found: places in no grid, and the matters that residents reported.

Both are told to the public as `geogrid.blindspots.public_spots` and `geogrid.matters.public_matters` let them through.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geogrid.blindspots import public_spots
from geogrid.crs import to_wgs84
from geogrid.matters import ALL, NOWHERE, TOTAL
from geogrid.profileparts import THEMES
from geogrid.themecolours import COLOURS
from geogrid.themed.parts import SHOWN, WITHHELD, framed, joined, layer, named, shown, worst_first
from geogrid.themes import Theme, ThemeClass
from geogrid.words import Text

if TYPE_CHECKING:
    import numpy.typing as npt

    from geogrid.themed.stage import Stage

    Floats = npt.NDArray[np.float64]

IN_GRID = ThemeClass("grid", Text("网格", "grids"), COLOURS["improving"], is_beside=True)
BUILDINGS = ThemeClass("buildings", Text("盲区：只有建筑", "blind spot: buildings only"), COLOURS["planned"])
PEOPLE = ThemeClass("people", Text("盲区：有住户不在任何网格", "blind spot: households in no grid"), COLOURS["missing"])
SPOT = Text(
    "{households:,} 户，{persons:,} 人，{buildings:,} 栋建筑",
    "{households:,} households, {persons:,} persons, {buildings:,} buildings",
)
NEAREST = Text(
    "划入 {distance:,.0f} 米外的网格 {grid}，或设立新网格", "put it into grid {grid}, {distance:,.0f} m away, or draw a new grid"
)
PUBLIC_NEAREST = Text("划入网格", "to be put into a grid")
ABOUT = {
    "households": Text("约 {n:,} 户", "about {n:,} households"),
    "persons": Text("约 {n:,} 人", "about {n:,} persons"),
    "buildings": Text("约 {n:,} 栋建筑", "about {n:,} buildings"),
}
SPOT_UNITS = Text("涉及 {names}", "touching {names}")
SPOTS_NOTE = Text(
    "不在任何网格的住户和建筑，相距 {metres:g} 米以内的算一处，画成 100 米方格",
    "Households and buildings in no grid; those within {metres:g} m of each other are one spot, drawn in squares of 100 m",
)
SPOT_COUNT = Text(
    "{n:,} 处盲区：{households:,} 户，{persons:,} 人，{buildings:,} 栋建筑",
    "{n:,} blind spots: {households:,} households, {persons:,} persons, {buildings:,} buildings",
)
PUBLIC_COUNT = Text("画出 {n:,} 处盲区", "{n:,} blind spots are drawn")
NO_SPOTS = Text("没有盲区：住户和建筑都在网格之内", "no blind spots: all households and buildings lie in grids")


def blind_spots(stage: Stage, is_public: bool) -> Theme | None:  # noqa: FBT001 - a row of the registry
    """Return the places in no grid over the grids; none of them is no reason to leave the map out."""
    spots = _public_rows(stage) if is_public else _office_rows(stage)
    grids = stage.grids[["id", "name", "geometry"]]
    rows = gpd.GeoDataFrame(
        pd.concat([spots[["id", "name", "geometry"]], grids], ignore_index=True), geometry="geometry", crs="EPSG:4326"
    )
    nothing = [None] * len(grids)
    keys = [*spots["key"], *[IN_GRID.key] * len(grids)]
    frame = framed(rows, {"now": shown(keys, [*spots["value"], *nothing], [*spots["advice"], *nothing])})
    note = SPOTS_NOTE.fill(metres=stage.profile.gap_distance_m)
    legend = (IN_GRID, BUILDINGS, PEOPLE)
    facts = (_spot_count(stage, spots, is_public=is_public),)
    return layer(stage, "blind_spots", frame, legend, name=THEMES["blind_spots"], note=note, facts=facts, is_public=is_public)


def _office_rows(stage: Stage) -> gpd.GeoDataFrame:
    spots = stage.spots.reset_index(drop=True)
    grids = dict(zip(stage.grids["id"], stage.grids["name"], strict=True))
    known = spots[["households", "persons", "buildings"]].astype("Int64").fillna(0).astype(int)
    said = [SPOT.fill(**row) for row in known.to_dict("records")]
    units = [
        SPOT_UNITS.fill(names=named(names).zh)._replace(en=SPOT_UNITS.en.format(names=named(names).en)) if names else None
        for names in spots["units"]
    ]
    advice = [
        None if pd.isna(grid) else NEAREST.fill(grid=grids.get(grid, grid), distance=distance)
        for grid, distance in zip(spots["nearest_grid_id"], spots["distance_m"], strict=True)
    ]
    return _spot_rows(spots, [joined(pair) for pair in zip(said, units, strict=True)], advice)


def _public_rows(stage: Stage) -> gpd.GeoDataFrame:
    """Return the spots that the public may see, with counts where these are not withheld."""
    homes = stage.facts.households
    placed = {int(row) for rows in stage.spots["household_rows"] for row in rows}
    unplaced = int(homes["grid_id"].isna().sum()) - len(placed)
    spots = public_spots(stage.spots, threshold=stage.threshold, unplaced=unplaced)
    spots = spots[spots.geometry.notna()].reset_index(drop=True)
    said = [
        joined((ABOUT[key].fill(n=int(row[key])) for key in ABOUT if pd.notna(row[key]) and row[key] > 0), "，", ", ")
        for row in spots[list(ABOUT)].to_dict("records")
    ]
    return _spot_rows(spots, said, [PUBLIC_NEAREST] * len(spots))


def _spot_rows(spots: gpd.GeoDataFrame, values: list[Text | None], advice: list[Any]) -> gpd.GeoDataFrame:
    """Return spots as rows to draw; of a withheld count it is known that there are people."""
    is_empty = (spots["households"] == 0).fillna(value=False).to_numpy(dtype=bool)
    names = [f"盲区 {i + 1}" for i in range(len(spots))]
    table = {"id": spots["spot_id"], "name": names, "key": np.where(is_empty, BUILDINGS.key, PEOPLE.key)}
    texts = {"value": pd.Series(values, dtype=object), "advice": pd.Series(advice, dtype=object)}
    return to_wgs84(gpd.GeoDataFrame({**table, **texts}, geometry=spots.geometry.to_numpy(), crs=spots.crs))


def _spot_count(stage: Stage, spots: gpd.GeoDataFrame, *, is_public: bool) -> Text:
    if not len(stage.spots):
        return NO_SPOTS
    if is_public:
        return PUBLIC_COUNT.fill(n=len(spots))
    sums = {key: int(stage.spots[key].astype("Int64").fillna(0).sum()) for key in ABOUT}
    return SPOT_COUNT.fill(n=len(spots), **sums)


# Matters

NONE = ThemeClass("none", Text("没有", "none"), COLOURS["nothing"])
STEPS = ("grade_2", "upgrading", "built")
"""Colours of few, more and most matters."""

RANGE = Text("{low:,}—{high:,} 件", "{low:,} to {high:,}")
ONE = Text("{low:,} 件", "{low:,}")
MATTERS = Text("{n:,} 件", "{n:,} matters")
OPEN = Text("未办结 {n:,} 件", "{n:,} open")
OVERDUE = Text("超期 {n:,} 件，尽快办结", "{n:,} overdue: settle them")
MATTERS_NOTE = Text(
    "居民反映的事项，全部时间累计；事项归入所在网格", "Matters that residents reported, over all time, in the grid they lie in"
)
ALL_MATTERS = Text(
    "共 {n:,} 件，未办结 {open:,} 件，其中超期 {overdue:,} 件", "{n:,} matters, {open:,} open, of which {overdue:,} overdue"
)
PUBLIC_MATTERS = Text("共 {n:,} 件", "{n:,} matters")
UNPLACED = Text("{n:,} 件不在任何网格", "{n:,} in no grid")
KIND = Text("{name} {n:,} 件", "{name}: {n:,}")


def matters(stage: Stage, is_public: bool) -> Theme | None:  # noqa: FBT001 - a row of the registry
    """Return how many matters each grid had; for the public the smallest places of which most can be shown."""
    if stage.matters.missing is not None:
        return None
    rows, numbers = _public_places(stage) if is_public else _office_places(stage)
    legend, keys = _quantities(numbers)
    values = [None if np.isnan(n) else MATTERS.fill(n=int(n)) for n in numbers]
    advice, order = (None, None) if is_public else _open(stage, rows)
    frame = framed(rows, {"now": shown(keys, values, advice)}, order)
    facts = tuple(_public_facts(stage) if is_public else _office_facts(stage))
    said = {"name": THEMES["matters"], "note": MATTERS_NOTE, "facts": facts, "is_public": is_public}
    return layer(stage, "matters", frame, (NONE, *legend, WITHHELD), **said)


def _office_places(stage: Stage) -> tuple[gpd.GeoDataFrame, Floats]:
    counts = stage.matters.grids.set_index("grid_id")["matters"]
    return stage.grids, counts.reindex(stage.grids["id"]).fillna(0).to_numpy(dtype=float)


def _public_places(stage: Stage) -> tuple[gpd.GeoDataFrame, Floats]:
    """Return the smallest places of which most are shown with all their matters, and these; NaN where withheld."""
    table = stage.matters.public
    known = table[(table["kind"] == ALL) & (table["level"] != TOTAL)].set_index("id")["matters"]
    above = [stage.rows(level.id) for level in reversed(stage.lands) if level.id != stage.finest]
    for rows in (stage.grids, *above):
        numbers = known.reindex(rows["id"]).to_numpy(dtype=float, na_value=np.nan)
        if len(rows) and (~np.isnan(numbers)).mean() >= SHOWN:
            return rows, numbers
    return rows, numbers


def _quantities(numbers: Floats) -> tuple[list[ThemeClass], list[str | None]]:
    """Return classes of about equally many places with matters, and the class of each place."""
    some = np.sort(numbers[numbers > 0])
    ends = np.unique(np.quantile(some, [1 / 3, 2 / 3, 1], method="inverted_cdf")) if len(some) else np.zeros(0)
    colours = STEPS[len(STEPS) - len(ends) :]
    lows = [some[0], *(some[some > end][0] for end in ends[:-1])] if len(some) else []
    legend = [
        ThemeClass(f"many_{i + 1}", (ONE if low == high else RANGE).fill(low=int(low), high=int(high)), COLOURS[colour])
        for i, (low, high, colour) in enumerate(zip(lows, ends, colours, strict=True))
    ]
    of = np.searchsorted(ends, np.nan_to_num(numbers))
    keys: list[str | None] = [
        WITHHELD.key if np.isnan(n) else NONE.key if n == 0 else legend[k].key for n, k in zip(numbers, of, strict=True)
    ]
    return legend, keys


def _open(stage: Stage, rows: gpd.GeoDataFrame) -> tuple[list[Text | None], Any]:
    """Say how many matters are open and overdue in each grid; those with most overdue ones first."""
    counts = stage.matters.grids.set_index("grid_id")[["open", "overdue"]].reindex(rows["id"]).fillna(0).astype(int)
    advice = [
        joined([OPEN.fill(n=n) if n else None, OVERDUE.fill(n=late) if late else None], "，", ", ")
        for n, late in counts.itertuples(index=False)
    ]
    weight = counts["overdue"].to_numpy(dtype=float) + counts["open"].to_numpy(dtype=float) / (1 + counts["open"].sum())
    return advice, worst_first([None] * len(rows), weight, first=())


def _office_facts(stage: Stage) -> list[Text]:
    kinds, lost = stage.matters.kinds, int((stage.matters.events["placed_by"] == NOWHERE).sum())
    sums = {key: int(kinds[each].sum()) for key, each in (("n", "matters"), ("open", "open"), ("overdue", "overdue"))}
    facts = [ALL_MATTERS.fill(**sums), *([UNPLACED.fill(n=lost)] if lost else [])]
    some = kinds[kinds["matters"] > 0].sort_values("matters", ascending=False, kind="stable")
    return [*facts, *(_kind(name, n) for name, n in zip(some["name"], some["matters"], strict=True))]


def _public_facts(stage: Stage) -> list[Text]:
    table = stage.matters.public
    whole = table[(table["level"] == TOTAL) & table["matters"].notna()]
    return [
        PUBLIC_MATTERS.fill(n=int(n)) if kind == ALL else _kind(name, int(n))
        for kind, name, n in zip(whole["kind"], whole["kind_name"], whole["matters"], strict=True)
        if n > 0
    ]


def _kind(name: Text, n: int) -> Text:
    return Text(KIND.zh.format(name=name.zh, n=n), KIND.en.format(name=name.en, n=n))
