"""One function per layer: a public frame becomes a folium layer whose content is a compact, inert payload.

The payloads hold names and numbers as columns; `page` writes all of them into one block of JSON, and ``static/draw.js`` draws
them. Nothing of a payload passes through a folium or branca template.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from folium.map import Layer
from folium.template import Template

from maps.packing import pack_lines, pack_points
from maps.style import FIELDS, LAYERS, STREETS

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    import geopandas as gpd

    from geogrid.privacy import PublicReport

ALL = "all"
COUNTS = ("households", "persons", "aged_65", "children_0_14")
PARTS = ("covered", "uncovered", "unreached")
SHARE_UNITS = 10_000
DEVIATION_UNITS = 1_000
MINUTE_UNITS = 10
Payload = dict[str, Any]


class DataLayer(Layer):
    """A folium layer drawn by the page's own script from its payload; the template is constant."""

    _template = Template(
        "{% macro script(this, kwargs) %}var {{ this.get_name() }} = geogrid.layer({{ this._parent.get_name() }}, "
        "{{ this.key|tojson }});{% endmacro %}"
    )

    def __init__(self, key: str, payload: Payload) -> None:
        row = next(row for row in LAYERS if row.key == key)
        super().__init__(name=row.label.en, overlay=True, control=False, show=row.show)
        self._name = "geogrid"
        self._id = key
        self.key = key
        self.payload = payload

    def render(self, **kwargs: Any) -> None:  # type: ignore[override]  # as folium's own elements do
        """Write the one line that draws the layer; whether it shows is the page's own layer control's affair."""
        super(Layer, self).render(**kwargs)  # type: ignore[no-untyped-call]


def data_layers(public: PublicReport, services: Sequence[str]) -> list[DataLayer]:
    """Return the layers of a report in drawing order; services are numbered as given."""
    return [
        grids_layer(public, services),
        streets_layer(public.streets),
        areas_layer(public, services),
        DataLayer("labels", {}),
        facilities_layer(public, services),
        gaps_layer(public),
        defects_layer(public),
        radii_layer(public, services),
    ]


def grids_layer(public: PublicReport, services: Sequence[str]) -> DataLayer:
    """Return the grids: names, public fields, counts and coverage of every service."""
    grids = public.grids
    return DataLayer(
        "grids",
        {
            "id": _texts(grids, "grid_id"),
            "name": _names(grids, "grid_id"),
            "parent": _positions(_column(grids, "parent_id"), public.areas["area_id"]),
            "fields": _fields(grids, leave_out=("level",)),
            **{measure: _integers(grids, measure) for measure in COUNTS},
            "deviation": _integers(grids, "deviation", units=DEVIATION_UNITS),
            "in_range": _integers(grids, "in_range"),
            "hidden": _hidden(grids),
            "cover": _cover(grids, services),
        },
    )


def streets_layer(streets: gpd.GeoDataFrame) -> DataLayer:
    """Return the quiet background: street lines by kind."""
    kind = _column(streets, "kind")
    lines = {key: streets.geometry[(kind == key).to_numpy(dtype=bool, na_value=False)] for key in STREETS}
    return DataLayer("streets", {key: pack_lines(shapely.get_parts(rows.to_numpy())) for key, rows in lines.items() if len(rows)})


def areas_layer(public: PublicReport, services: Sequence[str]) -> DataLayer:
    """Return the areas: as the grids, with how deep they lie and whether no smaller area lies inside."""
    areas = public.areas
    parent = _positions(_column(areas, "parent_id"), areas["area_id"])
    return DataLayer(
        "areas",
        {
            "id": _texts(areas, "area_id"),
            "name": _names(areas, "area_id"),
            "parent": parent,
            "depth": [_depth(parent, i) for i in range(len(parent))],
            "leaf": [int(i not in set(parent)) for i in range(len(parent))],
            "fields": _fields(areas, leave_out=("level", "kind")),
            **{measure: _integers(areas, measure) for measure in COUNTS},
            "hidden": _hidden(areas),
            "cover": _cover(areas, services),
        },
    )


