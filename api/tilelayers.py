"""Which collections there are as vector tiles, and how each is drawn; add one by adding a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from api.ogc.catalogue import COLLECTIONS
from geogrid.errors import NotFoundError
from geogrid.tilebase import tile_base
from geogrid.vectortiles import ShapeLayer
from geogrid.webmercator import Box, Limits, Tile, limits
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import geopandas as gpd

    from geogrid.tileshapes import Kind

Datum = Literal["wgs84", "gcj02"]
DATUMS: tuple[Datum, ...] = get_args(Datum)
DEEPEST_PUBLIC, DEEPEST_STAFF = 16, 18
"""Zooms beyond which a map enlarges what it has: a tile's units are 15 cm and 4 cm then."""


class Layer(NamedTuple):
    """How a collection of `api.ogc.catalogue` is drawn.

    Attributes
    ----------
    dimension : int or None
        Of its shapes: 0 points, 1 lines, 2 polygons; None where there may be several.
    kind : Kind
        How it is simplified.
    tier : str
        The column that tells its tilings apart.
    first : int
        The zoom from which there are tiles: of many small things none shows the whole town.
    """

    dimension: int | None
    kind: Kind = "shapes"
    tier: str = ""
    first: int = 0


PUBLIC: Mapping[str, Layer] = {
    "areas": Layer(2, "tiling", "level"),
    "grids": Layer(2, "tiling", "level"),
    "streets": Layer(1, "lines"),
    "service_radii": Layer(2),
    "gaps": Layer(2),
    "defects": Layer(2),
    "facilities": Layer(0),
}
"""What is published, in the order in which it is drawn."""

PEOPLE = "households"
STAFF: Mapping[str, Layer] = {
    "workspace_areas": Layer(2, "tiling", "level"),
    "workspace_grids": Layer(2, "tiling", "level"),
    "units": Layer(None, "tiling", "kind"),
    "buildings": Layer(None, first=13),
    "barriers": Layer(None, "lines"),
    "closures": Layer(None, "lines"),
    "candidates": Layer(0),
    "events": Layer(0, first=12),
    PEOPLE: Layer(0),
}
"""An office's own: within the areas of a viewer, planner or admin, and nowhere else."""

NO_COLLECTION = Text("没有集合“{name}”：可选 {known}", "there is no collection {name!r}: choose {known}")


@dataclass(frozen=True, eq=False)
class Drawn:
    """One collection as tiles for one caller.

    Attributes
    ----------
    name : str
    layer : Layer
    box : Box or None
        West, south, east and north in degrees of what the caller may see; None of nothing.
    fields : mapping of str to str
        Types of what a tile tells: Number, String or Boolean.
    encode : callable
        From a tile to its bytes.
    """

    name: str
    layer: Layer
    box: Box | None
    fields: Mapping[str, str]
    encode: Callable[[Tile], bytes]

    @property
    def title(self) -> str:
        """Return its name in both languages: descriptions are the same for everyone."""
        named = COLLECTIONS[self.name].title
        return f"{named.zh} {named.en}"

    @property
    def deepest(self) -> int:
        """Return the last zoom."""
        return DEEPEST_PUBLIC if self.name in PUBLIC else DEEPEST_STAFF

    def limits(self) -> list[Limits]:
        """Return the tiles that there are, by zoom."""
        return [] if self.box is None else [limits(self.box, z) for z in range(self.layer.first, self.deepest + 1)]

    def has(self, tile: Tile) -> bool:
        """Return whether there is a tile: something of the collection may lie in it."""
        return self.box is not None and self.layer.first <= tile.z <= self.deepest and limits(self.box, tile.z).has(tile)


@dataclass(frozen=True, eq=False)
class TileSet:
    """The collections of one state for one kind of caller, each made when it is asked for.

    Attributes
    ----------
    mark : str
        Of the state: tiles of another have another.
    names : tuple of str
        Of the collections, the lowest first.
    make : callable
        From a name to its tiles.
    attribution : str
        Whom the data must name.
    """

    mark: str
    names: tuple[str, ...]
    make: Callable[[str], Drawn]
    attribution: str = ""

    def all(self) -> list[Drawn]:
        """Return every collection."""
        return [self.make(name) for name in self.names]

    def collection(self, name: str) -> Drawn:
        """Return a collection.

        Raises
        ------
        NotFoundError
            When there is none of the name.
        """
        if name not in self.names:
            raise NotFoundError(NO_COLLECTION.fill(name=name[:80], known=", ".join(self.names)))
        return self.make(name)


def shape_tiles(name: str, layer: Layer, frame: gpd.GeoDataFrame, datum: Datum) -> Drawn:
    """Return a table in WGS 84 as tiles."""
    made = ShapeLayer.of(tile_base(), name, frame, kind=layer.kind, is_gcj=datum == "gcj02", tier=layer.tier)
    return Drawn(name, layer, made.box_deg(), fields_of(made.columns), made.tile)


def fields_of(columns: Mapping[str, Any]) -> dict[str, str]:
    """Return the types of Arrow columns as TileJSON names them."""
    return {name: FIELD_TYPES.get(str(column.type), "String") for name, column in columns.items()}


FIELD_TYPES = {"bool": "Boolean", "int64": "Number", "double": "Number"}
