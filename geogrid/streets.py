"""How good the street data is, and what happens when streets are closed.

Both hold exact small counts, and the effect of a closure holds household rows: for the office only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geogrid.closures import block, kept_places
from geogrid.crs import project
from geogrid.effects import CHANGED_M, compared
from geogrid.findings import KINDS, Limits, street_findings
from geogrid.graph import prepare
from geogrid.io import write_table
from geogrid.modes import require_mode
from geogrid.network import build_network
from geogrid.replacing import PRIVATE_FILE, private_folder, replacing
from geogrid.settings import NOW
from geogrid.totals import offers
from geogrid.town import Placed, Town
from geogrid.usage import by_street, segment_ways, stretches
from geogrid.validity import of_day
from geogrid.words import Text

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd

    from geogrid.results import Placement
    from geogrid.settings import Settings

Bools = npt.NDArray[np.bool_]

WALK = "walk"
PRIVATE = "private"


@dataclass(frozen=True, eq=False)
class StreetReport:
    """How good the street data is, with exact small counts: for the office only. Frames are in the town's projected CRS.

    Attributes
    ----------
    mode : str
        The mode whose streets were examined: walking where any service is reached on foot, else the first service's.
    findings : GeoDataFrame
        See `findings.street_findings`; unused streets are those that no mode in use needs.
    use : GeoDataFrame
        One row per street: road_id, name ("" where it has none), metres, homes, ways (along its busiest stretch, of all
        services), ``ways_<service>``.
    stretches : GeoDataFrame
        The same by stretch and ``mode``, as `usage.stretches` draws them.
    totals : mapping
        streets, street_m, segments, pieces, largest_m (street on the largest piece), dead_ends, blocked_m, households,
        on_street, on_largest, on_blocked, unreached, and the number of findings by kind.
    grids, facilities : GeoDataFrame
        For a map: grid_id and name; facility_id and name.
    services : mapping
        Names of the services whose ways were counted.
    limits : Limits
        From where on something was suspect.
    place : Text
        What the place is called, "" where it has no name.
    notes : tuple of Text
        What was assumed.
    """

    mode: str
    findings: gpd.GeoDataFrame
    use: gpd.GeoDataFrame
    stretches: gpd.GeoDataFrame
    totals: Mapping[str, float]
    grids: gpd.GeoDataFrame
    facilities: gpd.GeoDataFrame
    services: Mapping[str, Text]
    limits: Limits
    place: Text
    notes: tuple[Text, ...]

    @property
    def share_on_largest(self) -> float:
        """Return the share of all households that stand on the largest piece; NaN without households."""
        households = self.totals["households"]
        return self.totals["on_largest"] / households if households else float("nan")

    def write(self, folder: Path) -> list[Path]:
        """Write findings and use as GeoJSON into ``private/`` of a check's folder, readable by their owner alone."""
        private = private_folder(folder / PRIVATE)
        findings = self.findings.assign(road_ids=[";".join(ids) for ids in self.findings["road_ids"]])
        tables = {"street_findings.geojson": findings, "street_use.geojson": self.stretches}
        for name, table in tables.items():
            with replacing(private / name, mode=PRIVATE_FILE) as part:
                write_table(table, part)
        return [private / name for name in tables]


@dataclass(frozen=True, eq=False)
class ClosureEffect:
    """What closing streets does to coverage; household rows, so for the office only.

    Attributes
    ----------
    services : DataFrame
        A row per service: service; households and persons in all; and of both, ``_covered_before``, ``_covered_after``, ``_lost``
        (covered before, not after), ``_no_path`` (had a way before, have none after) and ``_longer``; minutes_added (mean of the
        households that go farther, NaN without any) and most_minutes_added.
    grids : DataFrame
        The same by grid_id and service; households outside all grids under grid_id NA.
    households : DataFrame
        Everyone whose way changes, by service: household_id, grid_id, persons, service, minutes_before, minutes_after,
        minutes_added, facility_before, facility_after, status_before, status_after, change ("no_path", "lost" or "longer").
    closed : GeoDataFrame
        The closed parts of streets: road_id, metres.
    after : Town
        The town with the streets closed, for further questions.
    notes : tuple of Text
        What was assumed, and closures that touch no street.
    """

    services: pd.DataFrame
    grids: pd.DataFrame
    households: pd.DataFrame
    closed: gpd.GeoDataFrame
    after: Town
    notes: tuple[Text, ...]

    @property
    def closed_m(self) -> float:
        """Return the metres of street that are closed."""
        return float(self.closed["metres"].sum())


