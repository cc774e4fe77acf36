"""The check, end to end: the only place that knows the order of the steps.

Files or frames go in; one `Report` comes out. The steps know nothing of one another.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
import pandas as pd

from geogrid.assign import assign
from geogrid.clock import Clock
from geogrid.coverage import all_at_once, cover
from geogrid.gaps import coverage_gaps, merged, name_facilities
from geogrid.hierarchy import TOTAL, Hierarchy, hierarchy
from geogrid.inputs import PLACE_TABLES, read_inputs
from geogrid.labels import CODES
from geogrid.outputs import write_private, write_public
from geogrid.placefacts import facts_of
from geogrid.placereport import place_report
from geogrid.publish import gaps_to_publish, publish
from geogrid.radius import service_radii
from geogrid.saved import Shelf
from geogrid.seasonreport import season_tables
from geogrid.settings import ALL, LATER, NOW, Options, Settings, settle
from geogrid.streetwork import ADDED, CLOSURES, as_used
from geogrid.themed.stage import staged
from geogrid.topology import check_tiling
from geogrid.totals import STATUS_PREFIX, coverage_over, offers, small_tables
from geogrid.town import Town, place_all, streets_by_mode, trips

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    import numpy.typing as npt

    from geogrid.inputs import Given, Inputs
    from geogrid.privacy import PublicReport
    from geogrid.results import Assignment, Gaps, Placement, Tiling
    from geogrid.themed.stage import Stage
    from geogrid.town import Placed
    from geogrid.words import Lang, Text

    Trips = Mapping[tuple[str, str], pd.DataFrame]


@dataclass(frozen=True, eq=False)
class Report:
    """The result of a check, exact and with household rows: for the office only.

    ``public`` is what may leave it. Frames are in the projected CRS of ``inputs.crs``.

    Attributes
    ----------
    settings, inputs : Settings, Inputs
        What was asked and what was read.
    town : Town
        Everybody on the streets of each mode in use: what later questions about travel take.
    households, facilities : GeoDataFrame
        With ``grid_id`` (NA outside all grids), ``street_m`` (straight leg to the street; the longest of the modes in use) and,
        for households and each service, ``minutes_<s>``, ``facility_<s>``, ``status_<s>`` and ``status_later_<s>``.
    place : Hierarchy
        Total, areas and grids as a tree.
    coverage : DataFrame
        One row per node, service and when; columns as in `privacy.public_coverage`.
    tiling, gaps
        Results of their steps.
    radii : GeoDataFrame
        Straight-line service areas.
    tables : mapping of DataFrame
        Smaller tables: facilities, facilities_by_grid, sensitivity, radius, disagreements; seasons and seasons_by_grid where the
        households' file counts people by season.
    seconds : mapping
        Seconds per step.
    reused : tuple of str
        What was not made anew but taken from the folder ``saved``: keys of networks (``network-…``) and places (``places-…``).
    remarks : tuple of Text
        What the office should know about that folder: files that were damaged, or could not be saved.
    """

    settings: Settings
    inputs: Inputs
    town: Town
    households: gpd.GeoDataFrame
    facilities: gpd.GeoDataFrame
    place: Hierarchy
    coverage: pd.DataFrame
    tiling: Tiling
    gaps: Gaps
    radii: gpd.GeoDataFrame
    tables: Mapping[str, pd.DataFrame]
    seconds: Mapping[str, float]
    reused: tuple[str, ...] = ()
    remarks: tuple[Text, ...] = ()

    @cached_property
    def public(self) -> PublicReport:
        """Return what may leave the office."""
        return publish(self)

    @cached_property
    def public_gaps(self) -> gpd.GeoDataFrame:
        """Return the gaps as published, on the index of ``gaps.table``."""
        return gaps_to_publish(self)

    def write(self, folder: str | Path, *, lang: Lang = "zh") -> list[Path]:
        """Write the data files of a check's folder; household rows go to ``private/`` inside it.

        Parameters
        ----------
        folder : path
            Made when it does not exist; files of the same names are replaced.
        lang : "zh" or "en"
            Language of the workbooks.

        Returns
        -------
        list of Path
            What was written.
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        return [*write_public(self.public, folder, lang=lang), *write_private(self, folder, lang=lang)]

    @cached_property
    def place_report(self) -> Stage:
        """Return the place held against its profile: standards, levels, staff, matters, grades, blind spots.

        As a stage, so that the public report and the maps work out once what the public may be told.
        """
        return staged(place_report(facts_of(self)))

    @property
    def inside(self) -> int:
        """Return how many households lie in a grid: those that the tables count."""
        return int(self.households["grid_id"].notna().sum())

    @property
    def outside(self) -> gpd.GeoDataFrame:
        """Return the households that lie in no grid."""
        return self.households[self.households["grid_id"].isna()]

    @property
    def unreached(self) -> gpd.GeoDataFrame:
        """Return the households too far from every street of a mode in use to be measured; ``street_m`` says how far."""
        return self.households[self.households["unreached"]]

    @property
    def rejected(self) -> pd.DataFrame:
        """Return every rejected row of every table, once per problem."""
        return pd.concat([r.rejected for r in self.inputs.read.values()], ignore_index=True)

    def _repr_html_(self) -> str:
        """Show the covered share of every service in a notebook, in both languages."""
        names = {s: spec.name for s, spec in self.settings.profile.services.items()} | {ALL: CODES[ALL]}
        totals = self.coverage[self.coverage["level"] == TOTAL]
        covered = dict(zip(zip(totals["service"], totals["when"], strict=True), totals["households_covered"], strict=True))
        rows = [
            (*names[s], f"{covered[s, NOW]:,}", *(f"{covered[s, when] / max(self.inside, 1):.1%}" for when in (NOW, LATER)))
            for s in (*self.settings.services, ALL)
        ]
        titles = ["服务", "service", "覆盖户数 covered", "覆盖率 share", "规划建成后 with planned"]
        return str(pd.DataFrame(rows, columns=titles).to_html(index=False))


