"""Raw rows as readers hand them over, for the tests of validation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from geogrid.rows.tables import TABLES
from geogrid.schema import Validated, validate

if TYPE_CHECKING:
    from collections.abc import Sequence


def households(**changes: Sequence[object] | None) -> pd.DataFrame:
    """Return three households at a corner of three streets, as text; ``changes`` replace columns (None removes one)."""
    columns: dict[str, Any] = {
        "household_id": ["H1", "H2", "H3"],
        "persons": ["3", "2", "5"],
        "lon": ["117.20", "117.21", "117.22"],
        "lat": ["28.30", "28.30", "28.31"],
    }
    columns |= changes
    kept = {name: cells for name, cells in columns.items() if cells is not None}
    return pd.DataFrame(kept, index=range(2, 2 + len(next(iter(kept.values())))))


def shaped(table: str, geometry: Sequence[object], *, crs: object = 4326, **columns: Sequence[object]) -> Validated:
    """Validate rows of a table with the given geometries; ids and names are made up unless given."""
    spec = TABLES[table]
    number = range(1, len(geometry) + 1)
    cells: dict[str, Any] = {column.name: [f"{column.name}{n}" for n in number] for column in spec.columns if column.required}
    cells |= {"persons": ["1"] * len(geometry)} if table == "households" else {}
    cells |= {"status": ["built"] * len(geometry)} if table == "facilities" else {}
    raw = pd.DataFrame({**cells, **columns}, index=number)
    raw["geometry"] = pd.Series(list(geometry), index=number, dtype=object)
    return validate(raw, table, crs=crs)


def codes(result: Validated) -> list[tuple[int, str]]:
    """Return line and code of every problem."""
    return [(int(line), str(code)) for line, code in result.rejected[["line", "code"]].itertuples(index=False)]


def notes(result: Validated) -> str:
    """Return all notes in English as one text."""
    return " | ".join(note.en for note in result.notes)
