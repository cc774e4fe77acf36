"""Pages made from what is public of a report; folium lives here and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maps.page import coverage_map, map_page

if TYPE_CHECKING:
    from pathlib import Path

    from geogrid.privacy import PublicReport
    from geogrid.words import Lang

__all__ = ["coverage_map", "map_page", "write_pages"]


def write_pages(public: PublicReport, out_dir: Path, lang: Lang = "zh") -> tuple[Path, ...]:
    """Write ``map.html`` and ``report.html`` into a report's folder and return their paths."""
    from maps.document import report_document  # noqa: PLC0415 -- the map alone needs no document

    pages = {"map.html": map_page(public, lang=lang), "report.html": report_document(public, lang=lang)}
    for name, page in pages.items():
        (out_dir / name).write_text(page, encoding="utf-8", newline="\n")
    return tuple(out_dir / name for name in pages)