def check(
    *,
    grids: Given,
    households: Given,
    facilities: Given,
    roads: Given,
    areas: Given | None = None,
    units: Given | None = None,
    **options: Unpack[Options],
) -> Report:
    """Check a town: its tiling, who is in which grid, and who reaches which service on foot.

    Parameters
    ----------
    grids, households, facilities, roads, areas, units : path or GeoDataFrame
        Files in any accepted format, or frames with the canonical columns.
    **options : Options
        See `settings.Options`.

    Returns
    -------
    Report

    Raises
    ------
    InputError
        If a file cannot be used as a whole; single bad rows are in ``Report.rejected`` instead.

    Examples
    --------
    >>> import geogrid
    >>> sample = geogrid.data_dir() / "sample"
    >>> report = geogrid.check(
    ...     grids=sample / "grids.geojson",
    ...     households=sample / "households.csv",
    ...     facilities=sample / "facilities.csv",
    ...     roads=sample / "roads.geojson",
    ...     areas=sample / "areas.geojson",
    ...     services=["medical"],
    ... )
    >>> len(report.outside)
    0
    """
    clock = Clock(options.get("progress"))
    given = {"grids": grids, "households": households, "facilities": facilities, "roads": roads, "areas": areas, "units": units}
    given |= {table: options.get(table) for table in PLACE_TABLES}
    given |= {ADDED: options.get("add_streets"), CLOSURES: options.get("closures")}
    inputs = read_inputs({k: v for k, v in given.items() if v is not None}, options, clock)
    settings = settle(options, offered=sorted({s for row in inputs["facilities"]["services"] for s in row}))
    shelf = Shelf(settings.saved)
    with clock.step("tiling"):
        tiling = _tiling(inputs, settings)
    with clock.step("assign"):  # in degrees, where a point that the file puts on a border still lies on it
        located = assign(inputs.original("households"), inputs.original("grids"))
        facility_grid = assign(inputs.original("facilities"), inputs.original("grids")).grid_id
    with clock.step("streets"):
        inputs = as_used(inputs, settings)
        streets = streets_by_mode(inputs["roads"], settings, shelf)
    with clock.step("snap"):
        placed = place_all(streets, inputs["households"], inputs["facilities"], max_snap_m=settings.max_snap_m, shelf=shelf)
    town = _town(inputs, settings, (located, facility_grid), placed)
    nearest = _trips(town, clock)
    with clock.step("coverage"):
        homes, places = _homes_on_street(town), _facilities_on_street(town)
        homes = _with_trips(homes, places, nearest, settings)
        place = hierarchy(inputs["grids"], inputs.get("areas"))
        coverage = coverage_over(homes, place, settings)
        radii = service_radii(places, settings.radius_m)
        tables = small_tables(homes, places, radii, nearest, settings) | season_tables(homes, settings)
    with clock.step("gaps"):
        gaps = _gaps(town, homes, nearest)
    tables |= {"disagreements": located.disagreements}
    return Report(settings, inputs, town, homes, places, place, coverage, tiling, gaps, radii, tables, clock.seconds, *shelf.told)


