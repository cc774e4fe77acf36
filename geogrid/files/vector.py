"""Shapefile, FlatGeobuf and GeoParquet. GDAL sees a file only after its first bytes were checked, and never an archive."""

from __future__ import annotations

import json
import struct
import tempfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pyogrio.errors
from pyogrio.raw import read as read_raw_arrays

from geogrid.errors import InputError
from geogrid.files.archive import checked_members, unpack
from geogrid.files.encoding import BROKEN, cell_encoding, mend
from geogrid.files.raw import GEOMETRY, RawTable, column_names, declared_crs, empty_file, pick_layer, rejection, show, unreadable
from geogrid.files.sniffing import FGB_MAGIC, SHP_MAGIC
from geogrid.files.wkb import decode_wkb
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    from pyproj import CRS

GDAL_ERRORS = (
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    pyogrio.errors.FeatureError,
    RuntimeError,
    ValueError,
    IndexError,
)
"""What pyogrio raises for damaged files; an IndexError when GDAL finds no layer at all."""

SIDECARS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
NEEDED = (".shp", ".shx", ".dbf")
MAX_FGB_HEADER = 10 << 20
MAX_SIDECAR_CHARACTERS = 64 << 10
"""A real .prj or .cpg has a few hundred."""

MAX_PARQUET_BYTES = 1 << 29
BATCH_ROWS = 1 << 12
BATCH_BYTES = 64 << 20
SHARED_BYTES = 8
"""A column chunk of fewer bytes a value than this has values in common."""

MALFORMED_GEOMETRY = (
    "malformed_geometry",
    Text("应为完好的几何编码（WKB）", "a sound geometry encoding (WKB)"),
    Text("请在 GIS 软件中修正该图形后重新导出", "mend this shape in a GIS and export it again"),
)


def read_shapefile(path: Path, *, name: str) -> RawTable:
    """Return the features of a Shapefile, numbered from 1; its encoding comes from ``.cpg`` when that fits, else from the bytes.

    Raises
    ------
    InputError
        A missing or damaged part (``.shp``, ``.shx``, ``.dbf``).
    CrsError
        A ``.prj`` that is not understood.
    """
    parts = {part.suffix.casefold(): part for part in path.parent.glob(f"{_escaped(path.stem)}.*") if part.is_file()}
    missing = [suffix for suffix in NEEDED if suffix not in parts]
    if missing:
        listed = ", ".join(missing)
        raise InputError(
            Text(
                f"{name} 缺少同名的 {listed} 文件；请把 .shp、.shx、.dbf（及 .prj、.cpg）一起提供，或打成 zip。",
                f"{name} lacks its {listed}; keep .shp, .shx, .dbf (and .prj, .cpg) together, or zip them.",
            )
        )
    declared = _said(parts[".cpg"]) if ".cpg" in parts else None
    crs = declared_crs(_said(parts[".prj"]), name=name) if ".prj" in parts else None
    meta, shapes, cells = _through_gdal(path, name=name, kind="Shapefile", encoding="ISO-8859-1")
    return _shapefile_table(meta, (shapes, cells), declared, crs, name=name)


def _said(sidecar: Path) -> str:
    """Return the text of a .prj or .cpg, of which a bomb is not read to its end."""
    with sidecar.open(encoding="utf-8", errors="replace") as stream:
        return stream.read(MAX_SIDECAR_CHARACTERS)


def _escaped(stem: str) -> str:
    return "".join(f"[{letter}]" if letter in "[]*?" else letter for letter in stem)


def _shapefile_table(
    meta: Mapping[str, Any], data: tuple[Any, Sequence[Any]], declared: str | None, crs: CRS | None, *, name: str
) -> RawTable:
    """Decode names and cells, which were read as bytes, cell by cell: one cut character spoils one cell."""
    shapes, cells = data
    texts = [cell for column in cells if column.dtype == object for cell in column if isinstance(cell, str)]
    fields = [str(field) for field in meta["fields"]]
    encoding = cell_encoding("\n".join([*fields, *texts]).encode("latin-1", "replace"), declared)
    decoded = [_decoded(column, encoding) for column in cells]
    names = [mend(field.encode("latin-1", "replace"), encoding) for field in fields]
    broken = sum(isinstance(cell, str) and BROKEN in cell for column in decoded for cell in column)
    note = Text("{n} 个单元格的末尾文字被截断或有乱码", "{n} cells end in a cut or broken character").fill(n=broken)
    table = _assemble(names, decoded, shapes, name=name)
    return RawTable(table[0], "shp", crs=crs, encoding=encoding, rejected=table[1], notes=(note,) if broken else ())


def _decoded(column: Any, encoding: str) -> Any:
    if column.dtype != object:
        return column
    return [mend(cell.encode("latin-1", "replace"), encoding) if isinstance(cell, str) else cell for cell in column]


