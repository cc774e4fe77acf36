"""The tables and settings of a town as private files: GeoParquet, and one JSON file that names and checks them."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import math
import re
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
from pyarrow import ArrowException
from pyproj import CRS
from pyproj.exceptions import CRSError

from geogrid.errors import InputError
from geogrid.modes import MODES
from geogrid.plain import as_json
from geogrid.profile import Profile
from geogrid.replacing import PRIVATE, PRIVATE_FILE, locked, private_folder, replacing
from geogrid.saved import crs_name, hash_of
from geogrid.settings import Settings
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SAVED = "saved"
MANIFEST = "town.json"
FORMAT = "geogrid-town"
VERSION = 1

TABLE_FILE = re.compile(r"town-[a-z]+-[0-9a-z]+\.parquet")
"""What a manifest may name: a table beside it, and no other file of this machine."""

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "grids": ("grid_id", "name", "parent_id"),
    "households": ("household_id", "persons", "grid_id"),
    "facilities": ("facility_id", "name", "services", "status", "grid_id"),
    "roads": ("road_id",),
}
"""Tables that every town has, and columns without which no question can be answered."""

BY_SERVICE = ("speed_kmh", "cutoff_min", "radius_m")
ABOVE_0 = ("walking_speed_kmh", "max_snap_m")

NO_TOWN = Text(
    "{folder} 里没有可用的已存数据（{zh}）：请重新运行 geogrid check，--out 指向这个文件夹",
    "{folder} holds no town that can be used ({en}): run geogrid check again, with this folder as --out",
)
MISSING = Text("没有找到 {file}", "there is no {file}")
UNREADABLE = Text("{file} 无法读取", "{file} cannot be read")
DAMAGED = Text("{file} 已损坏", "{file} is damaged")
OTHER_VERSION = Text("由另一版本保存", "another version saved it")


def saved_folder(folder: Path) -> Path:
    """Return where a check's folder keeps what later questions need."""
    return folder / PRIVATE / SAVED


def write_tables(tables: Mapping[str, gpd.GeoDataFrame], settings: Settings, crs: CRS, folder: Path) -> None:
    """Write tables and settings; the manifest last, so that what stood there before is replaced in one step.

    Parameters
    ----------
    tables : mapping of GeoDataFrame
        In ``crs``, with a RangeIndex.
    settings : Settings
        Of the check, with its whole profile.
    crs : CRS
        Of the tables.
    folder : Path
        The check's folder.
    """
    private_folder(folder / PRIVATE)
    saved = private_folder(saved_folder(folder))
    with locked(saved):  # of two checks at once, one would throw away the tables of the other
        _write_town(tables, settings, crs, saved)


def _write_town(tables: Mapping[str, gpd.GeoDataFrame], settings: Settings, crs: CRS, saved: Path) -> None:
    entries = {name: _write_table(name, table, saved) for name, table in tables.items()}
    town = {"crs": crs_name(crs), "settings": settings_json(settings), "tables": entries}
    content = {"format": FORMAT, "version": VERSION, "hash": _hash_of_town(town), "town": town}
    with replacing(saved / MANIFEST, mode=PRIVATE_FILE) as part:
        part.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    for path in set(saved.glob("town-*.parquet")) - {saved / entry["file"] for entry in entries.values()}:
        path.unlink(missing_ok=True)


def _write_table(name: str, table: gpd.GeoDataFrame, saved: Path) -> dict[str, Any]:
    """Write one table under a name that ends in its content's hash, and describe it."""
    stream = io.BytesIO()
    table.to_parquet(stream, index=False)
    content = stream.getvalue()
    digest = hashlib.sha256(content).hexdigest()
    file = f"town-{name}-{digest[:16]}.parquet"
    with replacing(saved / file, mode=PRIVATE_FILE) as part:
        part.write_bytes(content)
    return {"file": file, "sha256": digest, "rows": len(table), "tuples": _tuple_columns(table)}


def _tuple_columns(table: pd.DataFrame) -> list[str]:
    """Name the columns whose cells are tuples, which come back from a file as arrays."""
    columns = [c for c in table.columns if table[c].dtype == object]
    return [str(c) for c in columns if len(kept := table[c].dropna()) and isinstance(kept.iloc[0], tuple)]


def _hash_of_town(town: Mapping[str, Any]) -> str:
    return hash_of([json.dumps(town, ensure_ascii=True, sort_keys=True)])


def read_tables(folder: Path) -> tuple[dict[str, gpd.GeoDataFrame], Settings, CRS]:
    """Read what `write_tables` wrote, and check that not a byte of it changed.

    Parameters
    ----------
    folder : Path
        The check's folder.

    Returns
    -------
    tables : dict of GeoDataFrame
        By name.
    settings : Settings
        Of the check.
    crs : CRS
        Of the tables.

    Raises
    ------
    InputError
        If files are missing or damaged, or another version wrote them.
    """
    try:
        with locked(saved_folder(folder), alone=False):
            return _tables(folder)
    except FileNotFoundError as error:
        raise _no_town(folder, MISSING.fill(file=f"{PRIVATE}/{SAVED}/{MANIFEST}")) from error
    except OSError as error:
        raise _no_town(folder, UNREADABLE.fill(file=f"{PRIVATE}/{SAVED}")) from error


