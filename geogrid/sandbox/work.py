"""What is done in the process that reads strangers' files, once it has given everything up: here the libraries are loaded."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyogrio

from geogrid.bringing import read_files
from geogrid.errors import GeogridError
from geogrid.profile import Profile
from geogrid.sandbox.drivers import DRIVERS
from geogrid.sandbox.handover import LONGEST, SAID, Said, give
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from geogrid.results import ReadResult
    from geogrid.sandbox.confine import Confined


class DriversError(RuntimeError):
    """The library of formats knows more of them than it was to."""


def read_into(out: Path, *, given: Path, asked: Mapping[str, Any], confined: Confined) -> bool:
    """Read the files in a folder, and write tables, or why there are none, into another.

    Returns whether that was done: not where a library failed at what is in a file.

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
        read = _read(files, asked)
        if read is None:
            return False
        told = {"problem": [text[:LONGEST] for text in read]} if isinstance(read, Text) else {"tables": give(read, out)}
        said = Said(confined=list(confined), **told)
    (out / SAID).write_text(said.model_dump_json(), encoding="utf-8")
    return True


def _read(files: Mapping[str, Path], asked: Mapping[str, Any]) -> Mapping[str, ReadResult] | Text | None:
    """Return the tables in files, why they cannot be used, or None where a library fails at one of them."""
    profile, known = Profile.model_validate(asked["profile"]), {"units": pd.DataFrame({"unit_id": asked["units"]})}
    try:
        return read_files(files, profile=profile, known=known)
    except GeogridError as error:
        return error.message
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 -- whatever a stranger's file makes a library raise
        traceback.print_exc()
        return None