def network_report(town: Town, *, limits: Limits | None = None) -> StreetReport:
    """Say what looks wrong with a town's streets, and how much each is used.

    Parameters
    ----------
    town : Town
        From `geogrid.check` (``Report.town``) or `town.open_town`.
    limits : Limits, optional
        From where on something is suspect.

    Returns
    -------
    StreetReport
    """
    mode = WALK if WALK in town.placed else next(iter(town.placed))
    placed, limits = town.placed[mode], limits or Limits()
    drawn = pd.concat([_stretches(town, each) for each in town.placed], ignore_index=True)
    use = by_street(drawn)
    findings = street_findings(placed.network, town.roads, town.households, placed.at_home, use=use, limits=limits)
    names = {service: town.settings.profile.services[service].name for service in town.settings.services}
    return StreetReport(
        mode=mode,
        findings=findings,
        use=_named(use, town.roads),
        stretches=_named(drawn, town.roads),
        totals=_totals(placed, findings),
        grids=town.grids[["grid_id", "name", "geometry"]],
        facilities=town.facilities[["facility_id", "name", "geometry"]],
        services=names,
        limits=limits,
        place=_place(town),
        notes=_notes(town, mode),
    )


def _stretches(town: Town, mode: str) -> gpd.GeoDataFrame:
    """Draw one mode's streets by use; services of other modes use none of them."""
    placed, settings = town.placed[mode], town.settings
    none = np.zeros(len(placed.network.tail), dtype=np.int64)
    ways = {service: _ways(town, service) if settings.mode[service] == mode else none for service in settings.services}
    return stretches(placed.network, placed.at_home, ways).assign(mode=mode)