def _tables(folder: Path) -> tuple[dict[str, gpd.GeoDataFrame], Settings, CRS]:
    town = _manifest(folder)
    try:
        crs = CRS.from_user_input(town["crs"])
        settings = settings_of(town["settings"])
        tables = {name: _read_table(entry, crs, folder) for name, entry in town["tables"].items()}
        _require_ours(settings, tables)
    except InputError:
        raise
    except (LookupError, TypeError, ValueError, AttributeError, CRSError) as error:
        raise _no_town(folder, OTHER_VERSION) from error
    return tables, settings, crs


def _require_ours(settings: Settings, tables: Mapping[str, gpd.GeoDataFrame]) -> None:
    """Refuse what a hash cannot: a manifest that somebody wrote by hand, with a hash that fits.

    Raises
    ------
    KeyError, TypeError, ValueError
        A table or column is missing, a service has no mode, or a limit is no number above 0.
    """
    for name, columns in COLUMNS.items():
        _ = tables[name][list(columns)]
    limits = [getattr(settings, name) for name in ABOVE_0]
    for service in settings.services:
        _ = settings.profile.services[service], MODES[settings.mode[service]]
        limits += [getattr(settings, name)[service] for name in BY_SERVICE]
    if not settings.services or not all(limit > 0 and math.isfinite(limit) for limit in limits):
        raise ValueError(limits)


def _manifest(folder: Path) -> dict[str, Any]:
    content = _bytes(folder, MANIFEST)
    try:
        manifest = json.loads(content)
        if (manifest["format"], manifest["version"]) != (FORMAT, VERSION):
            raise _no_town(folder, OTHER_VERSION)
        town: dict[str, Any] = manifest["town"]
        whole = manifest["hash"] == _hash_of_town(town)
        files = [entry["file"] for entry in town["tables"].values()]
    except (UnicodeDecodeError, json.JSONDecodeError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _no_town(folder, DAMAGED.fill(file=MANIFEST)) from error
    if not whole or not all(isinstance(file, str) and TABLE_FILE.fullmatch(file) for file in files):
        raise _no_town(folder, DAMAGED.fill(file=MANIFEST))
    return town


def _bytes(folder: Path, file: str) -> bytes:
    try:
        return (saved_folder(folder) / file).read_bytes()
    except FileNotFoundError as error:
        raise _no_town(folder, MISSING.fill(file=f"{PRIVATE}/{SAVED}/{file}")) from error
    except OSError as error:
        raise _no_town(folder, UNREADABLE.fill(file=f"{PRIVATE}/{SAVED}/{file}")) from error


def _read_table(entry: Mapping[str, Any], crs: CRS, folder: Path) -> gpd.GeoDataFrame:
    content = _bytes(folder, entry["file"])
    if hashlib.sha256(content).hexdigest() != entry["sha256"]:
        raise _no_town(folder, DAMAGED.fill(file=entry["file"]))
    try:
        table = gpd.read_parquet(io.BytesIO(content))
    except (ArrowException, ValueError) as error:
        raise _no_town(folder, DAMAGED.fill(file=entry["file"])) from error
    listed = {column: [_tuple(cell) for cell in table[column]] for column in entry["tuples"]}
    return table.assign(**{c: pd.Series(cells, dtype=object) for c, cells in listed.items()}).set_crs(crs, allow_override=True)


def _tuple(cell: Any) -> Any:
    return tuple(cell.tolist()) if isinstance(cell, np.ndarray) else cell


def _no_town(folder: Path, why: Text) -> InputError:
    return InputError(NO_TOWN.fill(folder=folder.name or folder, zh=why.zh, en=why.en))


def settings_json(settings: Settings) -> dict[str, Any]:
    """Return settings as JSON holds them, with the whole profile; but not where things were saved.

    Examples
    --------
    >>> from geogrid.settings import settle
    >>> settings = settle({"services": ["medical"]}, offered=["medical"])
    >>> settings_of(settings_json(settings)) == settings
    True
    """
    return {each.name: as_json(getattr(settings, each.name)) for each in fields(settings) if each.name != "saved"}


def settings_of(stored: Mapping[str, Any]) -> Settings:
    """Return the settings that `settings_json` was given.

    Raises
    ------
    KeyError, TypeError, ValueError
        If they are another version's.
    """
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()}
    day = values.get("on")
    values["on"] = None if day is None else dt.date.fromisoformat(day)
    return Settings(**{**values, "profile": Profile.model_validate(values["profile"])})