def facilities_layer(public: PublicReport, services: Sequence[str]) -> DataLayer:
    """Return the facilities: names, services, status, grid and floor area."""
    facilities = public.facilities[_drawable(public.facilities)]
    number = {service: i for i, service in enumerate(services)}
    return DataLayer(
        "facilities",
        {
            "id": _texts(facilities, "facility_id"),
            "name": _names(facilities, "facility_id"),
            "services": [[number[s] for s in _items(cell) if s in number] for cell in _column(facilities, "services")],
            "status": _texts(facilities, "status"),
            "grid": _positions(_column(facilities, "grid_id"), public.grids["grid_id"]),
            "floor": _integers(facilities, "floor_area_m2"),
            "points": pack_points(facilities.geometry.to_numpy()),
        },
    )


def gaps_layer(public: PublicReport) -> DataLayer:
    """Return the coverage gaps, as ranked: counts, grids touched, nearest facility and minutes."""
    gaps = _ranked(public.gaps)
    number = _numbers(public.grids["grid_id"])
    return DataLayer(
        "gaps",
        {
            "service": _texts(gaps, "service"),
            "rank": _integers(gaps, "rank"),
            **{measure: _integers(gaps, measure) for measure in COUNTS[:2]},
            "grids": [[number[g] for g in _items(cell) if g in number] for cell in _column(gaps, "grid_ids")],
            "nearest": _texts(gaps, "nearest_facility"),
            "minutes": _integers(gaps, "minutes", units=MINUTE_UNITS),
            "hidden": _hidden(gaps),
        },
    )


def defects_layer(public: PublicReport) -> DataLayer:
    """Return the defects of the tiling, each with a point that can be seen from far away."""
    defects = public.defects[_drawable(public.defects)]
    number = _numbers(public.grids["grid_id"])
    return DataLayer(
        "defects",
        {
            "kind": _texts(defects, "kind"),
            "grids": [[number[g] for g in _items(cell) if g in number] for cell in _column(defects, "grid_ids")],
            "area": _decimals(defects, "area_m2"),
            "width": _decimals(defects, "width_m"),
            "points": pack_points(shapely.point_on_surface(defects.geometry.to_numpy())),
        },
    )


def radii_layer(public: PublicReport, services: Sequence[str]) -> DataLayer:
    """Return the service radii as circles: facility, service, metres."""
    facilities = public.facilities[_drawable(public.facilities)]
    radii = pd.DataFrame(
        {
            "facility": _positions(_column(public.radii, "facility_id"), facilities["facility_id"]),
            "service": _positions(_column(public.radii, "service"), pd.Series(list(services), dtype="object")),
            "radius": pd.to_numeric(_column(public.radii, "radius_m")).to_numpy(dtype=float, na_value=np.nan),
        }
    )
    known = radii[(radii["facility"] >= 0) & (radii["service"] >= 0) & radii["radius"].notna()]
    return DataLayer("radii", {name: known[name].round().astype(int).tolist() for name in known})


def polygons(public: PublicReport) -> dict[str, Any]:
    """Return the geometries of the polygon layers, to be packed over one table of arcs.

    Gaps are turned the same way round, because the page fills those of several services as one shape.
    """
    return {
        "areas": public.areas.geometry.to_numpy(),
        "grids": public.grids.geometry.to_numpy(),
        "gaps": shapely.orient_polygons(_ranked(public.gaps).geometry.to_numpy()),
        "defects": public.defects[_drawable(public.defects)].geometry.to_numpy(),
    }


def share_of(share: Any) -> int | None:
    """Return a share in 1/10,000; whole 0 and 1 only for shares that are exactly that, None for one that is not public.

    Examples
    --------
    >>> share_of(0.99999), share_of(1.0), share_of(0.5), share_of(float("nan"))
    (9999, 10000, 5000, None)
    """
    if share is None or pd.isna(share):
        return None
    return int(share) * SHARE_UNITS if share in (0, 1) else min(max(round(share * SHARE_UNITS), 1), SHARE_UNITS - 1)


