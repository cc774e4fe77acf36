"""The examples of the nine places: each is made and checked once in a process."""

from __future__ import annotations

import atexit
import json
import sys
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

import geogrid
from geogrid.profile import data_dir

if TYPE_CHECKING:
    from geogrid.report import Report

sys.path.insert(0, str(data_dir()))

from _place_matters import DAY
from _place_recipes import RECIPES
from _place_sizes import spread
from make_place import main, make_place, write_place

__all__ = ["PLACES", "RECIPES", "faults", "made", "main", "make_place", "planted", "spread", "write_place"]

PLACES = ("funing", "changli", "beidaihe", "lufeng", "luohe", "fushan", "chengmai", "erdao", "hongqi")
TABLES = (".geojson", ".csv")
SHELF = TemporaryDirectory(prefix="places")
atexit.register(SHELF.cleanup)


class Made(NamedTuple):
    """An example: the folder with its files, and what a check says of it on the day after its last matter."""

    folder: Path
    report: Report


@lru_cache(maxsize=len(PLACES))
def made(place: str) -> Made:
    folder = Path(SHELF.name) / place
    write_place(make_place(place), folder)
    files: Any = {path.stem: path for path in folder.iterdir() if path.suffix in TABLES}
    return Made(folder, geogrid.check(**files, profile=place, on=DAY))


@lru_cache(maxsize=len(PLACES))
def faults(place: str) -> tuple[dict[str, str], ...]:
    """Return the faults that an example says it has."""
    return tuple(json.loads((made(place).folder / "faults.json").read_text("utf-8")))


def planted(place: str, by: str) -> set[str]:
    """Return in which subjects faults were planted that a standard or check should find."""
    return {fault["subject_id"] for fault in faults(place) if by in (fault.get("standard"), fault.get("check"))}
