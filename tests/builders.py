"""Paper-sized towns: small enough to check every number by hand. Each is drawn in its docstring, in metres of EPSG:4548."""

from __future__ import annotations

import geopandas as gpd
import shapely

CRS = "EPSG:4548"
X0, Y0 = 500_000.0, 3_130_000.0
"""The lower left corner of every town: on the central meridian 117° E, about 28.28° N."""


def at(x: float, y: float) -> shapely.Point:
    """Return the point ``x``, ``y`` metres from the town's corner."""
    return shapely.Point(X0 + x, Y0 + y)


def street(*points: tuple[float, float]) -> shapely.LineString:
    """Return a street through points given in metres from the corner."""
    return shapely.LineString([(X0 + x, Y0 + y) for x, y in points])


def block(left: float, bottom: float, right: float, top: float) -> shapely.Polygon:
    """Return a rectangle given in metres from the corner."""
    return shapely.box(X0 + left, Y0 + bottom, X0 + right, Y0 + top)


def frame(rows: list[dict[str, object]]) -> gpd.GeoDataFrame:
    """Return rows as a frame in the town's CRS."""
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=CRS)


def paper_town() -> dict[str, gpd.GeoDataFrame]:
    r"""Two villages of two grids each along one street, a clinic at its west end, another planned in the east.

    ::

        1000 +---------+---------+---------+---------+
             |   G1    |   G2    |   G3    |   G4    |
         500 |--C------+---------+---------+------P--|   street; C clinic at 100, P planned at 1900
             |         V1        |         V2        |
           0 +---------+---------+---------+---------+
             0        500      1000      1500      2000

    On both sides of the street, 10 m away, a household of 3 (one aged 65+, one child) every 50 m from 25 m on: 20 in each grid,
    80 in all. At 5 km/h the clinic covers 1,250 m, that is 1,240 m along the street: up to x = 1,340, so 54 households. G3 has
    14 covered and 6 not, G4 none of 20.
    """
    spots = [25 + 50 * i for i in range(40)]
    homes = [(x, y) for x in spots for y in (490, 510)]
    village = {1: "V1", 2: "V1", 3: "V2", 4: "V2"}
    return {
        "areas": frame(
            [
                {
                    "area_id": f"V{i + 1}",
                    "name": f"村{i + 1}",
                    "level": "village",
                    "geometry": block(i * 1000, 0, i * 1000 + 1000, 1000),
                }
                for i in range(2)
            ]
        ),
        "grids": frame(
            [
                {
                    "grid_id": f"G{i}",
                    "name": f"第{i}网格",
                    "parent_id": village[i],
                    "leader": "张三",
                    "geometry": block(i * 500 - 500, 0, i * 500, 1000),
                }
                for i in village
            ]
        ),
        "households": frame(
            [
                {"household_id": f"H{n:03}", "persons": 3, "aged_65": 1, "children_0_14": 1, "geometry": at(x, y)}
                for n, (x, y) in enumerate(homes)
            ]
        ),
        "facilities": frame(
            [
                {"facility_id": "F1", "name": "西卫生室", "services": "medical", "status": "built", "geometry": at(100, 500)},
                {"facility_id": "F2", "name": "东卫生室", "services": "medical", "status": "planned", "geometry": at(1900, 500)},
            ]
        ),
        "roads": frame([{"road_id": "R1", "highway": "residential", "geometry": street((0, 500), (2000, 500))}]),
    }


def three_sizes() -> dict[str, gpd.GeoDataFrame]:
    r"""One village of two large grids; the western one holds two medium grids, the upper one of which holds two small ones.

    ::

        200 +----+----+---------+
            | S1 | S2 |         |     L1 = M1 + M2, L2 the eastern half, not divided
            |    M1   |    L2   |     M1 = S1 + S2, M2 not divided
        100 +----+----+         |
            |    M2   |         |
          0 +---------+---------+
            0   100  200       400
    """
    rows = {
        "L1": ("large", "V", block(0, 0, 200, 200)),
        "L2": ("large", "V", block(200, 0, 400, 200)),
        "M1": ("medium", "L1", block(0, 100, 200, 200)),
        "M2": ("medium", "L1", block(0, 0, 200, 100)),
        "S1": ("small", "M1", block(0, 100, 100, 200)),
        "S2": ("small", "M1", block(100, 100, 200, 200)),
    }
    grids = [
        {"grid_id": key, "name": key, "level": level, "parent_id": parent, "geometry": shape}
        for key, (level, parent, shape) in rows.items()
    ]
    village = {"area_id": "V", "name": "村", "level": "village", "parent_id": None, "geometry": block(0, 0, 400, 200)}
    return {"grids": frame(grids), "areas": frame([village])}
