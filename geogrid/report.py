"""The check, end to end: the only place that knows the order of the steps.

Files or frames go in; one `Report` comes out. The steps know nothing of one another.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
import pandas as pd

from geogrid.assign import assign
from geogrid.clock import Clock
from geogrid.coverage import all_at_once, cover
from geogrid.gaps import coverage_gaps, name_facilities
from geogrid.hierarchy import TOTAL, Hierarchy, hierarchy
from geogrid.inputs import Inputs, read_inputs
from geogrid.labels import CODES
from geogrid.network import build_network
from geogrid.outputs import write_private, write_public
from geogrid.publish import gaps_to_publish, publish
from geogrid.radius import service_radii
from geogrid.settings import ALL, LATER, NOW, Options, Settings, settle
from geogrid.topology import check_tiling
from geogrid.totals import STATUS_PREFIX, coverage_over, offers, small_tables
from geogrid.travel import nearest_facility, snap_to_streets
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import numpy.typing as npt

    from geogrid.inputs import Given
    from geogrid.privacy import PublicReport
    from geogrid.results import Gaps, Network, Placement, Tiling
    from geogrid.words import Lang

    Trips = Mapping[tuple[str, str], pd.DataFrame]

STEPS: tuple[tuple[str, Text], ...] = (
    ("read", Text("读取文件", "Reading files")),
    ("datum", Text("核对坐标基准", "Checking the datum")),
    ("tiling", Text("检查网格边界", "Checking the tiling")),
    ("assign", Text("住户与设施归入网格", "Assigning to grids")),
    ("streets", Text("搭建步行路网", "Building the street network")),
    ("snap", Text("住户与设施落到街道", "Placing points on streets")),
    ("travel", Text("计算步行时间", "Computing travel times")),
    ("coverage", Text("统计覆盖情况", "Counting coverage")),
    ("gaps", Text("查找覆盖缺口", "Finding coverage gaps")),
)
"""Steps in order, with what a progress bar calls them; ``check`` tells each to ``progress``."""


@dataclass(frozen=True, eq=False)
class Report:
    """The result of a check, exact and with household rows: for the office only.

    ``public`` is what may leave it. Frames are in the projected CRS of ``inputs.crs``.

    Attributes
    ----------
    settings, inputs : Settings, Inputs
        What was asked and what was read.
    households, facilities : GeoDataFrame
        With ``grid_id`` (NA outside all grids), ``street_m`` (straight leg to the street) and, for households and each service,
        ``minutes_<s>``, ``facility_<s>``, ``status_<s>`` and ``status_later_<s>``.
    place : Hierarchy
        Total, areas and grids as a tree.
    coverage : DataFrame
        One row per node, service and when; columns as in `privacy.public_coverage`.
    tiling, gaps
        Results of their steps.
    radii : GeoDataFrame
        Straight-line service areas.
    tables : mapping of DataFrame
        Smaller tables: facilities, facilities_by_grid, sensitivity, radius, disagreements.
    seconds : mapping
        Seconds per step.
    """

    settings: Settings
    inputs: Inputs
    households: gpd.GeoDataFrame
    facilities: gpd.GeoDataFrame
    place: Hierarchy
    coverage: pd.DataFrame
    tiling: Tiling
    gaps: Gaps
    radii: gpd.GeoDataFrame
    tables: Mapping[str, pd.DataFrame]
    seconds: Mapping[str, float]

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
        """Return the households too far from every street to be measured; ``street_m`` says how far."""
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
    inputs = read_inputs({k: v for k, v in given.items() if v is not None}, options, clock)
    settings = settle(options, offered=sorted({s for row in inputs["facilities"]["services"] for s in row}))
    profile = settings.profile
    with clock.step("tiling"):
        tiling = check_tiling(
            inputs["grids"],
            inputs.to_be_tiled(),
            sliver_width_m=profile.sliver_width_m,
            defect_width_m=profile.defect_width_m,
        )
    with clock.step("assign"):  # in degrees, where a point that the file puts on a border still lies on it
        located = assign(inputs.original("households"), inputs.original("grids"))
        facility_grid = assign(inputs.original("facilities"), inputs.original("grids")).grid_id
    with clock.step("streets"):
        network = build_network(inputs["roads"])
    with clock.step("snap"):
        at_home = snap_to_streets(inputs["households"], network, max_snap_m=settings.max_snap_m)
        at_facility = snap_to_streets(inputs["facilities"], network, max_snap_m=settings.max_snap_m)
    households = _on_street(inputs["households"].assign(grid_id=located.grid_id, on_border=located.on_border), at_home)
    facilities = _on_street(inputs["facilities"].assign(grid_id=facility_grid), at_facility)
    trips = _trips(network, (at_home, at_facility), facilities, settings, clock)
    with clock.step("coverage"):
        households = _with_trips(households, facilities, trips, settings)
        place = hierarchy(inputs["grids"], inputs.get("areas"))
        coverage = coverage_over(households, place, settings)
        radii = service_radii(facilities, settings.radius_m)
        tables = {**small_tables(households, facilities, radii, trips, settings), "disagreements": located.disagreements}
    with clock.step("gaps"):
        gaps = _gaps(network, at_home, households, facilities, trips, settings)
    return Report(settings, inputs, households, facilities, place, coverage, tiling, gaps, radii, tables, clock.seconds)


def _on_street(points: gpd.GeoDataFrame, placement: Placement) -> gpd.GeoDataFrame:
    """Write down how far each point is from its street."""
    return points.assign(street_m=np.round(placement.leg_m, 3), unreached=placement.unreached)


def _trips(
    network: Network, placed: tuple[Placement, Placement], facilities: gpd.GeoDataFrame, settings: Settings, clock: Clock
) -> Trips:
    """Find every household's nearest facility, for each service, now and with what is planned."""
    at_home, at_facility = placed
    trips: dict[tuple[str, str], pd.DataFrame] = {}
    with clock.step("travel") as tell:
        for number, service in enumerate(settings.services):
            for when in (NOW, LATER):
                offering = np.flatnonzero(offers(facilities, service, when, settings))
                if when == LATER and len(offering) == len(np.flatnonzero(offers(facilities, service, NOW, settings))):
                    trips[service, when] = trips[service, NOW]
                    continue
                nearest = nearest_facility(
                    network,
                    at_home,
                    _only(at_facility, offering),
                    facility_ids=facilities["facility_id"].to_numpy()[offering],
                    speed_kmh=settings.speed_kmh,
                )
                trips[service, when] = _whole_positions(nearest, offering)
            tell((number + 1) / len(settings.services))
    return trips


