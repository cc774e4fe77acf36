"""Pages made from what is public of a report; folium lives here and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.late import named

__all__ = ["coverage_map", "map_page", "write_pages"]

if TYPE_CHECKING:
    from maps.page import coverage_map, map_page
    from maps.writing import write_pages
else:
    __getattr__ = named({"coverage_map": "maps.page", "map_page": "maps.page", "write_pages": "maps.writing"})
