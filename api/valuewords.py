"""What is wrong with a value that a caller sends, said in both languages: pydantic's messages, translated by their kind."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LONGEST_ECHO = 80
"""Characters of a caller's own text that a message repeats."""

MISSING = Text("缺少{name}", "{name} is missing")
UNKNOWN = Text("没有{name}这一项", "there is no such thing as {name} here")
NOT_JSON = Text("正文不是可读的 JSON", "the body is not readable JSON")
NOT_USABLE = Text("{name}的值“{value}”不对：应为 {expected}", "{name} = {value} is not usable: expected {expected}")
WHOLE_BODY = Text("正文", "the body")
FIELD, PARAMETER = Text("正文中的 {name} ", "{name} in the body"), Text("参数 {name} ", "{name}")

NUMBER, WHOLE_NUMBER = Text("数字", "a number"), Text("整数", "a whole number")
TEXT, TRUTH = Text("文字", "text"), Text("true 或 false", "true or false")
DAY, MOMENT = Text("日期（如 2026-07-01）", "a date such as 2026-07-01"), Text("日期和时间", "a date and time")
OTHERWISE = Text("可用的值（见 /docs）", "{said}")
OBJECT, LIST = Text("对象 {{…}}", "an object {{…}}"), Text("列表 […]", "a list […]")

TRIED = re.compile(r"[\[-]|^(str|int|float|bool|date)$")
"""What places name besides what was sent, where a value may be of several types."""

EXPECTED: Mapping[str, Text] = {
    "union_tag_not_found": Text("含有 {discriminator} 的对象", "an object with {discriminator}"),
    "int_type": WHOLE_NUMBER,
    "int_parsing": WHOLE_NUMBER,
    "int_from_float": WHOLE_NUMBER,
    "int_parsing_size": Text("小一些的整数", "a smaller whole number"),
    "float_type": NUMBER,
    "float_parsing": NUMBER,
    "finite_number": Text("有限的数字", "a finite number"),
    "greater_than": Text("大于 {gt} 的数", "more than {gt}"),
    "greater_than_equal": Text("不小于 {ge} 的数", "{ge} or more"),
    "less_than": Text("小于 {lt} 的数", "less than {lt}"),
    "less_than_equal": Text("不大于 {le} 的数", "{le} or less"),
    "bool_type": TRUTH,
    "bool_parsing": TRUTH,
    "string_type": TEXT,
    "string_too_short": Text("至少 {min_length} 个字", "at least {min_length} characters"),
    "string_too_long": Text("最多 {max_length} 个字", "at most {max_length} characters"),
    "string_pattern_mismatch": Text("符合 {pattern} 的文字", "text like {pattern}"),
    "too_short": Text("至少 {min_length} 项", "at least {min_length} entries"),
    "too_long": Text("最多 {max_length} 项", "at most {max_length} entries"),
    "date_type": DAY,
    "date_parsing": DAY,
    "date_from_datetime_parsing": DAY,
    "date_from_datetime_inexact": DAY,
    "datetime_type": MOMENT,
    "datetime_parsing": MOMENT,
    "datetime_from_date_parsing": MOMENT,
    "dict_type": OBJECT,
    "model_type": OBJECT,
    "model_attributes_type": OBJECT,
    "list_type": LIST,
    "tuple_type": LIST,
}
"""What was expected, by the kind of pydantic's error; of every other kind its own message is told, in English only."""

CHOICES = ("expected", "expected_tags")
"""Where pydantic names the values that there are, in quotes."""


def wrong_values(problems: Sequence[Mapping[str, Any]]) -> Text:
    """Say which values are wrong and what was expected.

    Parameters
    ----------
    problems : sequence of mapping
        Pydantic's errors; their places begin with where a value was sent (``query``, ``path``, ``header``, ``body``).

    Examples
    --------
    >>> print(wrong_values([{"type": "missing", "loc": ("query", "household"), "msg": "Field required"}]).zh)
    缺少参数 household
    """
    told = list(dict.fromkeys(_wrong(problem) for problem in problems))
    return Text("；".join(text.zh for text in told), "; ".join(text.en for text in told))


def _wrong(problem: Mapping[str, Any]) -> Text:
    kind, name = problem["type"], _name(problem["loc"])
    if kind == "json_invalid":
        return NOT_JSON
    if kind in ("missing", "extra_forbidden"):
        said = MISSING if kind == "missing" else UNKNOWN
        return Text(said.zh.format(name=name.zh).rstrip(), said.en.format(name=name.en))
    expected, value = _expected(problem), shortened(_written(problem.get("input", "")))
    zh = NOT_USABLE.zh.format(name=name.zh, value=value, expected=expected.zh)
    return Text(zh, NOT_USABLE.en.format(name=name.en, value=repr(value), expected=expected.en))


def _name(loc: Sequence[int | str]) -> Text:
    """Return what a value is called: the last name of its place that is neither an entry's number nor a type tried in turn."""
    names = [shortened(each) for each in loc[1:] if isinstance(each, str) and not TRIED.search(each)]
    if not names:
        return WHOLE_BODY
    return (FIELD if loc[0] == "body" else PARAMETER).fill(name=names[-1])


def _expected(problem: Mapping[str, Any]) -> Text:
    context = {name: value.strip("'") if isinstance(value, str) else value for name, value in problem.get("ctx", {}).items()}
    choices = next((problem["ctx"][name] for name in CHOICES if name in context), "")
    if choices:
        return any_of(re.findall(r"'([^']*)'", choices) or [choices])
    return EXPECTED.get(problem["type"], OTHERWISE).fill(**{"said": problem["msg"], **context})


def any_of(choices: Sequence[str]) -> Text:
    """Return a list of values of which one is wanted.

    Examples
    --------
    >>> any_of(["light", "dark", "contrast"])
    Text(zh='light、dark 或 contrast', en='light, dark or contrast')
    """
    *first, last = choices
    return Text(f"{'、'.join(first)} 或 {last}", f"{', '.join(first)} or {last}") if first else Text(last, last)


def _written(value: object) -> object:
    """Return a value as a caller wrote it: JSON, or the text of a body that is none."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, (dict, list, bool, type(None))) else value


def shortened(value: object) -> str:
    """Return a caller's own text, cut where it is long.

    Examples
    --------
    >>> len(shortened("x" * 1000))
    81
    """
    written = str(value)
    return written if len(written) <= LONGEST_ECHO else f"{written[:LONGEST_ECHO]}…"
