"""CQL2 filters, text and JSON, as trees that `api.ogc.evaluating` evaluates; what would take a parser long never reaches it.

The parser tries alternatives anew at every opening bracket, so that the time which a faulty text takes doubles with each level;
text is held against what it may cost before it is parsed. Filters as JSON have no such cost, and may be deeper.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

from cql2 import ParseError, ValidationError, parse_json, parse_text

from api.errors import InvalidParameterError
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

FilterLang = Literal["cql2-text", "cql2-json"]
LANGS: tuple[FilterLang, ...] = ("cql2-text", "cql2-json")
MOST_COST = 2**17
"""Of a text, its length doubled with every level of brackets: a tenth of a second, if it is faulty."""
MOST_LEVELS = 32
MOST_WORDS = 200
"""Of and, or and not; as many of every sign that calculates."""
QUOTED = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"")
JSON_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
WORDS = re.compile(r"\b(?:and|or|not)\b", re.IGNORECASE)
SIGNS = re.compile(r"[-+*/%^]|\bdiv\b", re.IGNORECASE)
NUMBERS = re.compile(r"(?<=[\s,(\[])-?\d[\d.eE+-]*")

WRONG = Text("filter 读不懂：请按 CQL2 书写", "the filter cannot be read: write it as CQL2")
TOO_MUCH = Text(
    "filter 太复杂（条件至多 200 个，层次有限）：请拆开，或用 filter-lang=cql2-json",
    "the filter is too complex (at most 200 conditions, and few levels): split it, or send it as filter-lang=cql2-json",
)
TOO_LONG = Text("filter 太长：至多 {n} 字节", "the filter is too long: at most {n} bytes")


def parsed(text: str, lang: FilterLang, *, most_bytes: int) -> dict[str, Any]:
    """Return the tree of a filter.

    Parameters
    ----------
    text : str
    lang : "cql2-text" or "cql2-json"
    most_bytes : int

    Raises
    ------
    InvalidParameterError
        When it is too long, too complex, or no CQL2.

    Examples
    --------
    >>> parsed("name = 'x' AND n > 3", "cql2-text", most_bytes=100)["op"]
    'and'
    """
    if len(text.encode("utf-8", "replace")) > most_bytes:
        raise InvalidParameterError(TOO_LONG.fill(n=most_bytes))
    _require_cheap(text, lang)
    try:
        tree = (parse_text if lang == "cql2-text" else parse_json)(text).to_json()
    except (ParseError, ValidationError, ValueError, UnicodeError, RecursionError) as error:
        raise InvalidParameterError(WRONG) from error
    if not isinstance(tree, dict):
        raise InvalidParameterError(WRONG)
    if _height(tree) > 2 * MOST_LEVELS:
        raise InvalidParameterError(TOO_MUCH)
    return tree


def _require_cheap(text: str, lang: FilterLang) -> None:
    """Refuse what would keep the parser or the evaluation busy for long."""
    if lang == "cql2-json":
        bare = JSON_TEXT.sub('""', text)
        levels, most = _levels(bare, "([{", ")]}"), 2 * MOST_LEVELS
        if levels > most or len(re.findall(r'"op"', text)) > MOST_WORDS:
            raise InvalidParameterError(TOO_MUCH)
        return
    if "\\'" in text:  # the parser's other way to write a quote, which would hide brackets from the count
        raise InvalidParameterError(WRONG)
    bare = QUOTED.sub("''", text)
    levels = _levels(bare, "(", ")")
    calculated = len(SIGNS.findall(NUMBERS.sub("0", bare)))
    if len(text) * 2**levels > MOST_COST or len(WORDS.findall(bare)) > MOST_WORDS or calculated > MOST_WORDS:
        raise InvalidParameterError(TOO_MUCH)


def _levels(text: str, opening: str, closing: str) -> int:
    """Return how deep the brackets of a text go; what does not close is refused."""
    depth = deepest = 0
    for sign in text:
        depth += (sign in opening) - (sign in closing)
        deepest = max(deepest, depth)
        if depth < 0:
            break
    if depth:
        raise InvalidParameterError(WRONG)
    return deepest


def _height(tree: Any) -> int:
    """Return how deep a tree is, by levels, without calling itself."""
    height, level = 0, [tree]
    while level:
        height, level = height + 1, [child for each in level for child in _children(each)]
    return height


def _children(node: Any) -> Iterator[Any]:
    if isinstance(node, dict):
        yield from (value for value in node.values() if isinstance(value, dict | list))
    elif isinstance(node, list):
        yield from (value for value in node if isinstance(value, dict | list))
