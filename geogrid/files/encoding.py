"""Which encoding a text is in: UTF-8 with or without BOM, UTF-16 with BOM, GB18030 (which contains GBK and GB 2312)."""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from geogrid.errors import InputError
from geogrid.words import Text

BROKEN = "\ufffd"
MOSTLY = 3
"""A damaged text counts as an encoding's when it has at least this many good characters beyond ASCII to each broken one."""

TABLE_ENCODINGS = re.compile(
    r"utf-?8|gb18030|big5(-?hkscs)?|cp\d{3,4}|windows-?\d{4}|iso[-_ ]?8859[-_]\d{1,2}|latin-?1|euc[-_](kr|jp)|shift[-_]jis"
)
"""What attribute tables are written in: encodings that contain ASCII, so that no declaration can turn plain text into garbage."""

BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class Decoded(NamedTuple):
    """A decoded text, its encoding, and whether bytes that fit nowhere became U+FFFD."""

    text: str
    encoding: str
    damaged: bool


def decode(data: bytes, *, name: str) -> Decoded:
    r"""Return the text of a file whose encoding nobody stated.

    Strict UTF-8 comes first, since GBK text is next to never valid UTF-8; a few broken bytes in a text that is plainly one of
    the two do not lose the file: they become U+FFFD and ``damaged`` is set.

    Raises
    ------
    InputError
        Bytes that are text in neither encoding.

    Examples
    --------
    >>> decode("户编号".encode("gbk"), name="a.csv")
    Decoded(text='户编号', encoding='gb18030', damaged=False)
    """
    for bom, encoding in BOMS:
        if data.startswith(bom):
            return _lenient(data, encoding)
    for encoding in ("utf-8", "gb18030"):
        strict = _strict(data, encoding)
        if strict is not None and (encoding == "utf-8" or not _mostly(data, "utf-8")):
            return Decoded(strict, encoding, damaged=False)
        if _mostly(data, encoding):
            return _lenient(data, encoding)
    raise InputError(
        Text(
            f"{name} 的文字编码无法识别；请另存为 UTF-8 或 GBK（GB18030）编码。",
            f"the encoding of {name} is not recognised; save it as UTF-8 or GBK (GB18030).",
        )
    )


def _strict(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _lenient(data: bytes, encoding: str) -> Decoded:
    strict = _strict(data, encoding)
    if strict is not None:
        return Decoded(strict, encoding, damaged=False)
    return Decoded(data.decode(encoding, "replace"), encoding, damaged=True)


def _mostly(data: bytes, encoding: str) -> bool:
    text = data.decode(encoding, "replace")
    broken = text.count(BROKEN)
    # A Chinese character is one character and three bytes in UTF-8, and so is U+FFFD.
    good = (len(text.encode()) - len(text)) // 2 - broken
    return good > 0 and good >= MOSTLY * broken


def mend(cell: bytes, encoding: str) -> str:
    """Return one cell's text; what does not fit the encoding (a character cut at a field's end) becomes U+FFFD."""
    return cell.decode(encoding, "replace")


def cell_encoding(cells: bytes, declared: str | None) -> str:
    """Return the encoding of attribute bytes: the declared one when it fits, else UTF-8 when that fits, else GB18030.

    Examples
    --------
    >>> cell_encoding("网格".encode("gbk"), "UTF-8")
    'gb18030'
    """
    for candidate in (declared, "utf-8"):
        known = _codec(candidate)
        if known and (_strict(cells, known) is not None or _mostly(cells, known)):
            return known
    return "gb18030"


def _codec(label: str | None) -> str | None:
    """Return Python's name of an encoding as a .cpg states it (65001, CP936, ANSI 936, UTF-8 ...)."""
    if not label:
        return None
    plain = label.strip().casefold().replace("ansi", "").replace("oem", "").strip(" :-_")
    plain = {
        "65001": "utf-8",
        "936": "gb18030",
        "cp936": "gb18030",
        "gbk": "gb18030",
        "gb2312": "gb18030",
        "54936": "gb18030",
    }.get(plain, plain)
    plain = f"cp{plain}" if plain.isdigit() else plain
    return codecs.lookup(plain).name if TABLE_ENCODINGS.fullmatch(plain) and _is_known(plain) else None


def _is_known(label: str) -> bool:
    try:
        codecs.lookup(label)
    except LookupError:
        return False
    return True
