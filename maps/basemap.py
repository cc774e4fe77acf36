"""What lies under a map where somebody wants something there: tiles of an address, and where they put the world."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

import numpy as np
import shapely

from geogrid.gcj import wgs84_to_gcj02
from geogrid.words import Text

if TYPE_CHECKING:
    import geopandas as gpd

    from geogrid.privacy import PublicReport

LAYERS = ("grids", "areas", "gaps", "facilities", "defects", "streets", "radii")
NOBODY = Text("", "")
SHIFTED = Text(
    "底图采用 GCJ-02 坐标，图上要素已相应偏移，不可据此量取坐标",
    "the basemap is in GCJ-02: what is drawn was shifted to fit it; do not read coordinates off this map",
)


@dataclass(frozen=True)
class Basemap:
    """Tiles in Web Mercator under a map.

    Attributes
    ----------
    urls : tuple of str
        Addresses with {z}, {x} and {y}, the lowest first; of this server when they begin with a slash.
    datum : "wgs84" or "gcj02"
        Where the tiles have the world.
    credit : Text
        Whose they are.
    deepest : int
        The last zoom that there is.
    """

    urls: tuple[str, ...]
    datum: Literal["wgs84", "gcj02"] = "wgs84"
    credit: Text = NOBODY
    deepest: int = 18

    @property
    def allowed(self) -> str:
        """Return what a page's policy must say for its pictures.

        Examples
        --------
        >>> Basemap(("/basemap/{z}/{x}/{y}", "https://t.example.cn:81/{z}/{x}/{y}.png")).allowed
        "img-src data: 'self' https://t.example.cn:81"
        """
        return " ".join(["img-src data:", *dict.fromkeys(_origin(url) for url in self.urls)])

    @property
    def told(self) -> Text:
        """Return what the map says of it."""
        said = [self.credit, *([SHIFTED] if self.datum == "gcj02" else [])]
        kept = [each for each in said if each.en or each.zh]
        return Text("；".join(each.zh for each in kept), "; ".join(each.en for each in kept))

    def payload(self) -> dict[str, Any]:
        """Return what a page's script needs."""
        return {"urls": list(self.urls), "deepest": self.deepest, "told": list(self.told)}


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else "'self'"


def shifted(public: PublicReport) -> PublicReport:
    """Return what is public with every shape where a map of GCJ-02 has it: for drawing over such a map, and nothing else."""
    return replace(public, **{name: _moved(getattr(public, name)) for name in LAYERS})


def _moved(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    shapes = shapely.transform(frame.geometry.to_numpy(), lambda xy: np.column_stack(wgs84_to_gcj02(xy[:, 0], xy[:, 1])))
    return frame.set_geometry(shapes, crs=frame.crs)


def under(public: PublicReport, basemap: Basemap | None) -> PublicReport:
    """Return what is to be drawn over a basemap: shifted where its tiles are."""
    return shifted(public) if basemap is not None and basemap.datum == "gcj02" else public
