"""The hash chain of a workspace: from a row to its leaf, from leaves to a version, from a version to the next.

Everything here is written down so exactly that another program can recheck it. All hashes are SHA-256 (FIPS 180-4).

**Cell.** A number of bytes that says where it ends:

- a whole number, or a truth value as 0 or 1: ``i``, its decimal digits, ``;``
- a real number: ``f`` and its 8 bytes, IEEE 754, most significant first; minus zero counts as zero
- text, or a date as ``YYYY-MM-DD``: ``t``, the number of its UTF-8 bytes in decimal digits, ``:``, those bytes
- bytes: ``b``, their number in decimal digits, ``:``, those bytes

**Row.** ``geogrid row 1``, a newline, the table's name as a cell; then, in order of the columns' names (as UTF-8 bytes), the
name and the value of every column that is not null, each as a cell. Null is no cell at all, nor is NaN; so a column that a later
format adds changes no old row. `NOT_IN_LEAF` names the columns that are left out: where a row lies in its table, and what is
written when it ends or follows from the ledger; rows that never end (successions, codes, what stands for erased rows) hold them
under names that begin with ``of_``. A geometry is the column ``geom``: its bytes as two-dimensional little-endian
ISO WKB, without the header that GeoPackage puts before it.

**Leaf.** The hash of a row, 32 bytes. Rows of households hold a random ``nonce``: a leaf that outlives its row tells nothing
of it.

**Content** of a table in a version. ``geogrid content 1``, a newline; the table's name as a cell; ``+``, the number of leaves
of rows that begin with this version as a cell, these leaves in ascending order; ``-``, the same for rows that end with it. Of a
version: ``geogrid version 1``, a newline; then, in order of their names, for every table in which a row begins or ends with it,
its name as a cell and the 32 bytes of the hash of its content. ``content_sha256`` is the hash of all that.

**Record** of a version. The row of the ledger as one JSON object, keys in order of their code points, nothing between tokens,
no character escaped that JSON lets stand, in UTF-8; without ``hash`` and ``hmac``, but with ``previous_hash`` (of the first
version: empty). ``hash`` is the hash of these bytes; ``hmac`` is HMAC-SHA256 (RFC 2104) of the 64 letters of ``hash``.
Hashes that are stored as text are lower-case hexadecimal.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import struct
from datetime import date
from itertools import repeat
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

NOT_IN_LEAF = frozenset({"fid", "number", "version_to", "valid_from", "valid_to"})
"""Columns that no leaf depends on; `verify` compares the dates with those of the ledger."""

NOT_IN_RECORD = frozenset({"hash", "hmac"})
FIRST_PREVIOUS = ""
"""What the first version names as the hash before it."""

_ROW, _CONTENT, _VERSION = b"geogrid row 1\n", b"geogrid content 1\n", b"geogrid version 1\n"
_FEW = 4
"""A column whose values are all met this often on average is encoded by looking values up."""


def leaves(table: str, columns: Mapping[str, Sequence[Any]]) -> list[bytes]:
    """Return the leaf of every row of a table.

    Parameters
    ----------
    table : str
        Its name.
    columns : mapping of sequences
        The values of each column, all of one length: lists, arrays or Series. Columns of `NOT_IN_LEAF` may be there and do
        not count. Values are None (or another missing value), int, bool, float, str, bytes or dates.

    Returns
    -------
    list of bytes
        32 bytes each, in the order of the rows.

    Raises
    ------
    TypeError
        For a value that cannot be encoded.

    Examples
    --------
    >>> leaves("staff", {"staff_id": ["S1"], "phone": [None], "version_from": [3]})[0].hex()[:16]
    'e4981833d9caf561'
    """
    names = sorted((name for name in columns if name not in NOT_IN_LEAF), key=_utf8)
    parts = [_column(_cell(name), _listed(columns[name])) for name in names]
    rows = zip(repeat(_ROW + _cell(table)), *parts) if parts else ()
    sha256, join = hashlib.sha256, b"".join
    return [sha256(join(row)).digest() for row in rows]


def table_content(table: str, began: Collection[bytes], ended: Collection[bytes]) -> str:
    """Return the hash of what a version began and ended in one table.

    Parameters
    ----------
    began, ended : leaves
        Of the rows that begin or end with this version, in any order.

    Examples
    --------
    >>> one, other = leaves("staff", {"staff_id": ["S1", "S2"]})
    >>> table_content("staff", [one, other], []) == table_content("staff", [other, one], [])
    True
    """
    digest = hashlib.sha256(_CONTENT + _cell(table))
    for sign, some in ((b"+", began), (b"-", ended)):
        digest.update(b"".join((sign, _cell(len(some)), *sorted(some))))
    return digest.hexdigest()


def version_content(tables: Mapping[str, str]) -> str:
    """Return the hash of what a version began and ended in all tables.

    Parameters
    ----------
    tables : mapping
        By name, the `table_content` of every table in which a row begins or ends with this version.

    Examples
    --------
    >>> version_content({})[:16]
    'd959a7f0d010b2e0'
    """
    named = sorted((_utf8(name), _cell(name) + bytes.fromhex(content)) for name, content in tables.items())
    return hashlib.sha256(_VERSION + b"".join(cells for _, cells in named)).hexdigest()


def canonical_json(value: object) -> str:
    """Return a value as the one JSON text that stands for it.

    Examples
    --------
    >>> canonical_json({"b": ["网格", 1], "a": None})
    '{"a":null,"b":["网格",1]}'
    """
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def record_hash(record: Mapping[str, object]) -> str:
    """Return the hash of one row of the ledger.

    Parameters
    ----------
    record : mapping
        Every column as it is stored (``tables`` and ``counts`` as their JSON text); ``hash`` and ``hmac`` do not count.

    Examples
    --------
    >>> record_hash({"version": 0, "previous_hash": FIRST_PREVIOUS, "hash": "?"})[:16]
    'c3e15fc1b8d3f8dd'
    """
    kept = {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in record.items()
        if name not in NOT_IN_RECORD
    }
    return hashlib.sha256(canonical_json(kept).encode()).hexdigest()


def mac(key: bytes | None, record_sha256: str) -> str:
    """Return the HMAC of a version's hash; "" without a key.

    Examples
    --------
    >>> mac(b"kept outside", "0" * 64)[:16], mac(None, "0" * 64)
    ('338514bb17ae3dc2', '')
    """
    return hmac.new(key, _utf8(record_sha256), "sha256").hexdigest() if key else ""


def same(one: str, other: str) -> bool:
    """Return whether two hashes are the same, in a time that does not tell where they differ.

    Examples
    --------
    >>> same("ab", "ab"), same("ab", "网")
    (True, False)
    """
    return hmac.compare_digest(_utf8(one), _utf8(other))


def salted(salt: str, ids: Iterable[str]) -> list[str]:
    """Return for every id what an erased household leaves behind to be known by: the hash of the salt and the id as cells.

    Examples
    --------
    >>> salted("s", ["H1"])[0] == hashlib.sha256(b"t1:st2:H1").hexdigest()
    True
    """
    head = _cell(salt)
    return [hashlib.sha256(head + _cell(each)).hexdigest() for each in ids]


def table_hash(table: str, columns: Mapping[str, Sequence[Any]]) -> str:
    """Return the hash of a whole small table, in whatever order its rows are: its content if they all began.

    Examples
    --------
    >>> table_hash("meta", {"key": ["a", "b"]}) == table_hash("meta", {"key": ["b", "a"]})
    True
    """
    return table_content(table, leaves(table, columns), [])


def _cell(value: object) -> bytes:
    """Encode one value that is not null."""
    return _encoder(type(value))(value)


def _encoder(kind: type) -> Callable[[Any], bytes]:
    for base, encode in _ENCODERS:
        if issubclass(kind, base):
            return encode
    raise TypeError(f"no encoding for {kind.__name__}")


def _utf8(value: str) -> bytes:
    """Return the bytes of a text, also of one that no file can hold."""
    return value.encode(errors="surrogatepass")


def _text(value: str) -> bytes:
    encoded = _utf8(value)
    return b"t%d:%b" % (len(encoded), encoded)


def _real(value: float) -> bytes:
    return b"f" + struct.pack(">d", value + 0.0)  # minus zero plus zero is zero


_ENCODERS: tuple[tuple[Any, Callable[[Any], bytes]], ...] = (
    (str, _text),
    ((bytes, memoryview), lambda value: b"b%d:%b" % (len(value), bytes(value))),
    ((bool, int, np.integer, np.bool_), lambda value: b"i%d;" % int(value)),
    ((float, np.floating), _real),
    (date, lambda value: _text(value.isoformat()[:10])),
)


def _listed(values: Sequence[Any]) -> list[Any]:
    """Return plain values, every kind of missing one as None."""
    plain = values if isinstance(values, list | tuple) else pd.array(values, dtype=object)
    kinds = set(map(type, plain))
    if any(kind is not type(None) and not _is_never_missing(kind) for kind in kinds):
        return [None if pd.isna(value) else value for value in plain]
    return list(plain)


def _is_never_missing(kind: type) -> bool:
    return issubclass(kind, str | bytes | memoryview | int | np.integer | np.bool_)


def _column(name: bytes, values: list[Any]) -> list[bytes]:
    """Return name and value of every row, nothing where the value is null."""
    kinds = set(map(type, values)) - {type(None)}
    if len(kinds) != 1:  # 1, 1.0 and True are one key of a dict
        return [b"" if value is None else name + _cell(value) for value in values]
    encode, distinct = _encoder(kinds.pop()), set(values)
    if len(distinct) * _FEW > len(values):
        return _distinct(name, values, encode)
    known = {value: b"" if value is None else name + encode(value) for value in distinct}
    return [known[value] for value in values]


def _distinct(name: bytes, values: list[Any], encode: Callable[[Any], bytes]) -> list[bytes]:
    """Return name and value of every row, for a column that hardly repeats itself."""
    if type(values[0]) is bytes and None not in values:  # geometries, nonces: half the time of all there is to hash
        heads = {size: b"%bb%d:" % (name, size) for size in set(map(len, values))}
        return [heads[len(value)] + value for value in values]
    return [b"" if value is None else name + encode(value) for value in values]