def _whole_positions(nearest: pd.DataFrame, offering: npt.NDArray[np.int64]) -> pd.DataFrame:
    """Turn positions among the facilities that offer a service into positions among all; -1 stays."""
    position = nearest["facility"].to_numpy()
    return nearest.assign(facility=np.where(position >= 0, np.append(offering, -1)[position], -1))


def _only(placement: Placement, rows: npt.NDArray[np.int64]) -> Placement:
    return replace(placement, segment=placement.segment[rows], along_m=placement.along_m[rows], leg_m=placement.leg_m[rows])


def _with_trips(households: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame, trips: Trips, settings: Settings) -> gpd.GeoDataFrame:
    """Write minutes, nearest facility and status of every service beside each household."""
    ids = np.array([*facilities["facility_id"], None], dtype=object)
    columns: dict[str, Any] = {}
    for service in settings.services:
        now = trips[service, NOW]
        columns[f"minutes_{service}"] = now["minutes"].to_numpy()
        columns[f"facility_{service}"] = pd.Categorical(ids[now["facility"].to_numpy()])
    for when, prefix in STATUS_PREFIX.items():
        limits = {s: {"cutoff_min": settings.cutoff_min[s], "speed_kmh": settings.speed_kmh} for s in settings.services}
        statuses = pd.DataFrame({s: cover(trips[s, when], **limits[s]) for s in settings.services})
        statuses[ALL] = all_at_once(statuses)
        columns |= {f"{prefix}{s}": statuses[s].set_axis(households.index) for s in statuses}
    return households.assign(**columns)


def _gaps(
    network: Network,
    at_home: Placement,
    households: gpd.GeoDataFrame,
    facilities: gpd.GeoDataFrame,
    trips: Trips,
    settings: Settings,
) -> Gaps:
    """Group the uncovered households of every service; of those inside grids, so that gaps add up to what the tables count."""
    inside = np.flatnonzero(households["grid_id"].notna())
    homes = households.iloc[inside]
    nearest = {
        s: name_facilities(trips[s, NOW].iloc[inside], facilities).assign(status=homes[f"status_{s}"].to_numpy())
        for s in settings.services
    }
    return coverage_gaps(network, _only(at_home, inside), homes, nearest, distance_m=settings.profile.gap_distance_m)
