"""geogrid: an open GIS service for grid governance (网格化治理)."""

from __future__ import annotations

__version__ = "0.1.0"

from geogrid.draft import draft_grids
from geogrid.profile import data_dir, load_profile
from geogrid.report import STEPS, Report, check

__all__ = ["STEPS", "Report", "__version__", "check", "data_dir", "draft_grids", "load_profile"]