def read_zipped_shapefile(path: Path, *, name: str, layer: str | None = None) -> RawTable:
    """Return the features of the Shapefile in a zip: its parts are checked, then copied under plain names and read there.

    Raises
    ------
    InputError
        A hostile or damaged zip, no Shapefile in it, or several and none named.
    """
    members = checked_members(path, name=name)
    found: dict[str, dict[str, str]] = {}
    for member in members:
        inside = PurePosixPath(member.filename.replace("\\", "/"))
        if inside.suffix.casefold() in SIDECARS and "__MACOSX" not in inside.parts:
            found.setdefault(str(inside.with_suffix("")), {})[inside.suffix.casefold()] = member.filename
    stems = [stem for stem, parts in found.items() if ".shp" in parts]
    names = [PurePosixPath(stem).name for stem in stems]
    shapefiles = {short if names.count(short) == 1 else stem: found[stem] for stem, short in zip(stems, names, strict=True)}
    if not shapefiles:
        raise InputError(
            Text(
                f"{name} 里没有 Shapefile（.shp）；zip 只用于打包 Shapefile。",
                f"{name} holds no Shapefile (.shp); a zip is read for Shapefiles only.",
            )
        )
    chosen = shapefiles[pick_layer(dict.fromkeys(shapefiles, ()), layer, None, name=name)]
    with tempfile.TemporaryDirectory(prefix="geogrid-") as folder:
        unpack(path, {member: Path(folder, f"layer{suffix}") for suffix, member in chosen.items()}, name=name)
        target = Path(folder, "layer.shp")
        require_magic(target, SHP_MAGIC, name=name, kind="Shapefile")
        table = read_shapefile(target, name=name)
    return RawTable(table.frame, "shp.zip", table.crs, table.encoding, table.rejected, table.notes)


def require_magic(path: Path, magic: bytes, *, name: str, kind: str) -> None:
    """Refuse a file whose first bytes are not those of its format."""
    with path.open("rb") as stream:
        if stream.read(len(magic)) != magic:
            raise unreadable(name, kind)


def read_flatgeobuf(path: Path, *, name: str) -> RawTable:
    """Return the features of a FlatGeobuf file, numbered from 1.

    Raises
    ------
    InputError
        A damaged file, or one whose header claims more than the file can hold.
    """
    require_magic(path, FGB_MAGIC, name=name, kind="FlatGeobuf")
    with path.open("rb") as stream:
        start = stream.read(12)
    # A size below 10 MiB has a zero byte, at which drivers that search the first bytes for their own words stop.
    size = struct.unpack_from("<I", start, 8)[0] if len(start) == 12 else 0  # noqa: PLR2004 - magic and size
    if not 0 < size <= min(MAX_FGB_HEADER, path.stat().st_size):
        raise unreadable(name, "FlatGeobuf")
    meta, shapes, cells = _through_gdal(path, name=name, kind="FlatGeobuf", encoding="utf-8")
    crs = declared_crs(str(meta["crs"]), name=name) if meta.get("crs") else None
    frame, rejected = _assemble([str(field) for field in meta["fields"]], cells, shapes, name=name)
    return RawTable(frame, "fgb", crs=crs, encoding="utf-8", rejected=rejected)


def _through_gdal(path: Path, *, name: str, kind: str, encoding: str) -> tuple[Mapping[str, Any], Any, Sequence[Any]]:
    """Return GDAL's description, WKB and columns of a checked local file."""
    try:
        meta, _, shapes, cells = read_raw_arrays(str(path.absolute()), encoding=encoding, force_2d=True, datetime_as_string=True)
    except GDAL_ERRORS as error:
        raise unreadable(name, kind) from error
    if shapes is None:
        shapes = np.full(len(cells[0]) if cells else 0, None, dtype=object)
    return meta, shapes, cells


def _assemble(
    names: Sequence[str], cells: Sequence[Any], shapes: Any, *, name: str
) -> tuple[pd.DataFrame, tuple[dict[str, object], ...]]:
    """Return a frame numbered from 1, and rejected rows for geometries that cannot be read."""
    if not len(shapes):
        raise empty_file(name)
    index = pd.RangeIndex(1, len(shapes) + 1, name="source_line")
    columns = {
        column: pd.Series([_plain(cell) for cell in values], index=index, dtype=object)
        for column, values in zip(column_names(names, rows=len(shapes)), cells, strict=True)
    }
    geometries, broken = decode_wkb(shapes)
    frame = pd.DataFrame({**columns, GEOMETRY: pd.Series(geometries, index=index, dtype=object)}, index=index)
    attributes = frame.drop(columns=GEOMETRY)
    rejected = tuple(
        rejection(place + 1, "geometry", MALFORMED_GEOMETRY, attributes.iloc[place].to_dict())
        for place in np.flatnonzero(broken).tolist()
    )
    return frame[~broken], rejected


