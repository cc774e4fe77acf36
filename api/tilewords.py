"""How tiles are described to programs: OGC API - Tiles and TileJSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from geogrid.vectortiles import MEDIA_TYPE
from geogrid.webmercator import DEEPEST, EDGE_M, Limits, Tile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from api.tilelayers import Drawn
    from geogrid.webmercator import Box

QUAD = "WebMercatorQuad"
QUAD_URI = f"http://www.opengis.net/def/tilematrixset/OGC/1.0/{QUAD}"
MERCATOR = "http://www.opengis.net/def/crs/EPSG/0/3857"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
TILING_SCHEME = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"
TILING_SCHEMES = f"{TILING_SCHEME}s"
GEODATA = "http://www.opengis.net/def/rel/ogc/1.0/geodata"
TILESETS = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector"
TILEJSON = "application/vnd.mapbox.tile+json"
PIXEL_M = 0.00028
"""Of the standard's pixel, of which scale denominators speak."""
TILE_PX = 256
CONFORMANCE = (
    *(
        f"http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/{name}"
        for name in ("core", "tileset", "tilesets-list", "dataset-tilesets", "geodata-tilesets", "datetime", "mvt")
    ),
    *(
        f"http://www.opengis.net/spec/tms/2.0/conf/{form}{name}"
        for form in ("", "json-")
        for name in ("tilematrixset", "tilematrixsetlimits", "tilesetmetadata")
    ),
)
"""What `/conformance` declares of the tiles."""


def link(href: str, rel: str, media_type: str, title: str = "") -> dict[str, Any]:
    """Return a link."""
    return {"href": href, "rel": rel, "type": media_type} | ({"title": title} if title else {})


def matrix_sets(base: str) -> dict[str, Any]:
    """Return the list of tile matrix sets: the one there is."""
    href = f"{base}/api/v1/tileMatrixSets/{QUAD}"
    return {"tileMatrixSets": [{"id": QUAD, "title": QUAD, "uri": QUAD_URI, "links": [link(href, "self", "application/json")]}]}


def matrix_set() -> dict[str, Any]:
    """Return the definition of WebMercatorQuad."""
    return {
        "id": QUAD,
        "title": "Google Maps Compatible for the World",
        "uri": QUAD_URI,
        "crs": MERCATOR,
        "orderedAxes": ["X", "Y"],
        "wellKnownScaleSet": "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
        "tileMatrices": [_matrix(z) for z in range(DEEPEST + 1)],
    }


def _matrix(z: int) -> dict[str, Any]:
    cell = Tile(z, 0, 0).side_m / TILE_PX
    return {
        "id": str(z),
        "scaleDenominator": cell / PIXEL_M,
        "cellSize": cell,
        "pointOfOrigin": [-EDGE_M, EDGE_M],
        "cornerOfOrigin": "topLeft",
        "tileWidth": TILE_PX,
        "tileHeight": TILE_PX,
        "matrixWidth": 2**z,
        "matrixHeight": 2**z,
    }


def tileset_list(base: str, path: str, title: str) -> dict[str, Any]:
    """Return the list of a collection's tilesets, or of the whole service's: one."""
    here = f"{base}{path}"
    about = {"title": title, "dataType": "vector", "crs": MERCATOR, "tileMatrixSetURI": QUAD_URI}
    links = [link(f"{here}/{QUAD}", "self", "application/json"), link(*_scheme(base))]
    return {"links": [link(here, "self", "application/json")], "tilesets": [{**about, "links": links}]}


class About(NamedTuple):
    """What a description is of.

    Attributes
    ----------
    base, path : str
        The address of the tiles without the tile matrix set.
    title : str
    drawn : sequence of Drawn
    asked, tiles : mapping
        Parameters that the description was asked with, and those that every tile's address has.
    attribution : str
    is_public : bool
    """

    base: str
    path: str
    title: str
    drawn: Sequence[Drawn]
    asked: Mapping[str, str]
    tiles: Mapping[str, str]
    attribution: str = ""
    is_public: bool = True

    def address(self, form: str = "") -> str:
        """Return where the description is."""
        return _with(f"{self.base}{self.path}/{QUAD}", {**self.asked, **({"f": form} if form else {})})

    def tile(self, z: str, row: str, column: str) -> str:
        """Return where tiles are."""
        return _with(f"{self.base}{self.path}/{QUAD}/{{{z}}}/{{{row}}}/{{{column}}}", self.tiles)


