"""What the terminal and a table show of codes: what is wrong with them, and what a list says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from rich.console import Group
from rich.text import Text as Line

from api.help import Wrapped
from api.terminal import clean, columns
from api.toldwork import MOST_ROWS, more, table_name
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import RenderableType

    from geogrid.codes import CodeFinding
    from geogrid.words import Lang

    _CodeRow = tuple[Text, str, str, str, str, Text, Text]

CODE_KINDS: Mapping[str, Text] = {
    "missing": Text("缺编码", "no code"),
    "no_area": Text("没有所属区域", "in no area"),
    "form": Text("格式不对", "wrong form"),
    "prefix": Text("前缀不是所属区域", "another area's prefix"),
    "duplicate": Text("重码", "twice"),
    "reused": Text("重用旧码", "used before"),
    "ended": Text("代码已撤销", "ended"),
    "circular": Text("新代码成圈", "successors in a circle"),
    "not_listed": Text("代码表中没有", "not in the list"),
    "not_covered": Text("代码表不含本县", "county not in the list"),
    "no_code": Text("没有代码", "no code"),
    "name_differs": Text("名称不符", "another name"),
}
FEW = 3
"""As many are named of those of which the same is said."""
CODE_COLUMNS = ("table", "id", "name", "code", "finding", "expected", "remedy")
MORE_CODES = Text(
    "另有 {n} 个没有列出；geogrid codes 工作区 --out 文件.csv 写出全部。",
    "{n} more are not listed: geogrid codes WORKSPACE --out FILE.csv writes all.",
)


def codes(found: Sequence[CodeFinding], lang: Lang) -> RenderableType:
    """Return what is wrong with codes, row by row, the first few of them."""
    return _code_rows(_of_findings(found), lang)


def looked_up(found: pd.DataFrame, table: str, lang: Lang) -> RenderableType:
    """Return what a list says of codes that are not as it has them."""
    return _code_rows(_of_list(found, table), lang)


def code_frame(found: Sequence[CodeFinding], listed: Mapping[str, pd.DataFrame], lang: Lang) -> pd.DataFrame:
    """Return all that is wrong with codes, and what a list says, as a table in one language."""
    rows = [*_of_findings(found), *(row for table, said in listed.items() for row in _of_list(said, table))]
    titles = (*("表", "编号", "名称", "代码", "编码问题", "应为", "怎么办"),) if lang == "zh" else CODE_COLUMNS
    told = [
        (
            name.say(lang),
            key,
            called,
            code,
            CODE_KINDS.get(kind, Text(kind, kind)).say(lang),
            expected.say(lang),
            remedy.say(lang),
        )
        for name, key, called, code, kind, expected, remedy in rows
    ]
    return pd.DataFrame(told, columns=list(titles), dtype="str")


def _of_findings(found: Sequence[CodeFinding]) -> list[_CodeRow]:
    return [(table_name(one.table), one.id, one.name, one.value, one.kind, one.expected, one.remedy) for one in found]


def _of_list(found: pd.DataFrame, table: str) -> list[_CodeRow]:
    return [
        (
            table_name(table),
            row.id,
            row.name,
            row.code,
            row.finding,
            Text(row.expected_zh, row.expected_en),
            Text(row.remedy_zh, row.remedy_en),
        )
        for row in found.itertuples(index=False)
    ]


def _code_rows(rows: Sequence[_CodeRow], lang: Lang) -> RenderableType:
    """Return rows, those that say the same of several as one: how many, and the first few."""
    table = columns(
        lang, (Text("编码问题", "Code"), Text("哪里", "Where"), Text("应为", "Expected"), Text("怎么办", "What to do")), right=()
    )
    alike: dict[tuple[Text, str, Text, Text], list[str]] = {}
    for name, row_id, called, _, kind, expected, remedy in rows:
        alike.setdefault((name, kind, expected, remedy), []).append(f"{row_id} {called}".strip())
    shown = list(alike.items())[:MOST_ROWS]
    for (name, kind, expected, remedy), named in shown:
        where = clean(_where(name, named).say(lang))
        cells = (_kind(kind).say(lang), where, clean(expected.say(lang)), remedy.say(lang))
        table.add_row(*(Wrapped(Line(cell)) for cell in cells))
    told = sum(min(len(named), FEW) for _, named in shown)
    return Group(table, *more(len(rows) - told, lang, MORE_CODES))


def _where(table: Text, named: Sequence[str]) -> Text:
    first = ", ".join(named[:FEW])
    if len(named) == 1:
        return Text(f"{table.zh} {first}", f"{table.en} {first}")
    end = " …" if len(named) > FEW else ""
    return Text(f"{table.zh} {len(named)} 个：{first}{end}", f"{len(named)} {table.en.lower()}: {first}{end}")


def _kind(kind: str) -> Text:
    return CODE_KINDS.get(kind, Text(kind, kind))
