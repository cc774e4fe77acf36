"""Operations are records: what is read back is what was written, and nothing a stranger writes does any harm."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geogrid.errors import InputError
from geogrid.operations import (
    MOST_VERTICES,
    OPERATIONS,
    Draw,
    Hand,
    Merge,
    MoveBorder,
    Operation,
    Rename,
    Reparent,
    Restaff,
    Retire,
    Split,
    operation_of,
)
from tests.paper_grids import area, block, line, lines

EVERY = [
    Hand("B", block(90, 0, 100, 50), ("U1", "U2")),
    Hand("", block(90, 0, 100, 50), from_id="A"),
    Split("A", lines([(30, -5), (30, 105)], [(60, -5), (60, 105)]), ("N1", "N2")),
    Split("A", line((30, -5), (30, 105)), ("N1",), stays=shapely.Point(39_500_010, 4_400_050)),
    Merge("A", ("B", "C")),
    MoveBorder("A", "B", line((100, 20), (120, 50), (100, 80))),
    Draw(area((0, 0), (30, 0), (0, 30)), "N", "新网格", "V1", "small", "项目", "A", ("U1",)),
    Rename("A", "东片"),
    Restaff("A", leader="张三", duties="一、巡查\n二、走访"),
    Reparent("A", "V2"),
    Retire("A", "B"),
]


@pytest.mark.parametrize("operation", EVERY, ids=lambda each: f"{each.kind}")
def test_a_record_read_back_is_the_same(operation: Operation) -> None:
    read = operation_of(json.loads(json.dumps(operation.to_record())))
    assert type(read) is type(operation)
    assert read.to_record() == operation.to_record()
    assert read.digest == operation.digest


def test_every_kind_is_tried_and_has_a_name() -> None:
    assert {each.kind for each in EVERY} == set(OPERATIONS)
    assert all(each.label.zh != each.label.en for each in OPERATIONS.values())


@given(st.lists(st.tuples(st.floats(39.4e6, 39.6e6), st.floats(4.3e6, 4.5e6)), min_size=2, max_size=9, unique=True))
def test_coordinates_survive_as_text(points: list[tuple[float, float]]) -> None:
    border = MoveBorder("A", "B", shapely.LineString(points)) if shapely.LineString(points).length > 1e-5 else EVERY[5]
    read = operation_of(json.loads(border.digest))
    assert isinstance(read, MoveBorder)
    assert isinstance(border, MoveBorder)
    assert read.line.wkb == border.line.wkb


def test_shapes_lie_on_the_lattice_and_are_flat() -> None:
    made = Hand("B", shapely.Polygon([(0, 0, 7), (1.00000049, 0, 7), (0, 2.0000006, 7)]))
    assert made.area.wkt == "POLYGON ((0 0, 0 2.000001, 1 0, 0 0))"
    assert operation_of(made.to_record()).digest == made.digest


def test_texts_are_as_offices_write_them() -> None:
    assert Rename(" A ", "张三\u3000李四 ").to_record() == {"kind": "rename", "grid_id": "A", "name": "张三\u3000李四"}
    assert Restaff("A", duties="一\n二").duties == "一\n二"
    assert Merge("A", ["B", " C"]).others == ("B", "C")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("record", "en", "zh"),
    [
        (None, "there is no operation 'NoneType'; known: hand, split", "没有操作“NoneType”"),
        ({}, "there is no operation 'NoneType'", "没有操作"),
        ({"kind": "explode"}, "there is no operation 'explode'", "没有操作“explode”"),
        ({"kind": ["hand"]}, "there is no operation 'list'", "没有操作“list”"),
        (
            {"kind": "rename", "grid_id": "A", "name": "东", "colour": 1},
            "operation rename has no field colour; known: grid_id, name",
            "操作 rename 没有字段 colour",
        ),
        ({"kind": "rename", "grid_id": "A"}, "operation rename lacks a field; needed: grid_id, name", "操作 rename 缺少字段"),
        ({"kind": "rename", "grid_id": "A", "name": 7}, "field name cannot be 'int': expected a short", "字段 name 的值“int”"),
        ({"kind": "rename", "grid_id": "A", "name": "x" * 5_001}, "field name cannot be 'xxx", "字段 name 的值“xxx"),
        ({"kind": "rename", "grid_id": "A", "name": "a\u202eb"}, "field name cannot be 'a?b'", "字段 name 的值“a?b”"),
        ({"kind": "rename", "grid_id": "A", "name": "a\x1b[2J"}, "field name cannot be 'a?[2J'", "字段 name 的值“a?[2J”"),
        ({"kind": "rename", "grid_id": "A\ud800", "name": "a"}, "field grid_id cannot be 'A?'", "字段 grid_id 的值“A?”"),
        ({"kind": "merge", "into": "A", "others": "B"}, "field others cannot be 'B': expected a list of ids", "应为编号的列表"),
        ({"kind": "merge", "into": "A", "others": [["B"]]}, "field others cannot be 'list'", "字段 others 的值“list”"),
        ({"kind": "hand", "to": "B", "area": "POLYGON"}, "field area is no usable shape ('POLYGON' …)", "字段 area 不是可用的"),
        ({"kind": "hand", "to": "B", "area": None}, "field area is no usable shape ('NoneType' …)", "字段 area 不是可用的图形"),
    ],
)  # fmt: skip
def test_a_bad_record_is_refused_with_the_value_and_what_was_expected(record: object, en: str, zh: str) -> None:
    with pytest.raises(InputError) as caught:
        operation_of(record)
    assert caught.value.message.en.startswith(en)
    assert zh in caught.value.message.zh
    assert (caught.value.message.zh + caught.value.message.en).isprintable()


BAD_SHAPES = [
    "POINT EMPTY",
    "POLYGON EMPTY",
    "GEOMETRYCOLLECTION (POLYGON ((0 0, 1 0, 1 1, 0 0)))",
    "CURVEPOLYGON (CIRCULARSTRING (0 0, 4 0, 4 4, 0 4, 0 0))",
    "POLYGON ((nan nan, 1 1, 2 2, nan nan))",
    "POLYGON ((0 0, nan 1, 2 2, 0 0))",
    "POLYGON ((0 0, inf 1, 2 2, 0 0))",
    "POLYGON ((0 0, 1e308 1, 2 2, 0 0))",
    "POLYGON ((0 0, 1e400 1, 2 2, 0 0))",
    "POLYGON ((0 0, 1e9 1, 2 2, 0 0))",
    "POLYGON ((0 0, 0 0, 0 0, 0 0))",
    "POLYGON ((0 0, 1e-7 0, 1e-7 1e-7, 0 0))",
    "POLYGON ((0 0, 1 1, 0 1))",
    "LINESTRING (0 0, 0 0)",
    "LINESTRING (0 0, 1e-7 1e-7)",
    "LINESTRING (0 0",
    "\ud800",
    "LINESTRING (0 0, \x00 1 1)",
    "\u202ePOLYGON ((0 0, 1 0, 1 1, 0 0))",
    b"\x00",
    10**5_000,
    {"type": "Polygon"},
    float("nan"),
    "LINESTRING (" + ", ".join(f"{i} {i % 7}" for i in range(MOST_VERTICES + 1)) + ")",
    "POLYGON ((" + "0 0, " * 10_000_000,
]


@pytest.mark.parametrize("shape", BAD_SHAPES, ids=range(len(BAD_SHAPES)))
def test_a_bad_shape_is_an_input_error_and_nothing_else(shape: object) -> None:
    for record in ({"kind": "hand", "to": "A", "area": shape}, {"kind": "split", "grid_id": "A", "line": shape}):
        with pytest.raises(InputError, match=r"is no usable shape \(.{1,45} …\): expected WKT in metres"):
            operation_of(record)


@pytest.mark.parametrize("depth", [1_000, 100_000])
def test_shapes_inside_shapes_without_end_do_not_end_the_program(depth: int) -> None:
    """Read in a process of its own: the reader of WKT follows collections down until its stack is full."""
    code = (
        "from geogrid.operations import operation_of\n"
        "from geogrid.errors import InputError\n"
        f"wkt = 'GEOMETRYCOLLECTION (' * {depth} + 'POINT (1 1)' + ')' * {depth}\n"
        "try: operation_of({'kind': 'hand', 'to': 'A', 'area': wkt})\n"
        "except InputError: print('refused')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "refused\n")


def nest(depth: int) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("value", [nest(50_000), 10**5_000, {1: 2}, b"x", object(), float("nan")], ids=lambda v: type(v).__name__)
def test_values_that_cannot_even_be_shown(value: object) -> None:
    for record in (
        {"kind": value},
        {"kind": "rename", "grid_id": value, "name": "x"},
        {"kind": "rename", "grid_id": "A", "name": "x", "more": value},
        {"kind": "merge", "into": "A", "others": [value]},
        {"kind": "merge", "into": "A", "others": value},
        {"kind": "restaff", "grid_id": "A", "leader": value},
        {"kind": "split", "grid_id": "A", "line": "LINESTRING (0 0, 1 1)", "stays": value},
    ):
        with pytest.raises(InputError):
            operation_of(record)
    with pytest.raises(InputError):
        operation_of({"kind": "rename", 1: 2, ("a",): 3})


WORDS = st.one_of(
    st.sampled_from(
        ["A", "", "POLYGON ((0 0, 1 0, 1 1, 0 0))", "LINESTRING (0 0, 5 5)", "POINT (1 1)", "POLYGON ((1e308 0, 1 0))"]
    ),
    st.text(max_size=20),
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), WORDS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=6,
)
KEYS = sorted({name for each in EVERY for name in each.to_record()})
RECORDS = st.dictionaries(st.one_of(st.sampled_from(KEYS), st.text(max_size=5)), JSON, max_size=8)


@settings(max_examples=250)
@given(RECORDS, st.sampled_from(EVERY), st.booleans())
def test_records_of_strangers_give_an_operation_or_an_input_error(told: dict[str, Any], like: Operation, whole: bool) -> None:
    record = ({**like.to_record(), **told} if whole else told) | {"kind": told.get("kind", like.kind)}
    said = ""
    try:
        made = operation_of(record)
    except InputError as error:
        made, said = like, error.message.zh + error.message.en
    assert said.isprintable()
    assert operation_of(json.loads(made.digest)).digest == made.digest


def test_geometries_that_no_record_can_hold_are_refused_when_an_operation_is_made() -> None:
    """Else a plan could be saved and never be opened again."""
    shapes: tuple[Any, ...] = (shapely.GeometryCollection([block(0, 0, 1, 1)]), shapely.LinearRing([(0, 0), (1, 0), (1, 1)]))
    for shape in (*shapes, None, "x", [], {}):
        with pytest.raises(InputError, match="field area is no usable shape"):
            Hand("A", shape)
    with pytest.raises(InputError, match="field name cannot be"):
        Rename("A", "a\u202eb")
    with pytest.raises(InputError, match="field to cannot be 'NoneType'"):
        Hand(None, block(0, 0, 1, 1))  # type: ignore[arg-type]
