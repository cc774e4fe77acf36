"""A change sheet's files: public counts in the folder, everything with households or exact small counts in ``private/``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from geogrid.changepublic import PublicChangeSheet, public_sheet
from geogrid.errors import InputError
from geogrid.io import safe_cell
from geogrid.plain import plain
from geogrid.replacing import PRIVATE, PRIVATE_FILE, private_folder, replacing
from geogrid.words import Text
from geogrid.workbook import write_workbook

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    import pandas as pd

    from geogrid.changesheet import ChangeSheet
    from geogrid.profile import Profile
    from geogrid.words import Lang

RECORD, BY_GRID, BOOK, MOVERS = "change.json", "change.csv", "change.xlsx", "movers.csv"


def write_change_sheet(sheet: ChangeSheet, profile: Profile, folder: Path, *, lang: Lang = "zh") -> list[Path]:
    """Write change.json and change.csv (public), private/change.xlsx and private/movers.csv (exact, their owner's alone).

    Parameters
    ----------
    sheet : ChangeSheet
        The exact one.
    profile : Profile
        What is small, and what is public.
    folder : Path
        Made when it does not exist; files of the same names are replaced, each in one step.
    lang : "zh" or "en"
        Language of the workbook.

    Returns
    -------
    list of Path
        What was written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    public = public_sheet(sheet, profile)
    with replacing(folder / RECORD) as part:
        part.write_text(json.dumps(public.record, ensure_ascii=False, indent=1, allow_nan=False), encoding="utf-8")
    with replacing(folder / BY_GRID) as part:
        _write_csv(public.grids, part)
    private = private_folder(folder / PRIVATE)
    with replacing(private / BOOK, mode=PRIVATE_FILE) as part:
        write_workbook(sheet.to_tables(lang), part, lang=lang, services=sheet.asked.services)
    with replacing(private / MOVERS, mode=PRIVATE_FILE) as part:
        _write_csv(sheet.movers, part)
    return [folder / RECORD, folder / BY_GRID, private / BOOK, private / MOVERS]


def read_change_sheet(path: Path) -> PublicChangeSheet:
    """Read the public sheet of a folder, or its change.json, back.

    Raises
    ------
    InputError
        When it is no such file.
    """
    file = path / RECORD if path.is_dir() else path
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(_UNREADABLE.fill(file=file.name)) from error
    if not isinstance(record, dict):
        raise InputError(_UNREADABLE.fill(file=file.name))
    return PublicChangeSheet.of(record)


def _write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table whose text no spreadsheet runs as a formula; numbers keep their type, so counts stay whole."""
    others = table.select_dtypes(exclude="number").columns
    table.assign(**{name: table[name].map(_cell) for name in others}).to_csv(path, index=False, encoding="utf-8-sig")


def _cell(value: Any) -> Any:
    value = plain(value)
    return safe_cell(";".join(map(str, value)) if isinstance(value, list) else value)


_UNREADABLE = Text(
    "{file} 不是变更单文件或无法读取；请选择导出时写出的 change.json。",
    "{file} is no change sheet or cannot be read; choose the change.json that an export wrote",
)