def _named(table: gpd.GeoDataFrame, roads: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Put the streets' names behind their ids."""
    known = roads.dropna(subset="name") if "name" in roads.columns else roads.iloc[:0].assign(name="")
    names = dict(zip(known["road_id"].astype(str).iloc[::-1], known["name"].astype(str).iloc[::-1], strict=True))
    named = table.assign(name=[names.get(road, "") for road in table["road_id"]])
    return named[["road_id", "name", *(column for column in table.columns if column != "road_id")]]


def _ways(town: Town, service: str) -> npt.NDArray[np.int64]:
    placed = town.of(service)
    offering = np.flatnonzero(offers(town.facilities, service, NOW, town.settings))
    ids = town.facilities["facility_id"].to_numpy()[offering]
    return segment_ways(placed.graph, placed.homes, placed.stops.take(offering), facility_ids=ids)


def _totals(placed: Placed, findings: pd.DataFrame) -> dict[str, float]:
    """Count streets and who stands on them."""
    network, home = placed.network, placed.at_home.segment
    blocked = ~(np.isfinite(network.forward_m) | np.isfinite(network.backward_m))
    piece = np.where(blocked, -1, network.component[network.tail])
    on = home >= 0
    degree = np.bincount(np.concatenate([network.tail, network.head]), minlength=len(network.x))
    kinds = findings["kind"].value_counts()
    return {
        "streets": len(np.unique(network.road_id.astype(str))),
        "street_m": float(network.length_m.sum()),
        "segments": len(network.tail),
        "pieces": len(np.unique(piece[piece >= 0])),
        "largest_m": float(network.length_m[piece == 0].sum()),
        "dead_ends": int((degree == 1).sum()),
        "blocked_m": float(network.length_m[blocked].sum()),
        "households": len(home),
        "on_street": int(on.sum()),
        "on_largest": int((piece[home[on]] == 0).sum()),
        "on_blocked": int(blocked[home[on]].sum()),
        "unreached": int((~on).sum()),
        **{kind: int(kinds.get(kind, 0)) for kind in KINDS},
    }


def _place(town: Town) -> Text:
    """Return what the place is called: its one top area, or nothing."""
    tops = [] if town.areas is None else town.areas[town.areas["parent_id"].isna()]["name"].tolist()
    return Text(tops[0], tops[0]) if len(tops) == 1 else Text("", "")


def _notes(town: Town, mode: str) -> tuple[Text, ...]:
    """Say which streets were examined, and that planned facilities were left out."""
    examined = Text(
        "断片、断头和交叉按“{mode}”可用的街道查找；用量按现有设施计算",
        "pieces, near misses and crossings are those of the streets travelled {mode}; use counts existing facilities",
    )
    others = Text("用量还包括：{mode}", "use also counts travel {mode}")
    notes = [_of_modes(examined, [mode])]
    more = [other for other in town.placed if other != mode]
    return (*notes, _of_modes(others, more)) if more else tuple(notes)


def _of_modes(text: Text, modes: list[str]) -> Text:
    """Put the names of modes into a text."""
    names = [require_mode(mode).name for mode in modes]
    return Text(text.zh.format(mode="、".join(n.zh for n in names)), text.en.format(mode=", ".join(n.en for n in names)))


def close(town: Town, closures: gpd.GeoDataFrame, *, width_m: float = 5.0, on: dt.date | None = None) -> ClosureEffect:
    """Close streets, and say who loses what.

    Everybody keeps their place on the streets; who stands on a closed part is cut off. Everything is computed anew on the streets
    as closed.

    Parameters
    ----------
    town : Town
        From `geogrid.check` (``Report.town``) or `town.open_town`. Streets that it has closed already stay closed.
    closures : GeoDataFrame
        Polygons or lines, as `io.read_closures` returns them; in any CRS. See `closures.block` for what they close.
    width_m : float
        How far a line reaches to each side.
    on : date, optional
        The day whose closures count, see `validity.in_force`; today, in the time zone of the town's profile, if not given.

    Returns
    -------
    ClosureEffect

    Raises
    ------
    InputError
        A closure is neither polygon nor line, a date is not one, or the width is not positive.
    CrsError
        The closures have no CRS.
    """
    held, notes = of_day(closures, on, time_zone=town.settings.profile.time_zone)
    here = project(held, town.crs)
    after = _closed_town(town, here, width_m)
    changes = {service: _changes(town, after, service) for service in town.settings.services}
    services = [{"service": s, **_counted(table)} for s, table in changes.items()]
    grids = [
        {"grid_id": grid, "service": service, **_counted(part)}
        for service, table in changes.items()
        for grid, part in table.groupby("grid_id", dropna=False)
    ]
    affected = [table[table["change"] != ""] for table in changes.values()]
    return ClosureEffect(
        services=pd.DataFrame(services),
        grids=pd.DataFrame(grids).sort_values(["grid_id", "service"], ignore_index=True),
        households=pd.concat(affected, ignore_index=True)[list(AFFECTED)],
        closed=_closed_streets(town, after),
        after=after,
        notes=(*notes, *_closure_notes(here, town.roads, width_m)),
    )


AFFECTED = (
    *("household_id", "grid_id", "persons", "service", "minutes_before", "minutes_after", "minutes_added"),
    *("facility_before", "facility_after", "status_before", "status_after", "change"),
)
"""Columns of ``ClosureEffect.households``."""


def _closed_town(town: Town, closures: gpd.GeoDataFrame, width_m: float) -> Town:
    """Return the town with streets closed and everybody where they were."""
    roads = block(town.roads, closures, width_m=width_m)
    placed = {mode: _closed_streets_of(one, roads, town.settings) for mode, one in town.placed.items()}
    return replace(town, roads=roads, placed=placed)


def _closed_streets_of(placed: Placed, roads: gpd.GeoDataFrame, settings: Settings) -> Placed:
    before = placed.network
    network = build_network(roads, mode=before.mode, **settings.paces(before.mode))

    def moved(at: Placement) -> Placement:
        return kept_places(before, network, at)

    return Placed(prepare(network), moved(placed.at_home), moved(placed.at_facility))


def _changes(before: Town, after: Town, service: str) -> pd.DataFrame:
    """Return every household's way to a service before and after, and what changes."""
    table = compared(before, after, service)
    table["minutes_added"] = table["minutes_after"] - table["minutes_before"]
    longer = (table["metres_after"] - table["metres_before"]).to_numpy() > CHANGED_M
    no_path = ((table["reason_before"] == "") & (table["reason_after"] == "no_path")).to_numpy()
    lost = ((table["status_before"] == "covered") & (table["status_after"] != "covered")).to_numpy()
    return table.assign(change=np.select([no_path, lost, longer], ["no_path", "lost", "longer"], ""), longer=longer, lost=lost)


def _counted(table: pd.DataFrame) -> dict[str, Any]:
    """Count households and persons by what happens to them."""
    groups: dict[str, Bools] = {
        "": np.ones(len(table), dtype=bool),
        "_covered_before": (table["status_before"] == "covered").to_numpy(),
        "_covered_after": (table["status_after"] == "covered").to_numpy(),
        "_lost": table["lost"].to_numpy(dtype=bool),
        "_no_path": (table["change"] == "no_path").to_numpy(),
        "_longer": table["longer"].to_numpy(dtype=bool),
    }
    added = table["minutes_added"].to_numpy()[groups["_longer"]]
    persons = table["persons"].to_numpy()
    return {
        **{f"households{name}": int(rows.sum()) for name, rows in groups.items()},
        **{f"persons{name}": int(persons[rows].sum()) for name, rows in groups.items()},
        "minutes_added": float(added.mean()) if len(added) else float("nan"),
        "most_minutes_added": float(added.max()) if len(added) else float("nan"),
    }


def _closed_streets(before: Town, after: Town) -> gpd.GeoDataFrame:
    """Return the parts of streets that were open and are closed now."""
    blocked = after.roads[after.roads["blocked"].to_numpy(dtype=bool)]
    if "blocked" in before.roads.columns:
        earlier = before.roads[before.roads["blocked"].eq(True).to_numpy(dtype=bool)]  # noqa: FBT003
        blocked = blocked[~blocked.geometry.to_wkb().isin(earlier.geometry.to_wkb()).to_numpy(dtype=bool)]
    table = blocked[["road_id", "geometry"]].reset_index(drop=True)
    return table.assign(metres=table.geometry.length)[["road_id", "metres", "geometry"]]


def _closure_notes(closures: gpd.GeoDataFrame, roads: gpd.GeoDataFrame, width_m: float) -> tuple[Text, ...]:
    """Say how wide lines count, and how many closures touch no street."""
    notes = []
    if "blocked" in roads.columns and roads["blocked"].eq(True).any():  # noqa: FBT003
        notes.append(Text("检查时已封闭的街道不再计入", "streets that the check had closed already are not counted again"))
    lines = closures.geom_type.str.contains("Line")
    if lines.any():
        notes.append(Text("线状封闭按两侧各 {w:g} 米计", "closures drawn as lines count {w:g} m to each side").fill(w=width_m))
    areas = closures.geometry.copy()
    areas[lines] = closures.geometry[lines].buffer(width_m, cap_style="flat")
    found = np.unique(roads.sindex.query(areas.to_numpy(), predicate="intersects")[0])
    if len(found) < len(closures):
        text = Text("{n} 处封闭不涉及任何街道；请检查位置和坐标系", "{n} closures touch no street; check their place and CRS")
        notes.append(text.fill(n=len(closures) - len(found)))
    return tuple(notes)
