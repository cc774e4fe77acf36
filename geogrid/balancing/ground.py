"""The lines along which land may be cut, and whose each face between them is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geogrid.balancing.neighbours import lines_of
from geogrid.barriers import opened, openings
from geogrid.boundaries import on_lattice
from geogrid.faces import lying_in
from geogrid.regions import POLYGONAL

if TYPE_CHECKING:
    import numpy.typing as npt

    from geogrid.balancing.land import Land
    from geogrid.faces import Faces

    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]
    Bools = npt.NDArray[np.bool_]
    Shapes = npt.NDArray[np.object_]

NONE = -1
CUT_M = 0.01
"""A line cuts a building that it runs through for so long."""


@dataclass(frozen=True, eq=False)
class Ground:
    """Land on the lattice, as arrays; positions are those in the mappings of the land."""

    land: Land
    areas: Shapes
    today: Shapes
    units: Shapes
    buildings: Shapes

    @classmethod
    def of(cls, land: Land) -> Ground:
        """Put land on the lattice."""
        given = (land.areas.values(), land.today.values(), land.units.values(), land.buildings)
        areas, today, units, buildings = (on_lattice(list(each)) for each in given)
        return cls(land, areas, today, units, buildings)

    @cached_property
    def xy(self) -> Floats:
        """Return the places of the households."""
        return np.column_stack([self.land.x, self.land.y]).astype(np.float64)

    @cached_property
    def kept(self) -> Ints:
        """Return the grids of today whose borders are cut."""
        is_locked = np.array([key in self.land.locked for key in self.land.today], dtype=bool)
        return np.flatnonzero(is_locked | self.land.along_today)

    @cached_property
    def is_locked(self) -> Bools:
        """Return which grids of today are locked."""
        return np.array([key in self.land.locked for key in self.land.today], dtype=bool)

    @cached_property
    def is_wide(self) -> Bools:
        """Return which units are polygons."""
        return np.asarray(shapely.get_dimensions(self.units) == POLYGONAL)

    @cached_property
    def unit_of(self) -> Ints:
        """Return the unit of each household that is a point, -1 for none."""
        if self.land.unit_of is None:
            return np.full(len(self.xy), NONE)
        number = {key: i for i, key in enumerate(self.land.units) if not self.is_wide[i]}
        return np.array([number.get(str(key), NONE) for key in self.land.unit_of], dtype=np.int64)

    @cached_property
    def centres(self) -> tuple[Shapes, Ints]:
        """Return where point units are, and which, those without households too."""
        some = np.flatnonzero(~self.is_wide)
        return shapely.centroid(self.units[some]), some

    @cached_property
    def by_units(self) -> Bools:
        """Return the areas that are divided by the households of their units."""
        placed = self.unit_of != NONE
        points = np.append(shapely.points(self.xy[placed]), self.centres[0])
        found = np.zeros(len(self.areas), dtype=bool)
        if len(points):
            found[shapely.STRtree(self.areas).query(points, predicate="intersects")[1]] = True
        return found

    @cached_property
    def barriers(self) -> list[Any]:
        """Return the barriers, open at bridges and tunnels."""
        return opened(self.land.barriers, self.land.ways)

    @cached_property
    def streets(self) -> Shapes:
        """Return the lines that borders like to follow: streets, water, and barriers as given."""
        return np.concatenate([lines_of(each) for each in (self.land.streets, self.land.water, self.land.barriers)])

    @cached_property
    def cuts(self) -> Shapes:
        """Return every line along which land is cut before blocks are cut further."""
        firm = (self.areas, self.today[self.kept], self.units[self.is_wide], self.buildings[self.straddling], self._decks)
        return np.concatenate([self.streets, *(lines_of(each) for each in firm)])

    @cached_property
    def _decks(self) -> Shapes:
        """Return the land on which bridges lead across wide water."""
        wide = [shape for shape in self.land.barriers if shapely.get_dimensions(shape) == POLYGONAL]
        decks = np.array(openings(wide, self.land.ways), dtype=object)
        return np.asarray(decks[~shapely.is_empty(decks)], dtype=object)

    @cached_property
    def straddling(self) -> Ints:
        """Return the buildings that a street or water line runs through."""
        if not len(self.buildings) or not len(self.streets):
            return np.empty(0, dtype=np.int64)
        line, building = shapely.STRtree(self.buildings).query(self.streets, predicate="intersects")
        through = shapely.length(shapely.intersection(self.streets[line], self.buildings[building]))
        along = shapely.length(shapely.intersection(self.streets[line], shapely.boundary(self.buildings[building])))
        return np.unique(building[through - along > CUT_M])


def first_of(faces: Faces, polygons: Shapes) -> Ints:
    """Return the first polygon in which each face lies, -1 for none."""
    found = np.full(len(faces.shapes), NONE)
    inside = lying_in(faces, polygons, dust=True)
    face, first = np.unique(inside.face, return_index=True)
    found[face] = inside.item[first]
    return found


def settled(faces: Faces, label: Ints) -> Ints:
    """Give dust the label of the face with which it shares most border; of dust nobody can tell whose it is."""
    result = label.copy()
    result[~faces.solid] = NONE
    waiting = ~faces.solid
    for _ in range(len(label)):
        one, other = np.append(faces.first, faces.second), np.append(faces.second, faces.first)
        some = np.flatnonzero(waiting[one] & ~waiting[other])
        if not len(some):
            break
        border_m = np.append(faces.border_m, faces.border_m)[some]
        order = some[np.lexsort((other[some], -border_m, one[some]))]
        face, first = np.unique(one[order], return_index=True)
        result[face] = result[other[order[first]]]
        waiting[face] = False
    return result


def face_at(shapes: Shapes, xy: Floats) -> Ints:
    """Return the first polygon in which each place lies, or that it is a millimetre from; -1 for none."""
    found = np.full(len(xy), NONE)
    if not len(shapes) or not len(xy):
        return found
    place, face = shapely.STRtree(shapes).query(shapely.points(xy), predicate="dwithin", distance=1e-6)
    order = np.lexsort((face, place))
    at, first = np.unique(place[order], return_index=True)
    found[at] = face[order[first]]
    return found
