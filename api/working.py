"""What commands do around their work: show how far it is, make ready the folder of the results, write private files."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from api import words
from geogrid.clock import Clock
from geogrid.errors import InputError
from geogrid.late import Later
from geogrid.replacing import PRIVATE, PRIVATE_FILE, private_folder, replacing
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    import pandas as pd

    from api.terminal import Terminal
    from geogrid.files.writing import safe_cell
    from geogrid.plain import plain
    from geogrid.results import ReadResult
else:
    safe_cell, plain = Later("geogrid.files.writing", "safe_cell"), Later("geogrid.plain", "plain")

STEPS = {
    "open": Text("打开已存的数据", "Opening the saved town"),
    "read": Text("读取文件", "Reading files"),
    "think": Text("计算", "Computing"),
    "write": Text("写出结果", "Writing results"),
}


@contextmanager
def at_work(terminal: Terminal) -> Iterator[Clock]:
    """Show what is being done."""
    with terminal.progress(STEPS) as tell:
        yield Clock(tell)


def lost_rows(result: ReadResult) -> list[Text]:
    """Say how many rows of a file were not used, and why the first was not."""
    if result.rejected.empty:
        return []
    first = result.rejected.iloc[0]
    said = {"file": result.source.name, "n": result.rejected["line"].nunique(), "line": first["line"]}
    return [
        Text(
            _LOST_ROWS.zh.format(**said, why=first["expected_zh"], column=first["column"]),
            _LOST_ROWS.en.format(**said, why=first["expected_en"], column=first["column"]),
        )
    ]


def keep(folder: Path, name: str, write: Callable[[Path], object]) -> None:
    """Write a private file whole or not at all, for its owner alone."""
    with replacing(private_folder(folder / PRIVATE) / name, mode=PRIVATE_FILE) as part:
        write(part)


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV that spreadsheets show as it is, its text safe from being run as formulas."""
    table.map(lambda value: safe_cell(plain(value))).to_csv(path, index=False, encoding="utf-8-sig")


def write_open(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file that may leave the office, whole or not at all."""
    with replacing(path) as part:
        write(part)


def prepare_folder(folder: Path, inputs: Iterable[Path] = ()) -> None:
    """Make the folder for the results before hours of work go into them.

    Raises
    ------
    InputError
        If it cannot be made or written to, or holds an input that a result could replace.
    """
    for file in inputs:
        if file.resolve().parent in (folder.resolve(), folder.resolve() / PRIVATE):
            message = Text(
                "输入文件 {file} 就在 --out {folder} 里，可能被结果覆盖：请另给一个文件夹",
                "the input {file} lies in --out {folder}, where results could replace it: give another folder",
            )
            raise InputError(message.fill(file=file.name, folder=folder))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        message = Text("--out {folder} 是一个文件：请给一个文件夹", "--out {folder} is a file: give a folder")
        raise InputError(message.fill(folder=folder)) from error
    except OSError as error:
        message = Text(
            "--out {folder} 建不了（{why}）：请换一个文件夹", "--out {folder} cannot be made ({why}): give another folder"
        )
        why = words.reason(error)
        raise InputError(
            Text(message.zh.format(folder=folder, why=why.zh), message.en.format(folder=folder, why=why.en))
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        message = Text("--out {folder} 不能写入：请换一个文件夹", "--out {folder} is not writable: give another folder")
        raise InputError(message.fill(folder=folder))


_LOST_ROWS = Text(
    "{file} 有 {n} 行不可用，未用；如第 {line} 行 {column}：应为 {why}",
    "{n} rows of {file} were rejected; line {line}, {column}: expected {why}",
)
