"""What was made once and can be used again: networks and placements, in a folder, by the hash of all that they are made from.

A *key* is the hash of everything that went in (streets, points, mode, pace, limit, and this package's own code), so nothing stale
is ever found. A file's name ends in the hash of its content, so nothing damaged is ever used: what does not fit is made anew, and
that is said. No file is unpickled.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import struct
import time
import zipfile
import zlib
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from pyproj.exceptions import ProjError

from geogrid.replacing import PRIVATE_FILE, private_folder, replacing
from geogrid.results import Network, Placement
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import geopandas as gpd

    Saveable = TypeVar("Saveable", Network, Placement)

FORMAT = "geogrid-saved 1"
"""How a file is laid out."""

MOST = {"network": 8, "places": 24}
"""How many of each kind are kept; the longest unused go first."""

HASH_LETTERS = 40
LEFT_BEHIND_S = 3600.0
"""Half-written files older than this belong to a process that was killed."""

NOT_IN_KEY = ("name", "source_line")
"""Columns of streets that no network depends on."""

NOT_AN_NPZ = (
    *(ValueError, LookupError, TypeError, AttributeError, RuntimeError, ArithmeticError, OSError, EOFError, MemoryError),
    *(zipfile.BadZipFile, zlib.error, struct.error, ProjError),
)
"""What parsing may raise, should somebody have put a file of their own under a name with the right hash."""

DAMAGED = Text("已保存的 {file} 已损坏或不是本程序所存，已重新计算", "the saved {file} is damaged or not ours; it was made anew")
NOT_SAVED = Text("{what} 未能保存（{why}），下次将重新计算", "{what} could not be saved ({why}); it will be made anew next time")
WHAT = {"network": Text("路网", "the street network"), "places": Text("街道位置", "the places on streets")}


class _NotOursError(ValueError):
    """A file whose content is not what its name says."""


@dataclass
class Shelf:
    """A folder of saved networks and placements; without a folder nothing is saved or found.

    Attributes
    ----------
    folder : Path or None
        Made when something is saved; files in it have mode 0600.
    reused : list of str
        Keys of what was found, in order, each after its kind: ``network-…`` or ``places-…``.
    remarks : list of Text
        What was damaged, or could not be saved.
    """

    folder: Path | None = None
    reused: list[str] = field(default_factory=list)
    remarks: list[Text] = field(default_factory=list)

    @property
    def told(self) -> tuple[tuple[str, ...], tuple[Text, ...]]:
        """Return what was reused, and the remarks."""
        return tuple(self.reused), tuple(self.remarks)

    def network(self, key: str, make: Callable[[], Network]) -> Network:
        """Return the network of this key, saved or made."""
        return self._of("network", key, Network, make)

    def placement(self, key: str, make: Callable[[], Placement]) -> Placement:
        """Return the placement of this key, saved or made."""
        return self._of("places", key, Placement, make)

    def keep_network(self, key: str, network: Network) -> None:
        """Save a network, unless it is."""
        self._keep("network", key, network)

    def keep_placement(self, key: str, placement: Placement) -> None:
        """Save a placement, unless it is."""
        self._keep("places", key, placement)

    def _keep(self, kind: str, key: str, made: Network | Placement) -> None:
        if self.folder is None or not any(self.folder.glob(f"{kind}-{key}-*.npz")):
            self._save(kind, key, made)

    def _of(self, kind: str, key: str, of_type: type[Saveable], make: Callable[[], Saveable]) -> Saveable:
        found = self._find(kind, key, of_type)
        if found is not None:
            self.reused.append(f"{kind}-{key}")
            return found
        made = make()
        self._save(kind, key, made)
        return made

    def _find(self, kind: str, key: str, of_type: type[Saveable]) -> Saveable | None:
        """Return what a whole file of this key holds; drop files that are not whole."""
        for path in sorted(self.folder.glob(f"{kind}-{key}-*.npz")) if self.folder else []:
            try:
                found = unpacked(path.read_bytes(), of_type, key=key, digest=path.stem.rpartition("-")[2])
                os.utime(path)
            except FileNotFoundError:  # another check dropped it just now
                continue
            except (OSError, _NotOursError):
                self.remarks.append(DAMAGED.fill(file=path.name))
                _drop([path])
            else:
                return found
        return None

    def _save(self, kind: str, key: str, made: Network | Placement) -> None:
        """Save, and drop what is old; a full disk costs only the saving."""
        if self.folder is None:
            return
        content = packed(made, key=key)
        try:
            path = private_folder(self.folder) / f"{kind}-{key}-{hash_of([content])}.npz"
            with replacing(path, mode=PRIVATE_FILE) as part:
                part.write_bytes(content)
            drop_old(self.folder, kind)
        except OSError as error:
            why = error.strerror or type(error).__name__
            self.remarks.append(Text(*(text.format(what=w, why=why) for text, w in zip(NOT_SAVED, WHAT[kind], strict=True))))


def drop_old(folder: Path, kind: str) -> None:
    """Keep the files of a kind that were used last, and nothing that a killed process left half written."""
    written = sorted(((path.stat().st_mtime, path) for path in folder.glob(f"{kind}-*.npz")), reverse=True)
    _drop(path for _, path in written[MOST[kind] :])
    now = time.time()
    _drop(path for path in folder.glob(".*-*.*") if now - path.stat().st_mtime > LEFT_BEHIND_S)


def _drop(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def network_key(roads: gpd.GeoDataFrame, *, mode: str, speed_kmh: float, leg_kmh: float | None = None) -> str:
    """Return the hash of all that a network is made from: shapes, CRS, every column that may matter, mode and paces.

    Parameters
    ----------
    roads
        Streets in the order and CRS in which the network is built.
    mode, speed_kmh, leg_kmh
        As for ``network.build_network``.

    Examples
    --------
    >>> import geopandas as gpd
    >>> streets = gpd.GeoDataFrame({"highway": ["path"]}, geometry=[shapely.LineString([(0, 0), (9, 0)])], crs=4548)
    >>> one, other = (network_key(streets, mode="walk", speed_kmh=kmh) for kmh in (5.0, 3.6))
    >>> one == other, one == network_key(streets.copy(), mode="walk", speed_kmh=5.0)
    (False, True)
    """
    columns = sorted(str(c) for c in roads.columns if c != roads.geometry.name and c not in NOT_IN_KEY)
    shapes = (shape or b"?" for shape in shapely.to_wkb(roads.geometry.to_numpy(), byte_order=1))
    parts: list[str | bytes] = [_code(), "network", crs_name(roads.crs), mode, repr(float(speed_kmh)), b"".join(shapes), *columns]
    parts.append("" if leg_kmh is None else repr(float(leg_kmh)))
    return hash_of([*parts, *(part for column in columns for part in _cells(roads[column]))])


def placement_key(network: str, points: gpd.GeoDataFrame, *, max_snap_m: float) -> str:
    """Return the hash of all that a placement is made from: the network's key, every position, and the limit.

    Examples
    --------
    >>> import geopandas as gpd
    >>> home = gpd.GeoDataFrame(geometry=[shapely.Point(5, 3)], crs=4548)
    >>> placement_key("n", home, max_snap_m=200.0) == placement_key("n", home, max_snap_m=100.0)
    False
    """
    places = points.geometry.to_numpy()
    xy = np.column_stack([shapely.get_x(places), shapely.get_y(places)]).astype("<f8")
    parts: list[str | bytes] = [_code(), "places", network, crs_name(points.crs), repr(float(max_snap_m)), xy.tobytes()]
    return hash_of(parts)


def crs_name(crs: CRS | None) -> str:
    """Return a name of a CRS that leads back to it: its code, or else its WKT."""
    if crs is None:
        return ""
    return str(crs.to_string()) if crs.to_authority() else str(crs.to_wkt())


def hash_of(parts: Iterable[str | bytes]) -> str:
    """Return the start of the SHA-256 of parts, each after its length, so that no two lists of parts read alike.

    Examples
    --------
    >>> hash_of(["ab", "c"]) == hash_of(["a", "bc"]), len(hash_of([]))
    (False, 40)
    """
    digest = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        digest.update(len(content).to_bytes(8, "little"))
        digest.update(content)
    return digest.hexdigest()[:HASH_LETTERS]


@cache
def _code() -> str:
    """Return the hash of this package's code: what an older version made is not this version's."""
    package = Path(__file__).parent
    return hash_of(part for path in sorted(package.rglob("*.py")) for part in (path.name, path.read_bytes()))


def _cells(column: pd.Series) -> list[bytes]:
    """Return a column's cells as text to hash: which distinct text stands where (-1 for none), and the texts."""
    missing = column.isna().to_numpy(dtype=bool)
    text = column[~missing].map(str) if column.dtype == object else column[~missing]
    numbered, values = pd.factorize(text)
    codes = np.full(len(column), -1, dtype="<i8")
    codes[~missing] = numbered
    return [codes.tobytes(), json.dumps([str(value) for value in values]).encode()]


