"""Words on pages of features: every column and code of a workspace has them, and names stay as they are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from api.ogc.catalogue import STAFF
from api.ogc.said import heading, told
from geogrid.rows.tables import TABLES
from geogrid.words import Text
from geogrid.workspace.definitions import SHAPE, definitions_of

if TYPE_CHECKING:
    from api.ogc.catalogue import Collection

SEASON = {"winter": Text("冬季", "Winter")}
COLUMNS = definitions_of(4548, ("winter",))


@pytest.mark.parametrize("collection", STAFF, ids=lambda each: each.name)
def test_every_column_and_code_of_a_workspace_has_words(collection: Collection) -> None:
    table = collection.table
    for name in (name for name in COLUMNS.row_columns(table) if name != SHAPE):
        assert re.search("[\u4e00-\u9fff]", heading(name, table, "zh", SEASON)), name
        assert re.fullmatch("[A-Z][^_\u4e00-\u9fff]*", heading(name, table, "en", SEASON)), name
    for column in TABLES[table].columns:
        for code in column.choices:
            assert re.search("[\u4e00-\u9fff]", told(code, column.name, table, "zh", {})), (column.name, code)


def test_only_codes_are_put_into_words() -> None:
    assert told("planned", "status", "facilities", "en", {}) == "Planned"
    assert told(["medical"], "services", "facilities", "zh", {"medical": Text("医疗", "medical")}) == "医疗"
    assert told("basic", "kind", "grids", "en", {}) == "Basic"
    assert told("planned", "name", "facilities", "en", {}) == "planned"
    assert told(["medical"], "grid_ids", "gaps", "zh", {"medical": Text("医疗", "medical")}) == "medical"
    assert told("unit", "placed_by", "households", "zh", {}) == "所在单元"
    assert [told(value, "deviation", "grids", "zh", {}) for value in (-0.95, None)] == ["−95.0%", "—"]
    assert told(31, "persons_winter", "households", "zh", SEASON) == "31"
