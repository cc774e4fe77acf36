"""What is said of a key of a profile that is wrong, in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

EXPECTED: Mapping[str, Text] = {
    "extra_forbidden": Text("没有这个键，请删除或改正拼写", "no such key; remove it or correct its spelling"),
    "missing": Text("缺少这个键，请补上", "is missing; add it"),
    "string_type": Text("应为文字", "must be text"),
    "string_too_short": Text("不能为空", "must not be empty"),
    "string_too_long": Text("文字太长，最多 {max_length} 个字符", "is too long; at most {max_length} characters"),
    "string_pattern_mismatch": Text("应符合 {pattern}", "must match {pattern}"),
    "float_type": Text("应为数字（不加引号）", "must be a number (without quotes)"),
    "int_type": Text("应为整数（不加引号）", "must be a whole number (without quotes)"),
    "finite_number": Text("应为有限的数字", "must be a finite number"),
    "greater_than": Text("应大于 {gt}", "must be more than {gt}"),
    "greater_than_equal": Text("应不小于 {ge}", "must be at least {ge}"),
    "less_than_equal": Text("应不大于 {le}", "must be at most {le}"),
    "literal_error": Text("只能用英文词 {expected}", "must be {expected}"),
    "too_short": Text("至少要有 {min_length} 项", "needs at least {min_length}"),
    "too_long": Text("最多 {max_length} 项", "takes at most {max_length}"),
    "tuple_type": Text("应为列表 [ ... ]", "must be a list [ ... ]"),
    "dict_type": Text("应为一个表（[名称] 或花括号）", "must be a table"),
    "model_type": Text("应为一个表（[名称] 或花括号）", "must be a table"),
}
"""What each kind of pydantic error asks for, in both languages."""

LISTED, LONGEST = 20, 80
"""As many problems, and as many characters of a value, as can be read."""

MORE = Text("另有 {n:,} 处问题", "and {n:,} more problems")


def problems_text(problems: Sequence[Any]) -> Text:
    """Return pydantic's errors as one message, the first `LISTED` of them in words."""
    said = [problem_text(dict(problem)) for problem in problems[:LISTED]]
    said += [MORE.fill(n=len(problems) - LISTED)] if len(problems) > LISTED else []
    return Text("；".join(text.zh for text in said), "; ".join(text.en for text in said))


def problem_text(problem: dict[str, Any]) -> Text:
    """Return one pydantic error as key, value, expectation and remedy."""
    context = problem.get("ctx", {})
    own = Text(context.get("zh", problem["msg"]), problem["msg"])
    expected = EXPECTED[problem["type"]].fill(**context) if problem["type"] in EXPECTED else own
    key = _cut(".".join(str(part) for part in problem["loc"] if part != "[key]"))
    if not key:
        return expected
    if problem["type"] == "missing":
        return Text(f"{key} {expected.zh}", f"{key} {expected.en}")
    shown = _cut(repr(problem["input"]))
    return Text(f"{key} = {shown}：{expected.zh}", f"{key} = {shown}: {expected.en}")


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."
