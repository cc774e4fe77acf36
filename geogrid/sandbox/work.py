"""What is done in the process that reads strangers' files, once it has given everything up: here the libraries are loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pyogrio

from geogrid.bringing import read_files
from geogrid.errors import GeogridError
from geogrid.profile import Profile
from geogrid.sandbox.drivers import DRIVERS
from geogrid.sandbox.handover import LONGEST, SAID, Said, give

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from geogrid.sandbox.confine import Confined


class DriversError(RuntimeError):
    """The library of formats knows more of them than it was to."""


def read_into(out: Path, *, given: Path, asked: Mapping[str, Any], confined: Confined) -> None:
    """Read the files in a folder, and write tables, or why there are none, into another.

    Parameters
    ----------
    out, given : Path
        Folders.
    asked : mapping
        ``files``: name of the file in ``given`` by table; ``profile``: as JSON; ``units``: ids of units that there are.
    confined : Confined
        What holds this process.

    Raises
    ------
    DriversError
        When a driver is loaded that should not be.
    """
    if not set(pyogrio.list_drivers()) <= DRIVERS:
        raise DriversError(sorted(set(pyogrio.list_drivers()) - DRIVERS))
    said = Said(confined=list(confined))
    files = {table: given / name for table, name in asked["files"].items()}
    if files:
        known = {"units": pd.DataFrame({"unit_id": asked["units"]})}
        try:
            read = read_files(files, profile=Profile.model_validate(asked["profile"]), known=known)
            said = Said(confined=list(confined), tables=give(read, out))
        except GeogridError as error:
            said = Said(confined=list(confined), problem=[text[:LONGEST] for text in error.message])
    (out / SAID).write_text(said.model_dump_json(), encoding="utf-8")
