"""geogrid: an open GIS service for grid governance (网格化治理)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.late import named

__version__ = "0.1.0"
__all__ = ["STEPS", "Report", "__version__", "check", "data_dir", "draft_grids", "load_profile"]

if TYPE_CHECKING:
    from geogrid.draft import draft_grids
    from geogrid.profile import data_dir, load_profile
    from geogrid.report import Report, check
    from geogrid.stepnames import STEPS
else:
    __getattr__ = named(
        {"draft_grids": "geogrid.draft", "data_dir": "geogrid.profile", "load_profile": "geogrid.profile"}
        | {"STEPS": "geogrid.stepnames"}
        | dict.fromkeys(("Report", "check"), "geogrid.report")
    )