def _tiling(inputs: Inputs, settings: Settings) -> Tiling:
    profile = settings.profile
    return check_tiling(
        inputs["grids"], inputs.to_be_tiled(), sliver_width_m=profile.sliver_width_m, defect_width_m=profile.defect_width_m
    )


def _town(inputs: Inputs, settings: Settings, located: tuple[Assignment, pd.Series], placed: Mapping[str, Placed]) -> Town:
    homes, facility_grid = located
    return Town(
        settings=settings,
        crs=inputs.crs,
        grids=inputs["grids"],
        areas=inputs.get("areas"),
        units=inputs.get("units"),
        households=inputs["households"].assign(grid_id=homes.grid_id, on_border=homes.on_border),
        facilities=inputs["facilities"].assign(grid_id=facility_grid),
        roads=inputs["roads"],
        placed=placed,
    )


def _homes_on_street(town: Town) -> gpd.GeoDataFrame:
    """Write down how far each household is from its street, of the modes in use the farthest."""
    at = [placed.at_home for placed in town.placed.values()]
    return _on_street(town.households, at, np.ones((len(at), len(town.households)), dtype=bool))


def _facilities_on_street(town: Town) -> gpd.GeoDataFrame:
    """Write down how far each facility is from its street, of the modes by which its services are reached the farthest."""
    modes = [{s for s in town.settings.services if town.settings.mode[s] == mode} for mode in town.placed]
    asked = np.array([[not services.isdisjoint(row) for row in town.facilities["services"]] for services in modes], dtype=bool)
    asked |= ~asked.any(axis=0)
    return _on_street(town.facilities, [placed.at_facility for placed in town.placed.values()], asked)


def _on_street(points: gpd.GeoDataFrame, placements: Sequence[Placement], asked: npt.NDArray[np.bool_]) -> gpd.GeoDataFrame:
    """Write down the longest leg, and whether a point is unreached, over the modes (rows) that are asked for each point."""
    legs = np.where(asked, [placement.leg_m for placement in placements], -np.inf).max(axis=0)
    lost = (asked & np.array([placement.unreached for placement in placements])).any(axis=0)
    return points.assign(street_m=np.round(legs, 3), unreached=lost)


def _trips(town: Town, clock: Clock) -> Trips:
    """Find every household's nearest facility, for each service, now and with what is planned."""
    settings = town.settings
    nearest: dict[tuple[str, str], pd.DataFrame] = {}
    with clock.step("travel") as tell:
        for number, service in enumerate(settings.services):
            counting = {when: offers(town.facilities, service, when, settings) for when in (NOW, LATER)}
            nearest[service, NOW] = trips(town, service, NOW)
            same = bool((counting[NOW] == counting[LATER]).all())
            nearest[service, LATER] = nearest[service, NOW] if same else trips(town, service, LATER)
            tell((number + 1) / len(settings.services))
    return nearest


def _with_trips(
    households: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame, nearest: Trips, settings: Settings
) -> gpd.GeoDataFrame:
    """Write minutes, nearest facility and status of every service beside each household."""
    ids = np.array([*facilities["facility_id"], None], dtype=object)
    columns: dict[str, Any] = {}
    for service in settings.services:
        now = nearest[service, NOW]
        columns[f"minutes_{service}"] = now["minutes"].to_numpy()
        columns[f"facility_{service}"] = pd.Categorical(ids[now["facility"].to_numpy()])
    limits = {s: {"cutoff_min": settings.cutoff_min[s], "speed_kmh": settings.speed_kmh[s]} for s in settings.services}
    for when, prefix in STATUS_PREFIX.items():
        statuses = pd.DataFrame({s: cover(nearest[s, when], **limits[s]) for s in settings.services})
        statuses[ALL] = all_at_once(statuses)
        columns |= {f"{prefix}{s}": statuses[s].set_axis(households.index) for s in statuses}
    return households.assign(**columns)


def _gaps(town: Town, households: gpd.GeoDataFrame, nearest: Trips) -> Gaps:
    """Group the uncovered households of every service along the streets of its mode.

    Only those inside grids, so that gaps add up to what the tables count.
    """
    inside = np.flatnonzero(households["grid_id"].notna())
    homes, settings = households.iloc[inside], town.settings
    found = []
    for mode, placed in town.placed.items():
        known = {
            s: name_facilities(nearest[s, NOW].iloc[inside], town.facilities).assign(status=homes[f"status_{s}"].to_numpy())
            for s in settings.services
            if settings.mode[s] == mode
        }
        at = placed.at_home.take(inside)
        found.append(coverage_gaps(placed.network, at, homes, known, distance_m=settings.profile.gap_distance_m))
    return merged(found, settings.services)
