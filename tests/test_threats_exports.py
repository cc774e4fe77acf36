"""THREAT 19 on all tables that leave the service: what a spreadsheet would work out stays text, numbers stay numbers."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any, get_args

import openpyxl
import pytest

from api.queue.asking import Layer, Table
from geogrid.files.csvtable import FORMULA_STARTS
from tests.hostile_office import FORMULA, Hostile, hostile_office
from tests.working import asked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Hostile:
    return hostile_office(tmp_path_factory.mktemp("office"))


def csv_cells(content: bytes) -> Iterator[str]:
    """Every cell of a CSV file, as a spreadsheet reads it."""
    for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))):
        yield from row


def xlsx_cells(content: bytes) -> Iterator[Any]:
    """Every cell of every sheet; a formula comes as one that starts with =."""
    for sheet in openpyxl.load_workbook(io.BytesIO(content)).worksheets:
        for row in sheet.iter_rows():
            yield from (f"={cell.value}" if cell.data_type == "f" else cell.value for cell in row)


CELLS = {"csv": csv_cells, "xlsx": xlsx_cells}


def is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def formulas(cells: Iterable[Any]) -> list[str]:
    """Return the cells that a spreadsheet would work out."""
    return [each for each in cells if isinstance(each, str) and each.startswith(FORMULA_STARTS) and not is_number(each)]


def exported(made: Hostile, what: dict[str, str]) -> bytes:
    """Export something over HTTP, and get its file."""
    job = asked(made.office, "/api/v1/exports", what, who="admin")
    assert job.status == "done", (what, job)
    return made.office.ask(f"/api/v1/exports/{job.job_id}/file", who="admin").content


def test_threat_19_the_check_of_this_test_sees_formulas() -> None:
    book = openpyxl.Workbook()
    book.active.append(["=1+1", "'=1", -3, "-3"])
    held = io.BytesIO()
    book.save(held)
    assert formulas(xlsx_cells(held.getvalue())) == ["==1+1"]
    assert formulas(csv_cells("﻿a,=1,＝1,'=1,-3,@x\n".encode())) == ["=1", "＝1", "@x"]


@pytest.mark.parametrize("kind", CELLS)
def test_threat_19_no_export_holds_a_formula(made: Hostile, kind: str) -> None:
    """Every table and every public layer; the hostile texts are in it, led by an apostrophe."""
    found, seen = {}, set()
    for noun, names in (("table", get_args(Table)), ("layer", get_args(Layer))):
        for name in names:
            cells = list(CELLS[kind](exported(made, {noun: name, "format": kind})))
            seen |= {each for each in cells if isinstance(each, str)}
            if wrong := formulas(cells):
                found[name] = wrong
    assert found == {}
    assert {f"'{text}" for text in FORMULA.values()} <= seen
    assert {"'=第3网格", "'＠第4网格", "'@东卫生室"} <= seen


def test_threat_19_numbers_stay_numbers(made: Hostile) -> None:
    cells = list(xlsx_cells(exported(made, {"table": "households", "format": "xlsx"})))
    assert sum(isinstance(each, int | float) for each in cells) > 80 * 4
    assert "117.0" in "".join(csv_cells(exported(made, {"table": "households", "format": "csv"})))


def test_threat_19_no_file_of_a_check_holds_a_formula(made: Hostile) -> None:
    """The public ones and those of the office."""
    folder: Path = made.office.path.parent
    files = [path for path in folder.rglob("*") if path.suffix[1:] in CELLS and "uploads" not in path.parts]
    assert {path.name for path in files} >= {"report.xlsx", "outside.csv", "unreached.csv", "rejected.csv"}
    found = {str(path): formulas(CELLS[path.suffix[1:]](path.read_bytes())) for path in files}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
