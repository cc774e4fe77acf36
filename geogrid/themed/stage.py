"""What all makers of themes draw on: a place's report with what several themes need, each worked out once.

What the public may be told of people is decided here and nowhere else:

1. Counts of households, and shares of them that a service covers, are told only where `geogrid.privacy` lets the same counts
   through for the public report: this module asks it with the same tree and the same services, so that a theme is a function of
   counts that are public already and adds nothing to them. A theme shows even of these only classes, 20 points of a share wide
   (10 at the top), and never a number.
2. A unit is no node of that tree. A unit with 1 to ``suppress_below`` households is not drawn, and nothing personal is told of
   any.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geogrid.counts import measured
from geogrid.crs import to_wgs84
from geogrid.hierarchy import GRID, Hierarchy, hierarchy, sum_upwards
from geogrid.placereport import PlaceReport
from geogrid.privacy import MEASURES, public_coverage, withheld_totals
from geogrid.settings import ALL, LATER, NOW
from geogrid.subjects import subjects_of
from geogrid.suppression import is_small
from geogrid.totals import COUNTS, STATUS_PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt

    from geogrid.facts import Subjects
    from geogrid.profile import Profile
    from geogrid.profileparts import Level
    from geogrid.themes import Theme

    Flags = npt.NDArray[np.bool_]
    Floats = npt.NDArray[np.float64]
    Maker = Callable[["Stage", bool], Theme | None]

STATUSES = ("covered", "uncovered", "unreached")
UNCOVERED, UNREACHED = 1, 2


@dataclass(frozen=True, eq=False)
class Stage(PlaceReport):
    """A place's report, and what several of its themes need."""

    drawn: dict[str, gpd.GeoDataFrame] = field(default_factory=dict, repr=False)
    """Subjects in degrees by kind: a memory, filled by `rows`."""

    @property
    def profile(self) -> Profile:
        """Return the place's profile."""
        return self.facts.profile

    @property
    def threshold(self) -> int:
        """Return the largest small count."""
        return self.profile.suppress_below

    def subjects(self, kind: str) -> Subjects:
        """Return the subjects of a kind."""
        return subjects_of(self.facts, kind)

    def rows(self, kind: str) -> gpd.GeoDataFrame:
        """Return the subjects of a kind that has shapes, in degrees."""
        if kind not in self.drawn:
            self.drawn[kind] = to_wgs84(gpd.GeoDataFrame(self.subjects(kind).rows, crs=self.facts.crs))
        return self.drawn[kind]

    @cached_property
    def results(self) -> Mapping[str, pd.DataFrame]:
        """Return the results of each standard that has subjects, by its id."""
        return dict(iter(self.judged.results.groupby("standard", sort=False)))

    @cached_property
    def summed(self) -> Mapping[str, Mapping[Any, Any]]:
        """Return what became of each standard as a whole, by its id."""
        return {row["standard"]: row for row in self.judged.standards.to_dict("records")}

    @cached_property
    def lands(self) -> tuple[Level, ...]:
        """Return the levels of land that lie in one another and hold anything, from the top."""
        levels = [each for each in self.profile.levels if each.of in ("areas", "grids") and not beside_the_tree(each)]
        return tuple(level for level in levels if len(self.subjects(level.id)))

    def is_on_tree(self, subjects: Subjects) -> bool:
        """Return whether subjects are areas or grids that lie in one another; a unit or a project may be called like one."""
        return any(level.id == subjects.kind for level in self.lands)

    @cached_property
    def finest(self) -> str:
        """Return the lowest level of land that holds every grid; the grids themselves where no level is about them."""
        return self.lands[-1].id if self.lands and self.lands[-1].of == "grids" else ""

    @property
    def grids(self) -> gpd.GeoDataFrame:
        """Return the smallest standing grids, in degrees."""
        if GRID_ROWS not in self.drawn:
            grids = self.facts.grids.rename(columns={"grid_id": "id"}).reset_index(drop=True)
            named = grids["name"] if "name" in grids else grids["id"]
            self.drawn[GRID_ROWS] = to_wgs84(grids.assign(name=named.where(named.notna(), grids["id"])))
        return self.drawn[GRID_ROWS]

    @cached_property
    def borders(self) -> gpd.GeoDataFrame | None:
        """Return the borders under most themes: those of the highest areas of which there are several."""
        several = [level.id for level in self.lands if level.of == "areas" and len(self.subjects(level.id)) > 1]
        return self.rows(several[0])[["name", "geometry"]] if several else None

    @cached_property
    def place(self) -> Hierarchy:
        """Return the tree of the place: the total, areas, grids."""
        return hierarchy(self.facts.grids, self.facts.areas)

    @cached_property
    def reached(self) -> pd.DataFrame:
        """Count the households that each service covers, now and later, over the tree: as the report does, households only."""
        services = [each for each in (*self.facts.services, ALL) if self.facts.services]
        known = [
            (when, prefix, service)
            for when, prefix in STATUS_PREFIX.items()
            for service in services
            if self._has(prefix, service)
        ]
        parts = [
            self._counted(self._status(prefix, service)).assign(service=service, when=when) for when, prefix, service in known
        ]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["id", "service", "when", *COUNTS])

    def _has(self, prefix: str, service: str) -> bool:
        wanted = self.facts.services if service == ALL else (service,)
        return all(f"{prefix}{each}" in self.facts.households for each in wanted)

    def _status(self, prefix: str, service: str) -> npt.NDArray[np.int64]:
        """Return each household's status by its number; of all services the worst one, uncovered before unreached."""
        homes = self.facts.households
        asked = self.facts.services if service == ALL else (service,)
        codes = np.stack([pd.Index(STATUSES).get_indexer(homes[f"{prefix}{each}"].to_numpy(dtype=object)) for each in asked])
        return np.select(
            [((codes < 0) | (codes == UNCOVERED)).any(axis=0), (codes == UNREACHED).any(axis=0)], [UNCOVERED, UNREACHED], 0
        )

    def _counted(self, status: npt.NDArray[np.int64]) -> pd.DataFrame:
        parts = {f"households_{name}": self.over_tree((status == code).astype(float)) for code, name in enumerate(STATUSES)}
        table = pd.DataFrame({"households": sum(parts.values()), **parts}).astype("int64").astype("Int64")
        return self.place.nodes.join(table.reindex(columns=list(COUNTS)).astype("Int64"))

    def over_tree(self, weights: Floats) -> Floats:
        """Sum a weight per household over the tree; whoever is in no grid counts nowhere."""
        nodes = self.place.nodes
        leaves = np.flatnonzero((nodes["level"] == GRID).to_numpy())
        grid = pd.Index(nodes["id"].to_numpy(dtype=object)[leaves]).get_indexer(self.facts.households["grid_id"].to_numpy(object))
        values = np.zeros((len(nodes), 1))
        values[leaves, 0] = np.bincount(grid[grid >= 0], weights=np.nan_to_num(weights[grid >= 0]), minlength=len(leaves))
        return np.asarray(sum_upwards(values, self.place.tree)[:, 0])

    @cached_property
    def public_reached(self) -> pd.DataFrame:
        """Return `reached` as the public may read it."""
        if self.reached.empty:
            return self.reached
        return public_coverage(self.reached, self.place.tree, threshold=self.threshold)

    @cached_property
    def told(self) -> Mapping[str, frozenset[str]]:
        """Return for each measure of people the nodes whose own number is public: `WHOLE`, areas on the tree, grids."""
        known = {m: each for m, each in measured(self.facts.households).items() if not np.isnan(each).all()}
        totals = {measure: self.over_tree(known[measure]) for measure in MEASURES if measure in known}
        hidden = withheld_totals(totals, self.place.tree, threshold=self.threshold)
        ids = self.place.nodes["id"].to_numpy(dtype=object)
        lands = [each for each in self.profile.levels if each.of in ("areas", "grids") and beside_the_tree(each)]
        beside = {key for level in lands for key in self.subjects(level.id).rows["id"]}
        return {measure: frozenset(ids[~flags]) - beside for measure, flags in hidden.items()}

    def is_drawn(self, subjects: Subjects, *, is_public: bool) -> Flags:
        """Return which subjects may be drawn: for the public no unit with few households and no set of them."""
        if subjects.table == "households":
            return np.zeros(len(subjects), dtype=bool)
        if not is_public or subjects.table != "units":
            return np.ones(len(subjects), dtype=bool)
        return ~is_small(subjects.count()[:, None], self.threshold)


WHOLE = ""
"""The node of the whole place, as `geogrid.hierarchy` calls it."""

GRID_ROWS = "*grids"
"""The key of the smallest grids in the memory of `Stage`; no level can have it."""


def staged(place: PlaceReport) -> Stage:
    """Return a place's report as a stage; one that is a stage already as it is."""
    return place if isinstance(place, Stage) else Stage(**{each.name: getattr(place, each.name) for each in fields(PlaceReport)})


def beside_the_tree(level: Level) -> bool:
    """Return whether a level cuts across the others, is a project's, or leaves most of the land out."""
    return level.cuts_across or bool(level.grid_set) or level.is_partial


def of_nodes(counts: pd.DataFrame, ids: Any, service: str, when: str) -> pd.DataFrame:
    """Return the counts of some nodes for a service at a time, in their order; NA where there are none.

    ``counts`` is `Stage.reached` or `Stage.public_reached`.
    """
    wanted = counts[(counts["service"] == service) & (counts["when"] == when)]
    return wanted.set_index("id").reindex(list(ids))[["households", "households_covered"]]


__all__ = ["ALL", "LATER", "NOW", "Stage", "beside_the_tree", "of_nodes", "staged"]
