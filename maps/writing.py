"""The pages of a check, written into its folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maps.document import report_document
from maps.page import map_page

if TYPE_CHECKING:
    from pathlib import Path

    from geogrid.privacy import PublicReport
    from geogrid.words import Lang


def write_pages(public: PublicReport, out_dir: Path, lang: Lang = "zh") -> tuple[Path, ...]:
    """Write ``map.html`` and ``report.html`` into a report's folder and return their paths."""
    pages = {"map.html": map_page(public, lang=lang), "report.html": report_document(public, lang=lang)}
    for name, page in pages.items():
        (out_dir / name).write_text(page, encoding="utf-8", newline="\n")
    return tuple(out_dir / name for name in pages)
