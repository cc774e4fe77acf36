"""What the maps of notice cards are drawn from: grids, streets and facilities, indexed once for all cards."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import pandas as pd
import shapely

from geogrid.publish import STREET_KINDS
from maps.figures import is_missing
from maps.style import symbol_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import geopandas as gpd
    import numpy.typing as npt

    from geogrid.facts import Facts
    from maps.cardfacts import Notice

    Objects = npt.NDArray[np.object_]
    Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Site:
    """A facility of a grid: its number on the card, and where it stands in metres."""

    number: int
    name: str
    services: tuple[str, ...]
    is_planned: bool
    x: float
    y: float


class Shapes(NamedTuple):
    """Things of one kind side by side: of what sort, called what, and where."""

    sorts: Objects
    names: Objects
    shapes: Objects

    @classmethod
    def of(cls, sorts: Iterable[str], names: Iterable[str], shapes: Iterable[Any]) -> Shapes:
        """Return columns as they are, side by side."""
        return cls(*(np.array([*column, None], dtype=object)[:-1] for column in (sorts, names, shapes)))

    def clipped(self, at: npt.NDArray[np.intp], box: Box) -> Shapes:
        """Return some of them in their order, cut off at a box."""
        at = np.sort(at)
        return Shapes(self.sorts[at], self.names[at], shapely.clip_by_rect(self.shapes[at], *box))


@dataclass(frozen=True, eq=False)
class Ground:
    """What the maps of all cards are drawn from."""

    facts: Facts
    grids: gpd.GeoDataFrame
    simple: dict[tuple[str, int], Shapes] = field(default_factory=dict, repr=False)
    """What was simplified already, by what it is and how far: a memory, filled by `simpler`."""

    @cached_property
    def streets(self) -> Shapes:
        """Return streets; their sort is major, minor or path, their name "" where they have none."""
        streets = self.facts.streets
        if streets is None or not len(streets):
            return Shapes.of([], [], [])
        kind_of = {c: kind for kind, classes in STREET_KINDS.items() for c in classes}
        unsaid = pd.Series("", index=streets.index)
        kinds = streets.get("highway", unsaid).map(kind_of).fillna("minor")
        names = ["" if is_missing(name) else str(name) for name in streets.get("name", unsaid)]
        return Shapes.of(kinds, names, streets.geometry)

    @cached_property
    def neighbours(self) -> Shapes:
        """Return all grids; their sort is their peers."""
        names = self.grids["name"].where(self.grids["name"].notna(), self.grids["grid_id"])
        return Shapes.of(self.grids["peers"], names, self.grids.geometry)

    @cached_property
    def position(self) -> Mapping[str, int]:
        """Return where each grid stands among the neighbours."""
        return {grid: position for position, grid in enumerate(self.grids["grid_id"])}

    def simpler(self, what: Literal["streets", "neighbours"], tolerance: float) -> Shapes:
        """Return streets or grids that may be off by so many metres; worked out once for tolerances within a factor of two."""
        at = (what, math.floor(math.log2(tolerance)))
        if at not in self.simple:
            exact: Shapes = getattr(self, what)
            shapes = shapely.simplify(exact.shapes, 2.0 ** at[1], preserve_topology=what == "neighbours")
            self.simple[at] = exact._replace(shapes=shapes)
        return self.simple[at]

    @cached_property
    def street_tree(self) -> shapely.STRtree:
        """Return the index of the streets."""
        return shapely.STRtree(self.streets.shapes)

    @cached_property
    def grid_tree(self) -> shapely.STRtree:
        """Return the index of all grids."""
        return shapely.STRtree(self.neighbours.shapes)

    @cached_property
    def facility_tree(self) -> shapely.STRtree:
        """Return the index of the facilities."""
        none = np.empty(0, dtype=object)
        return shapely.STRtree(none if self.facts.facilities is None else self.facts.facilities.geometry.to_numpy())

    @cached_property
    def colours(self) -> Mapping[str, str]:
        """Return each service's colour, as on the coverage map."""
        return {service: symbol.colour for service, symbol in symbol_of(self.facts.profile.services).items()}

    def sites(self, notices: Sequence[Notice]) -> list[list[Site]]:
        """Return the facilities in each grid, numbered by service in the profile's order and by name."""
        found: list[list[int]] = [[] for _ in notices]
        shapes = np.array([*(one.shape for one in notices), None], dtype=object)[:-1]
        for grid, facility in self.facility_tree.query(shapes, predicate="intersects").T.tolist():
            found[grid].append(facility)
        sites = self._facilities
        ranked = (sorted(inside, key=lambda at: (sites[at][0], at)) for inside in found)
        return [[replace(sites[at][1], number=number) for number, at in enumerate(inside, 1)] for inside in ranked]

    @cached_property
    def _facilities(self) -> list[tuple[tuple[int, str], Site]]:
        """Return every facility as a site without a number, and its rank: by service, then by name."""
        table = self.facts.facilities
        if table is None:
            return []
        order = {service: position for position, service in enumerate(self.facts.profile.services)}
        shapes = table.geometry.to_numpy()
        spots = shapely.point_on_surface(np.where(shapely.is_empty(shapes), None, shapes))
        rows = zip(table.to_dict("records"), shapely.get_x(spots).tolist(), shapely.get_y(spots).tolist(), strict=True)
        return [
            (
                (min((order.get(s, len(order)) for s in row["services"]), default=len(order)), str(row["name"])),
                self._site(row, x, y),
            )
            for row, x, y in rows
        ]

    def _site(self, row: Mapping[str, Any], x: float, y: float) -> Site:
        planned = row.get("status") in self.facts.profile.later_statuses
        return Site(0, str(row["name"]), tuple(row["services"]), is_planned=planned, x=x, y=y)