def _plain(cell: Any) -> Any:
    """Return a cell as plain Python: numpy numbers unwrapped, NaN and bytes as None, nested values as JSON or a list as text."""
    value = cell.item() if isinstance(cell, np.generic) else cell
    if isinstance(value, np.ndarray | list | tuple):
        return ";".join("" if one is None else str(one) for one in value)
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, bytes) or value is pd.NaT or (isinstance(value, float) and value != value):  # noqa: PLR0124 - NaN
        return None
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def read_parquet(path: Path, *, name: str) -> RawTable:
    """Return the rows of a GeoParquet file (or a plain Parquet table with coordinates), numbered from 1.

    Raises
    ------
    InputError
        A damaged file, one that would unpack to more than 512 MiB, or a geometry encoding other than WKB.
    """
    try:
        with path.open("rb") as stream:
            file = pq.ParquetFile(stream)
            column_names(file.metadata.schema.names, rows=file.metadata.num_rows)
            table = _within_limit(file, name)
    except (pa.ArrowException, OSError, struct.error, OverflowError) as error:
        raise unreadable(name, "Parquet") from error
    return _parquet_table(table, _geo(table, name), name=name)


def _within_limit(file: pq.ParquetFile, name: str) -> pa.Table:
    """Read a file piece by piece, up to a limit: a value written once can stand in every row, and no size in the file says so."""
    groups = [file.metadata.row_group(group) for group in range(file.metadata.num_row_groups)]
    chunks = [group.column(place) for group in groups for place in range(group.num_columns)]
    size = sum(group.total_byte_size for group in groups)
    shared = [one.total_uncompressed_size for one in chunks if one.total_uncompressed_size < SHARED_BYTES * one.num_values]
    rows = min(BATCH_ROWS, max(1, BATCH_BYTES // max([1, *shared])))
    pieces = []
    for piece in file.iter_batches(batch_size=rows) if size <= MAX_PARQUET_BYTES else ():
        pieces.append(_spelt_out(piece))
        size += pieces[-1].nbytes
        if size > MAX_PARQUET_BYTES:
            break
    if size > MAX_PARQUET_BYTES:
        limit = MAX_PARQUET_BYTES >> 20
        raise InputError(
            Text(
                f"{name} 解压后超过 {limit} MiB，不予读取；请拆分。",
                f"{name} would unpack to more than {limit} MiB and is refused; split it.",
            )
        )
    return pa.Table.from_batches(pieces) if pieces else file.read()


def _spelt_out(piece: pa.RecordBatch) -> pa.RecordBatch:
    """Return rows with every value in its place, as they will be read."""
    columns = [column.dictionary_decode() if pa.types.is_dictionary(column.type) else column for column in piece.columns]
    plain = pa.RecordBatch.from_arrays(columns, names=piece.schema.names)
    return plain.replace_schema_metadata(piece.schema.metadata)


def _geo(table: pa.Table, name: str) -> dict[str, Any] | None:
    """Return GeoParquet's description of the primary geometry column, with its name; None for a plain table."""
    text = (table.schema.metadata or {}).get(b"geo")
    if text is None:
        return None
    try:
        geo = json.loads(text)
        column = geo["primary_column"]
        described = {**geo["columns"][column], "name": column}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise unreadable(name, "GeoParquet") from error
    if described.get("encoding") != "WKB" or table.column_names.count(column) != 1:
        shown = show(described.get("encoding"))
        raise InputError(
            Text(
                f"{name} 的几何编码是“{shown}”，应为 WKB；请重新导出。",
                f"{name} encodes geometry as {shown!r}; WKB is expected; export it again.",
            )
        )
    return described


def _parquet_table(table: pa.Table, geo: Mapping[str, Any] | None, *, name: str) -> RawTable:
    others = [column for column in table.column_names if geo is None or column != geo["name"]]
    try:
        cells = [table.column(column).to_pylist() for column in others]
    except (pa.ArrowException, ValueError, LookupError, OverflowError) as error:
        raise unreadable(name, "Parquet") from error
    if geo is not None:
        frame, rejected = _assemble(others, cells, _wkb_column(table, geo["name"], name), name=name)
        return RawTable(frame, "parquet", crs=_parquet_crs(geo, name), encoding="utf-8", rejected=rejected)
    frame, _ = _assemble(others, cells, [None] * table.num_rows, name=name)
    return RawTable(frame.drop(columns=GEOMETRY), "parquet", encoding="utf-8")


def _wkb_column(table: pa.Table, column: str, name: str) -> npt.NDArray[np.object_]:
    kind = table.schema.field(column).type
    storage = kind.storage_type if isinstance(kind, pa.ExtensionType) else kind
    if not (pa.types.is_binary(storage) or pa.types.is_large_binary(storage)):
        raise unreadable(name, "GeoParquet")
    shapes = np.empty(table.num_rows, dtype=object)
    shapes[:] = table.column(column).cast(storage).to_pylist()
    return shapes


def _parquet_crs(geo: Mapping[str, Any], name: str) -> CRS | None:
    """Return the declared CRS; without a word about it, GeoParquet means longitude and latitude of WGS 84."""
    declared = geo.get("crs", "OGC:CRS84")
    if declared is None:
        return None
    return declared_crs(declared if isinstance(declared, str) else json.dumps(declared), name=name)
