"""One TOML file of a profile as plain tables; what no profile needs (too large, too deep) is refused before it costs anything."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from geogrid.errors import ProfileError
from geogrid.words import Text, undirected

if TYPE_CHECKING:
    from pathlib import Path

LARGEST_BYTES = 2_000_000
DEEPEST_TABLE = 20
"""As many tables may stand in one another; the profiles that come with the product have four."""

KEY = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')[ \t]*"""
DEEP_KEY = re.compile(rf"(?:^|[\[{{,])[ \t]*(?:{KEY}\.[ \t]*){{{DEEPEST_TABLE}}}", re.MULTILINE)
"""A key of more parts than that, at the start of a line or of an entry; parsing it costs the square of its length."""

NO_FILE = Text("没有这个文件，请检查路径", "there is no such file; check the path")
UNREADABLE = Text("无法读取，请检查文件", "cannot be read; check the file")
TOO_LARGE = Text("文件超过 {mb} MB，配置用不了这么多，请精简", "is larger than {mb} MB, more than any profile needs; shorten it")
NOT_UTF8 = Text("不是 UTF-8 文本，请另存为 UTF-8", "not UTF-8 text; save it as UTF-8")
NOT_TOML = Text("不是正确的 TOML：{why}", "not valid TOML: {why}")
TOO_LONG = Text("有一个数字长达几千位，请改正", "has a number of thousands of digits; correct it")
TOO_DEEP = Text("表套表超过 {n} 层，请减少层数", "has tables nested more than {n} deep; use fewer")


def parsed(path: Path) -> dict[str, Any]:
    """Return the tables of a file.

    Parameters
    ----------
    path : Path
        A TOML file in UTF-8 of at most `LARGEST_BYTES`.

    Raises
    ------
    ProfileError
        It cannot be read, is too large, no TOML, or nested deeper than `DEEPEST_TABLE`.
    """
    text = _text(path)
    if DEEP_KEY.search(text):
        raise ProfileError(file_text(path, TOO_DEEP.fill(n=DEEPEST_TABLE)))
    try:
        tables = tomllib.loads(text)
    except RecursionError as error:
        raise ProfileError(file_text(path, TOO_DEEP.fill(n=DEEPEST_TABLE))) from error
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(file_text(path, NOT_TOML.fill(why=error))) from error
    except ValueError as error:  # what Python says of a whole number of thousands of digits
        raise ProfileError(file_text(path, TOO_LONG)) from error
    if _is_deep(tables):
        raise ProfileError(file_text(path, TOO_DEEP.fill(n=DEEPEST_TABLE)))
    return {key: _undirected(value) for key, value in tables.items()}


def _undirected(value: Any) -> Any:
    """Return a value whose texts cannot be read in another direction."""
    if isinstance(value, dict):
        return {key: _undirected(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_undirected(each) for each in value]
    return undirected(value) if isinstance(value, str) else value


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            held = file.read(LARGEST_BYTES + 1)
    except FileNotFoundError as error:
        raise ProfileError(file_text(path, NO_FILE)) from error
    except OSError as error:
        raise ProfileError(file_text(path, UNREADABLE)) from error
    if len(held) > LARGEST_BYTES:
        raise ProfileError(file_text(path, TOO_LARGE.fill(mb=LARGEST_BYTES // 1_000_000)))
    try:
        return held.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ProfileError(file_text(path, NOT_UTF8)) from error


def _is_deep(tables: dict[str, Any]) -> bool:
    """Return whether tables and lists stand in one another too deep; layer by layer, as Python's own depth is limited."""
    layer: list[Any] = [tables]
    for _ in range(DEEPEST_TABLE):
        parts = [list(each.values()) if isinstance(each, dict) else each for each in layer]
        layer = [each for part in parts for each in part if isinstance(each, dict | list)]
    return bool(layer)


def file_text(path: Path, text: Text) -> Text:
    """Return a message that starts with the file's name (never its folder)."""
    return Text(f"配置文件 {path.name}：{text.zh}", f"profile {path.name}: {text.en}")