def _ranked(gaps: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return gaps by rank, the uncounted last, from west to east: a rank would tell about how many they are."""
    if "rank" not in gaps:
        return gaps
    hidden = np.array(_hidden(gaps), dtype=bool)
    ranked = gaps.assign(rank=pd.to_numeric(gaps["rank"]).astype("Int64").mask(hidden))
    west = np.where(hidden, gaps.bounds["minx"], 0)
    order = np.lexsort((west, ranked["rank"].to_numpy(dtype=float, na_value=np.inf)))
    return ranked.iloc[order]


def _cover(frame: gpd.GeoDataFrame, services: Sequence[str]) -> dict[str, Payload]:
    """Return shares now and with planned facilities, and the households behind the first, per service and for all at once."""
    return {
        service: {
            "share": _shares(frame, f"share_{service}"),
            "later": _shares(frame, f"share_later_{service}"),
            **{part: _integers(frame, f"{part}_{service}") for part in PARTS},
        }
        for service in (*services, ALL)
        if f"share_{service}" in frame
    }


def _shares(frame: gpd.GeoDataFrame, column: str) -> list[int | None]:
    """Return shares as `share_of` does, a column at a time."""
    share = _floats(frame, column)
    inner = np.clip(np.rint(share * SHARE_UNITS), 1, SHARE_UNITS - 1)
    return _whole(np.where((share == 0) | (share == 1), share * SHARE_UNITS, inner))


def _integers(frame: pd.DataFrame, column: str, *, units: int = 1) -> list[int | None] | None:
    """Return a column as whole numbers, or None where it is absent or says nothing."""
    if column not in frame:
        return None
    values = np.rint(_floats(frame, column) * units)
    return None if len(values) and np.isnan(values).all() else _whole(values)


def _decimals(frame: pd.DataFrame, column: str) -> list[float | None]:
    return [None if np.isnan(value) else round(value, 3) for value in _floats(frame, column).tolist()]


def _floats(frame: pd.DataFrame, column: str) -> Any:
    return pd.to_numeric(_column(frame, column)).to_numpy(dtype=float, na_value=np.nan)


def _whole(values: Any) -> list[int | None]:
    return [None if value != value else int(value) for value in values.tolist()]  # noqa: PLR0124 -- NaN is unequal to itself


def _hidden(frame: pd.DataFrame) -> list[int]:
    if "suppressed" not in frame:
        return [0] * len(frame)
    return [int(not pd.isna(value) and bool(value)) for value in frame["suppressed"]]


def _texts(frame: pd.DataFrame, column: str) -> list[str | None]:
    return [
        None if missing else str(value)
        for value, missing in zip(_column(frame, column), _column(frame, column).isna(), strict=True)
    ]


def _names(frame: pd.DataFrame, fallback: str) -> list[str]:
    """Return names; a row without one goes by its id."""
    return [name or str(key) for name, key in zip(_texts(frame, "name"), frame[fallback], strict=True)]


def _fields(frame: pd.DataFrame, *, leave_out: tuple[str, ...]) -> dict[str, list[str | None]]:
    return {name: _texts(frame, name) for name in FIELDS if name in frame and name not in leave_out and frame[name].notna().any()}


def _column(frame: pd.DataFrame, name: str) -> pd.Series:
    return frame[name] if name in frame else pd.Series([None] * len(frame), index=frame.index, dtype="object")


def _numbers(ids: pd.Series) -> Mapping[Hashable, int]:
    return {key: i for i, key in enumerate(ids)}


def _positions(wanted: Iterable[Hashable], ids: pd.Series) -> list[int]:
    """Return the position of each wanted id, -1 for none."""
    number = _numbers(ids)
    return [-1 if pd.isna(key) else number.get(key, -1) for key in wanted]


def _items(cell: Any) -> list[str]:
    """Return the items of a list-like cell; a bare text is one item."""
    if isinstance(cell, str):
        return [cell]
    return [] if cell is None or (np.isscalar(cell) and pd.isna(cell)) else [str(item) for item in cell]


def _depth(parent: Sequence[int], i: int) -> int:
    """Return how many areas an area lies in; a ring of parents ends after one round."""
    depth, above = 0, parent[i]
    while above >= 0 and depth < len(parent):
        depth, above = depth + 1, parent[above]
    return depth


def _drawable(frame: gpd.GeoDataFrame) -> Any:
    return ~(frame.geometry.isna() | frame.geometry.is_empty).to_numpy(dtype=bool)
