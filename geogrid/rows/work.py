"""What the parts of validation share while they look at one raw table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geogrid.errors import InputError
from geogrid.files.raw import GEOMETRY, show
from geogrid.rows.headers import Headers, accepted_names, listed, match_headers, set_aside_notes
from geogrid.rows.problems import Problem
from geogrid.words import Text

if TYPE_CHECKING:
    import numpy.typing as npt

    from geogrid.rows.cells import Cells
    from geogrid.rows.spec import Column, TableSpec

SOURCE_LINE = "source_line"


@dataclass
class Work:
    """One raw table and what validation has found in it so far.

    Rows are positions in the raw table; ``lines`` are their source lines, ``left_over`` headers that disagree with a better one,
    ``by_unit`` rows without coordinates that their unit will place.
    """

    raw: pd.DataFrame
    spec: TableSpec
    lines: npt.NDArray[Any]
    headers: Headers
    file: str = ""
    cells: dict[str, Cells] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[Text] = field(default_factory=list)
    left_over: list[str] = field(default_factory=list)
    geometry: npt.NDArray[np.object_] = field(default_factory=lambda: np.empty(0, dtype=object))
    by_unit: npt.NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, dtype=np.bool_))

    @property
    def needs_coordinates(self) -> bool:
        """Return whether positions come from columns of longitude and latitude."""
        stated = self.spec.needs_place or bool({"lon", "lat"} & set(self.headers.used))
        return not self.has_shapes and "point" in self.spec.geometry and stated

    @property
    def has_shapes(self) -> bool:
        """Return whether the file states geometries."""
        return GEOMETRY in self.raw.columns

    @property
    def needs_place(self) -> bool:
        """Return whether a row without a place is bad."""
        return bool(self.spec.geometry) and self.spec.needs_place

    @property
    def unused(self) -> tuple[str, ...]:
        """Return the headers whose cells went into no column, coordinates beside a geometry among them."""
        used = self.headers.used
        beside = () if self.needs_coordinates else (*used.get("lon", ()), *used.get("lat", ()))
        return (*self.headers.unused, *self.left_over, *beside)

    def header(self, column: str) -> str:
        """Return the file's own header of a column, its canonical name where the file has none."""
        return self.headers.used.get(column, (column,))[0]

    def add(self, rows: npt.NDArray[np.intp], column: str, code: str, texts: tuple[Text, Text]) -> None:
        """Add one problem of many rows of one column."""
        header = self.header(column)
        values = self.raw[header].iloc[rows] if header in self.raw.columns else [""] * len(rows)
        self.problems += [Problem(int(row), header, value, code, *texts) for row, value in zip(rows, values, strict=True)]

    def refuse(self, problems: list[Text]) -> None:
        """Raise all problems of a file as one error, with the headers that it has."""
        if not problems:
            return
        have = listed(map(show, self.headers.all))
        zh, en = "；".join(text.zh for text in problems), "; ".join(text.en for text in problems)
        label, name = self.spec.label, show(self.file)
        raise InputError(
            Text(
                f"{label.zh}{name and f'（{name}）'}：{zh}。现有的列：{have or '无'}",
                f"{label.en}{name and f' ({name})'}: {en}. The file has: {have or 'no column'}",
            )
        )


def start(raw: pd.DataFrame, spec: TableSpec, file: str) -> Work:
    """Start on a raw table: its lines, and which header is which column."""
    frame = pd.DataFrame(raw).reset_index(drop=True)
    names = [name for name in frame.columns if name not in {GEOMETRY, SOURCE_LINE} and str(frame[name].dtype) != GEOMETRY]
    headers = match_headers(names, spec)
    return Work(frame, spec, raw.index.to_numpy(), headers, file, notes=list(set_aside_notes(headers)))


def missing_column(column: Column) -> Text:
    """Return the message for a required column that the file lacks."""
    text = Text("缺少“{zh}”列，可用的表头：{names}", "column {name} ({en}) is missing; accepted headers: {names}")
    return text.fill(zh=column.label.zh, en=column.label.en, name=column.name, names=accepted_names(column))
