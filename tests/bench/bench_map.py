"""Map of 5,000 grids: seconds to build and gzipped bytes, as ratios to plain folium (a GeoJson layer of the same columns).

Run: ``python -m tests.bench.bench_map [grids]``. Plain folium's page leaves its scripts on a CDN; ours holds them, and still
aims at half the time and a third of the bytes.
"""

from __future__ import annotations

import gzip
import sys
import time
from typing import TYPE_CHECKING

import folium

from maps import map_page
from tests.map_town import town

if TYPE_CHECKING:
    from collections.abc import Callable

    from geogrid.privacy import PublicReport

REPEATS = 3


def plain_folium(public: PublicReport) -> str:
    """Return a folium map of the same polygons with the same columns, coloured by one share, with a tooltip."""
    drawn = folium.Map(tiles=None)
    folium.GeoJson(
        public.grids,
        style_function=lambda row: {"fillColor": "#5a9bd0" if (row["properties"]["share_all"] or 0) > 0.8 else "#b9570f"},
        tooltip=folium.GeoJsonTooltip(["name", "leader", "households", "share_all"]),
    ).add_to(drawn)
    folium.GeoJson(public.areas[["area_id", "name", "geometry"]]).add_to(drawn)
    return str(drawn.get_root().render())


def measure(make: Callable[[], str]) -> tuple[float, int]:
    """Return the least seconds of a few runs, and the gzipped bytes of the page."""
    seconds = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        page = make()
        seconds.append(time.perf_counter() - start)
    return min(seconds), len(gzip.compress(page.encode("utf-8"), 6))


def main(grids: int = 5000) -> None:
    """Print both and their ratios."""
    rows = round((grids / 1.25) ** 0.5)
    public = town(columns=-(-grids // rows), rows=rows)
    plain_s, plain_bytes = measure(lambda: plain_folium(public))
    ours_s, ours_bytes = measure(lambda: map_page(public))
    print(f"{len(public.grids)} grids")
    print(f"plain folium GeoJson  {plain_s:6.2f} s  {plain_bytes / 1e6:6.2f} MB gzipped")
    print(f"coverage map          {ours_s:6.2f} s  {ours_bytes / 1e6:6.2f} MB gzipped")
    print(f"ratio                 {ours_s / plain_s:6.2f}    {ours_bytes / plain_bytes:6.2f}   (aims: 0.50, 0.33)")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
