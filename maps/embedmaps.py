"""The maps that can be embedded: a row each, from which their addresses, codes, tokens and folders are made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from geogrid.words import Text
from maps.embed import COVERAGE, Drawing, EmbedData, embed_data
from maps.placeembed import PLACE, place_embed_data

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.privacy import PublicReport
    from maps.basemap import Basemap

MapName = Literal["coverage", "place"]
"""The last part of a map's address."""


class MakesData(Protocol):
    """Makes the data of a map, as `maps.embed.embed_data` does."""

    def __call__(self, public: PublicReport, *, area: str, level: str, basemap: Basemap | None) -> EmbedData:
        """Return what the map shows of a published report."""


class EmbedMap(NamedTuple):
    """A map: what it is called, what its address is said to be, how its data are made, and how it is drawn."""

    name: Text
    says: Text
    data: MakesData
    drawing: Drawing


MAPS: Mapping[MapName, EmbedMap] = {
    "coverage": EmbedMap(
        Text("服务覆盖地图", "Service coverage map"),
        Text("供 iframe 嵌入的覆盖地图；参数可任意组合", "The coverage map for an iframe, with any of these parameters"),
        embed_data,
        COVERAGE,
    ),
    "place": EmbedMap(
        Text("网格化治理专题地图", "Standards and services"),
        Text(
            "供 iframe 嵌入的专题地图：标准达标、各项服务、设施；参数与覆盖地图相同",
            "The map of a place for an iframe: its standards, services and facilities; parameters as of the coverage map",
        ),
        place_embed_data,
        PLACE,
    ),
}
