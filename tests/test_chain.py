"""The chain's encoding, byte by byte against an obvious second writing of it, and against values computed once and kept."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import itertools
import json
import struct
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geogrid.workspace import chain

WKB = bytes.fromhex("0101000000000000000000f03f0000000000000040")
"""The point (1, 2)."""

HOME: dict[str, list[Any]] = {
    "household_id": ["H1", "户2"],
    "persons": [3, 4],
    "aged_65": [None, 1],
    "area": [1.5, -0.0],
    "geom": [WKB, WKB],
    "nonce": [bytes(16), b"\x01" * 16],
    "version_from": [1, 2],
}


def cell(value: Any) -> bytes:
    """The encoding of a value, said once more."""
    match value:
        case str():
            body = value.encode()
            return b"t" + str(len(body)).encode() + b":" + body
        case bytes():
            return b"b" + str(len(value)).encode() + b":" + value
        case int():
            return b"i" + str(value).encode() + b";"
        case float():
            return b"f" + struct.pack(">d", abs(value) if value == 0 else value)
    raise AssertionError(value)


def leaf(table: str, row: dict[str, Any]) -> bytes:
    parts = [b"geogrid row 1\n", cell(table)]
    for name in sorted(row, key=str.encode):
        if row[name] is not None and name not in {"fid", "version_to", "valid_from", "valid_to"}:
            parts += [cell(name), cell(row[name])]
    return hashlib.sha256(b"".join(parts)).digest()


def rows_of(columns: dict[str, list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def test_leaves_have_these_values_for_ever() -> None:
    assert [each.hex() for each in chain.leaves("households", HOME)] == [
        "17def51ee4fd991dfc29f1e5b3604b38e3f358910ebe92d5af2fbbe277aba39d",
        "4040f6806be36b5e2b4a16681ebf231a6df444859db6b4ca78c433057343696a",
    ]


def test_a_leaf_is_the_hash_of_its_row_written_out() -> None:
    """Every byte of the row, by hand."""
    row = b"geogrid row 1\nt10:households" + b"t12:household_idt4:\xe6\x88\xb72" + b"t7:personsi4;"
    assert chain.leaves("households", {"persons": [4], "household_id": ["户2"]}) == [hashlib.sha256(row).digest()]


def test_leaves_agree_with_the_second_writing() -> None:
    assert chain.leaves("households", HOME) == [leaf("households", row) for row in rows_of(HOME)]


CELLS = st.none() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5) | st.binary(max_size=5)


@settings(max_examples=100, deadline=None)
@given(
    st.integers(1, 8).flatmap(lambda n: st.dictionaries(st.text(min_size=1), st.lists(CELLS, min_size=n, max_size=n), max_size=4))
)
def test_leaves_of_anything_agree_with_the_second_writing(columns: dict[str, list[Any]]) -> None:
    assert chain.leaves("t", columns) == [leaf("t", row) for row in rows_of(columns)]


@settings(max_examples=100, deadline=None)
@given(*[st.dictionaries(st.sampled_from(["a", "ab", "b"]), CELLS, min_size=1) for _ in range(2)])
def test_different_rows_have_different_leaves(one: dict[str, Any], other: dict[str, Any]) -> None:
    """The encoding can be read back, so no two rows share one; 1, 1.0 and "1" differ, null and no column do not."""
    left, right = ({name: value for name, value in row.items() if value is not None} for row in (one, other))
    same = repr(sorted(left.items())).replace("-0.0", "0.0") == repr(sorted(right.items())).replace("-0.0", "0.0")
    first, second = (chain.leaves("t", {name: [value] for name, value in {"k": 0, **row}.items()}) for row in (one, other))
    assert (first == second) == same


@pytest.mark.parametrize("left_out", ["fid", "version_to", "valid_from", "valid_to"])
def test_where_a_row_lies_and_when_it_ends_is_not_in_its_leaf(left_out: str) -> None:
    assert chain.leaves("t", {"a": [1], left_out: [7]}) == chain.leaves("t", {"a": [1]})


def test_pandas_and_numpy_say_the_same_as_plain_lists() -> None:
    plain: dict[str, Any] = {
        "s": ["a", None, "b"],
        "i": [1, None, 3],
        "f": [1.5, None, 2.0],
        "b": [1, 0, 1],
        "d": ["2024-01-02", None, "2024-03-04"],
        "w": [WKB] * 3,
    }
    pandas: dict[str, Any] = {
        "s": pd.Series(["a", None, "b"], dtype="str"),
        "i": pd.array([1, None, 3], dtype="Int64"),
        "f": np.array([1.5, np.nan, 2.0]),
        "b": np.array([True, False, True]),
        "d": pd.Series([dt.date(2024, 1, 2), pd.NaT, dt.datetime(2024, 3, 4, 5, tzinfo=dt.UTC)], dtype=object),
        "w": shapely.to_wkb(shapely.points([[1, 2]] * 3)),
    }
    assert chain.leaves("t", pandas) == chain.leaves("t", plain)


def test_a_value_that_cannot_be_encoded_is_refused() -> None:
    with pytest.raises(TypeError, match="no encoding for complex"):
        chain.leaves("t", {"a": [1j]})


def test_no_rows_and_no_columns() -> None:
    assert chain.leaves("t", {"a": []}) == []
    assert chain.leaves("t", {}) == []


def test_content_of_a_table_is_its_leaves_written_out() -> None:
    one, other = sorted(chain.leaves("households", HOME))
    content = b"geogrid content 1\nt10:households+i2;" + one + other + b"-i1;" + other
    assert chain.table_content("households", [other, one], [other]) == hashlib.sha256(content).hexdigest()


def test_content_of_a_table_depends_on_table_side_and_number() -> None:
    one, other = chain.leaves("households", HOME)
    sides: list[tuple[str, list[bytes], list[bytes]]] = [
        ("t", [one], []),
        ("t", [], [one]),
        ("s", [one], []),
        ("t", [one, one], []),
        ("t", [other], []),
        ("t", [one], [other]),
        ("t", [other], [one]),
    ]
    assert len({chain.table_content(*each) for each in sides}) == len(sides)


def test_content_of_a_version_is_its_tables_written_out() -> None:
    content = b"geogrid version 1\nt1:Z" + bytes(32) + b"t1:a" + b"\x01" * 32
    assert chain.version_content({"a": "01" * 32, "Z": "00" * 32}) == hashlib.sha256(content).hexdigest()


RECORD = {
    "version": 1,
    "kind": "adopt",
    "who": "张三",
    "effective": dt.date(2024, 11, 1),
    "approval": None,
    "tables": '["grids"]',
    "previous_hash": chain.FIRST_PREVIOUS,
}


def test_a_record_is_hashed_as_canonical_json() -> None:
    plain: dict[str, Any] = {**RECORD, "effective": "2024-11-01"}
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert chain.record_hash({**RECORD, "hash": "h", "hmac": "m"}) == hashlib.sha256(text.encode()).hexdigest()
    assert chain.record_hash(RECORD) == "ad1456217e45624783dc1322c134d5ffcf1628fcd65a0910b5448965c9451dae"


def test_every_column_of_a_record_counts() -> None:
    changed = [chain.record_hash({**RECORD, name: "?"}) for name in RECORD]
    assert len({chain.record_hash(RECORD), *changed}) == len(RECORD) + 1


def test_the_mac_needs_the_key() -> None:
    made = hmac.new(b"key", b"ab" * 32, "sha256").hexdigest()
    assert chain.mac(b"key", "ab" * 32) == made
    assert chain.mac(b"kez", "ab" * 32) != made
    assert chain.mac(None, "ab" * 32) == ""
    assert [chain.same(made, other) for other in (made, made[:-1], made.upper(), "", "\ud800")] == [
        True,
        False,
        False,
        False,
        False,
    ]


def test_salted_ids_and_whole_tables() -> None:
    assert chain.salted("盐", ["户1"]) == [hashlib.sha256("t3:盐t4:户1".encode()).hexdigest()]
    assert len({*chain.salted("a", ["bc"]), *chain.salted("ab", ["c"])}) == 2
    hashes = {
        chain.table_hash("meta", {"key": list(keys), "value": [key * 2 for key in keys]})
        for keys in itertools.permutations("abc")
    }
    assert len(hashes) == 1