def packed(made: Network | Placement, *, key: str) -> bytes:
    """Return a network or placement as the bytes of an NPZ file that says what it is and of which key."""
    values = {each.name: getattr(made, each.name) for each in fields(made)}
    arrays = {name: value for name, value in values.items() if isinstance(value, np.ndarray) and value.dtype != object}
    texts = {name: value for name, value in values.items() if isinstance(value, np.ndarray) and value.dtype == object}
    for name, value in texts.items():
        letters = [str(cell).encode() for cell in value]
        arrays[f"{name}.ends"] = np.cumsum([len(cell) for cell in letters], dtype=np.int64)
        arrays[f"{name}.letters"] = np.frombuffer(b"".join(letters), dtype=np.uint8)
    rest = {name: value for name, value in values.items() if not isinstance(value, np.ndarray)}
    plain = {name: {"crs": crs_name(value)} if isinstance(value, CRS) else value for name, value in rest.items()}
    head = {"format": FORMAT, "type": type(made).__name__, "key": key, "plain": plain, "texts": list(texts)}
    stream = io.BytesIO()
    named: dict[str, Any] = {"head.json": np.frombuffer(json.dumps(head).encode(), dtype=np.uint8), **arrays}
    np.savez(stream, **named)
    return stream.getvalue()


def unpacked(content: bytes, of_type: type[Saveable], *, key: str, digest: str) -> Saveable:
    """Return what `packed` was given.

    Raises
    ------
    ValueError
        If the bytes are not those of this digest, or not a thing of this type and key.
    """
    if hash_of([content]) != digest:
        raise _NotOursError(digest)
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as stored:
            if any(member.compress_type != zipfile.ZIP_STORED for member in stored.zip.infolist()):
                raise _NotOursError(key)  # we store: what is compressed may be a bomb
            arrays = {name: stored[name] for name in stored.files}
        head = json.loads(arrays.pop("head.json").tobytes())
        if (head["format"], head["type"], head["key"]) != (FORMAT, of_type.__name__, key):
            raise _NotOursError(key)
        values: dict[str, Any] = {name: _plain(value) for name, value in head["plain"].items()}
        for name in head["texts"]:
            values[name] = _texts(arrays.pop(f"{name}.ends"), arrays.pop(f"{name}.letters").tobytes())
        return of_type(**values, **arrays)
    except NOT_AN_NPZ as error:
        raise _NotOursError(key) from error


def _plain(value: Any) -> Any:
    return CRS.from_user_input(value["crs"]) if isinstance(value, dict) else value


def _texts(ends: np.ndarray[Any, Any], letters: bytes) -> np.ndarray[Any, Any]:
    starts = [0, *ends.tolist()][: len(ends)]
    texts = np.empty(len(ends), dtype=object)
    texts[:] = [letters[start:end].decode() for start, end in zip(starts, ends.tolist(), strict=True)]
    return texts