def _with(address: str, query: Mapping[str, str]) -> str:
    """Return an address with parameters.

    Examples
    --------
    >>> _with("/a", {}), _with("/a", {"datetime": "2024-05-01/..", "f": "json"})
    ('/a', '/a?datetime=2024-05-01%2F..&f=json')
    """
    return f"{address}?{urlencode(query)}" if query else address


def tileset(about: About) -> dict[str, Any]:
    """Return the description of one tileset: where its tiles are, which there are, and what is in them."""
    drawn = about.drawn
    item = link(about.tile("tileMatrix", "tileRow", "tileCol"), "item", MEDIA_TYPE)
    told: dict[str, Any] = {
        "title": about.title,
        "dataType": "vector",
        "crs": MERCATOR,
        "tileMatrixSetURI": QUAD_URI,
        "mediaTypes": [MEDIA_TYPE],
        "accessConstraints": "unclassified" if about.is_public else "restricted",
        "links": [
            link(about.address(), "self", "application/json"),
            {**item, "templated": True},
            link(*_scheme(about.base)),
            link(about.address("tilejson"), "alternate", TILEJSON),
            *(link(f"{about.base}/api/v1/collections/{each.name}", GEODATA, "application/json") for each in drawn),
        ],
        "tileMatrixSetLimits": [_told(each) for each in limits_of(drawn)],
        "layers": [_layer(each) for each in drawn],
    }
    box = box_of(drawn)
    told |= {} if box is None else {"boundingBox": _corners(box)}
    return told | ({"attribution": about.attribution} if about.attribution else {})


def tilejson(about: About) -> dict[str, Any]:
    """Return the same as TileJSON 3.0."""
    box, drawn = box_of(about.drawn), about.drawn
    layers = [
        {
            "id": each.name,
            "description": each.title,
            "fields": dict(each.fields),
            "minzoom": each.layer.first,
            "maxzoom": each.deepest,
        }
        for each in drawn
    ]
    told: dict[str, Any] = {
        "tilejson": "3.0.0",
        "name": about.title,
        "scheme": "xyz",
        "tiles": [about.tile("z", "y", "x")],
        "minzoom": min((each.layer.first for each in drawn), default=0),
        "maxzoom": max((each.deepest for each in drawn), default=0),
        "vector_layers": layers,
    }
    if box is not None:
        told |= {"bounds": list(box), "center": [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2, max(12, told["minzoom"])]}
    return told | ({"attribution": about.attribution} if about.attribution else {})


def limits_of(drawn: Iterable[Drawn]) -> list[Limits]:
    """Return by zoom which tiles there are: those of every collection together."""
    by_zoom: dict[int, list[Limits]] = {}
    for each in drawn:
        for one in each.limits():
            by_zoom.setdefault(one.z, []).append(one)
    return [_around(z, found) for z, found in sorted(by_zoom.items())]


def _around(z: int, found: Sequence[Limits]) -> Limits:
    _, first_column, last_column, first_row, last_row = zip(*found, strict=True)
    return Limits(z, min(first_column), max(last_column), min(first_row), max(last_row))


def _told(each: Limits) -> dict[str, Any]:
    rows, columns = (each.first_row, each.last_row), (each.first_column, each.last_column)
    names = ("minTileRow", "maxTileRow", "minTileCol", "maxTileCol")
    return {"tileMatrix": str(each.z), **dict(zip(names, (*rows, *columns), strict=True))}


def box_of(drawn: Iterable[Drawn]) -> Box | None:
    """Return the box round all of them, in degrees."""
    boxes = [each.box for each in drawn if each.box is not None]
    if not boxes:
        return None
    west, south, east, north = zip(*boxes, strict=True)
    return min(west), min(south), max(east), max(north)


def _corners(box: Box) -> Mapping[str, Any]:
    return {"lowerLeft": [box[0], box[1]], "upperRight": [box[2], box[3]], "crs": CRS84, "orderedAxes": ["Lon", "Lat"]}


def _layer(drawn: Drawn) -> dict[str, Any]:
    types = {"Number": "number", "String": "string", "Boolean": "boolean"}
    return {
        "id": drawn.name,
        "title": drawn.title,
        "dataType": "vector",
        **({} if drawn.layer.dimension is None else {"geometryDimension": drawn.layer.dimension}),
        "minTileMatrix": str(drawn.layer.first),
        "maxTileMatrix": str(drawn.deepest),
        "propertiesSchema": {"type": "object", "properties": {name: {"type": types[of]} for name, of in drawn.fields.items()}},
    }


def _scheme(base: str) -> tuple[str, str, str]:
    return f"{base}/api/v1/tileMatrixSets/{QUAD}", TILING_SCHEME, "application/json"
