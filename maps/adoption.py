"""The adoption sheet: what was decided, by whom, from which day and by which approval, on one page to print, sign and file.

In both languages at once, because it is kept for years. It holds counts that may be published and no household; the hash of the
chain's head on paper makes a ledger that was rewritten later detectable.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from geogrid import __version__
from geogrid.changewords import origin
from geogrid.words import Text
from maps import figures
from maps.document import page
from maps.markup import Html, element, joined
from maps.swipewords import CHANGES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from geogrid.changepublic import PublicChangeSheet
    from geogrid.words import Lang

NUMBERS = re.compile(r"[0-9][0-9,]*[—–][0-9][0-9,]*")
"""A range of numbers, which is kept on one line."""
CSS = """
.both { display: block; color: var(--soft); font-size: 12px; font-weight: 400; }
.whole { white-space: nowrap; }
h1 { margin-bottom: 18px; }
ul.plain { margin-bottom: 14px; }
.hash { font-size: 13px; }
.sign { display: grid; grid-template-columns: repeat(3, 1fr); gap: 28px; margin-top: 46px; }
.sign div { padding-top: 6px; border-top: 1px solid var(--ink); font-size: 13px; break-inside: avoid; }
@media screen and (max-width: 720px) {
  .scroll thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .scroll table { display: block; min-width: 0; }
  .scroll tbody, .scroll tr, .scroll td { display: block; max-width: none; }
  .scroll tr { padding: 8px 0; border-bottom: 1px solid var(--line); }
  .scroll td { padding: 2px 0; border: 0; }
  .scroll td:first-child { position: static; max-width: none; font-weight: 600; }
  .scroll td.num { display: flex; justify-content: space-between; gap: 12px; white-space: normal; }
  .scroll td.num::before { content: attr(data-name); color: var(--soft); }
  .scroll td .both { display: inline; margin-left: 8px; }
  .sign { gap: 16px; }
}
"""


FIGURES: Mapping[str, Text] = {
    "households": Text("户数", "Households"),
    "persons": Text("人口", "Persons"),
    "area_m2": Text("面积（公顷）", "Area (ha)"),
}
"""The columns of numbers in the table of grids."""


@dataclass(frozen=True)
class Decision:
    """What an adoption sheet says.

    Attributes
    ----------
    workspace : str
        Name of the office or place.
    plan : str
        Name of the plan.
    version : int
    effective : date
        With effect from.
    recorded_at : str
        When it was written, in UTC.
    time_zone : str
        In which the sheet says it, such as "Asia/Shanghai".
    who, reason, approval : str
    operations : sequence of Text
        In words, in order.
    head_hash : str
        Of the version.
    is_signed : bool
        Whether the version has an HMAC.
    codes : mapping of str
        Code by grid, of the grids that got one.
    """

    workspace: str
    plan: str
    version: int
    effective: dt.date
    recorded_at: str
    who: str
    reason: str
    approval: str
    operations: Sequence[Text]
    head_hash: str
    is_signed: bool
    codes: Mapping[str, str] = field(default_factory=dict)
    time_zone: str = "Asia/Shanghai"


def adoption_page(decision: Decision, sheet: PublicChangeSheet, *, lang: Lang = "zh") -> str:
    """Return the adoption sheet as one page of HTML without scripts.

    Parameters
    ----------
    decision : Decision
    sheet : PublicChangeSheet
        What changes, as far as it may be published.
    lang : "zh" or "en"
        The language that the document says it is in; both are on it.
    """
    title = Text("网格调整方案采纳单", "Adoption of a grid plan")
    body = element(
        "main",
        element("p", decision.workspace or "geogrid", class_="kicker"),
        element("h1", title.zh, _under(title)),
        _record(decision),
        _section(Text("变更摘要", "What changes"), joined([_paragraphs(sheet.summary), _notes(sheet.notes), _grids(sheet)])),
        _section(Text("操作", "Operations"), _operations(decision)),
        _section(Text("存档校验", "Proof"), _proof(decision)),
        _signatures(),
        element("footer", element("p", f"geogrid {__version__}")),
    )
    return page(f"{title.zh} {decision.plan}", body, lang=lang, more_css=CSS)


def _under(text: Text) -> Html:
    return element("span", *_whole(text.en), class_="both")


def _section(title: Text, content: Html) -> Html:
    return element("section", element("h2", title.zh, _under(title)), content)


def _paragraphs(text: Text) -> Html:
    return joined([element("p", *_whole(text.zh), class_="lead"), element("p", *_whole(text.en), class_="note")])


def _whole(said: str) -> list[Html | str]:
    """Keep ranges of numbers on one line."""
    ranges = NUMBERS.findall(said)
    parts: list[Html | str] = [NUMBERS.split(said)[0]]
    for each, rest in zip(ranges, NUMBERS.split(said)[1:], strict=True):
        parts += [element("span", each, class_="whole"), rest]
    return parts


def _notes(notes: Sequence[Text]) -> Html | None:
    if not notes:
        return None
    return element("ul", *(element("li", *_whole(note.zh), _under(note)) for note in notes), class_="plain")


def _record(decision: Decision) -> Html:
    rows = (
        (Text("方案", "Plan"), decision.plan),
        (Text("版本", "Version"), str(decision.version)),
        (Text("生效日期", "With effect from"), decision.effective.isoformat()),
        (Text("经办人", "Who"), decision.who),
        (Text("理由", "Why"), decision.reason),
        (Text("批准文号", "Approval"), decision.approval or figures.UNKNOWN),
        (Text("记录时间", "Recorded"), _local(decision)),
    )
    cells = [cell for name, value in rows for cell in (element("dt", name.zh, " ", name.en), element("dd", value))]
    return element("dl", *cells)


def _local(decision: Decision) -> str:
    """Return when the decision was written, in its time zone, with the zone's name and distance from UTC."""
    written = dt.datetime.fromisoformat(decision.recorded_at)
    local = written.replace(tzinfo=written.tzinfo or dt.UTC).astimezone(ZoneInfo(decision.time_zone))
    ahead = f"{local:%z}"
    return f"{local:%Y-%m-%d %H:%M:%S} ({decision.time_zone}, UTC{ahead[:3]}:{ahead[3:5]})"


def _operations(decision: Decision) -> Html:
    listed = element("ol", *(element("li", said.zh, _under(said)) for said in decision.operations))
    if not decision.codes:
        return listed
    codes = "；".join(f"{key} {code}" for key, code in decision.codes.items())
    return joined([listed, element("p", f"新编码 New codes：{codes}", class_="note")])


def _proof(decision: Decision) -> Html:
    signed = Text("这一版带 HMAC，密钥另处保管。", "This version has an HMAC; its key is kept elsewhere.")
    bare = Text("这一版没有 HMAC（没有密钥）。", "This version has no HMAC (there is no key).")
    state = signed if decision.is_signed else bare
    how = Text(
        "核对：geogrid verify 工作区 --head 上面的哈希。本单与工作区不符时，工作区被改写过。",
        "To check: geogrid verify WORKSPACE --head with this hash. Where it does not fit, the workspace was rewritten.",
    )
    return joined(
        [
            element("p", "链首哈希 Head hash"),
            element("p", element("code", decision.head_hash, class_="hash")),
            element("p", state.zh, _under(state)),
            element("p", how.zh, _under(how), class_="note"),
        ]
    )


def _grids(sheet: PublicChangeSheet) -> Html | None:
    """Return a row for each grid that changes; a count that may not be shown has the mark for it."""
    rows = sheet.record["grids"]
    if not rows:
        return None
    names = [(Text("网格", "Grid"), None), (Text("变化", "Change"), None), *((name, "num") for name in FIGURES.values())]
    head = element("tr", *(element("th", name.zh, _under(name), class_=kind) for name, kind in names))
    body = [element("tr", *_cells(row)) for row in rows]
    table = element("div", element("table", element("thead", head), element("tbody", *body)), class_="scroll")
    low = sheet.record["suppress_below"]
    mark = Text(
        f"{figures.WITHHELD} 未公开：{low} 及以下的数，或能由此推出的数。",
        f"{figures.WITHHELD} withheld: {low} or fewer, or what would tell such a number.",
    )
    return joined([table, element("p", mark.zh, _under(mark), class_="note") if any(row["withheld"] for row in rows) else None])


def _cells(row: Mapping[str, Any]) -> list[Html]:
    sides = {"new": ("after",), "gone": ("before",)}.get(row["change"], ("before", "after"))
    pairs = {
        name: " → ".join(_figure(row[f"{key}_{side}"], key, withheld=row["withheld"]) for side in sides)
        for key, name in FIGURES.items()
    }
    return [
        element("td", figures.called(row)),
        element("td", *_change(row)),
        *(element("td", pair, class_="num", data_name=f"{name.zh} {name.en}") for name, pair in pairs.items()),
    ]


def _change(row: Mapping[str, Any]) -> list[Html | str]:
    """Say what happened to a grid, and where its land comes from or goes to."""
    kind, land = CHANGES[row["change"]], origin(row)
    said = Text(f"{kind.zh}，{land.zh}", f"{kind.en}, {land.en}") if land.zh else kind
    return [said.zh, _under(said)]


def _figure(value: Any, key: str, *, withheld: bool) -> str:
    if value is None:
        return figures.WITHHELD if withheld else figures.UNKNOWN
    return f"{value / 1e4:,.2f}" if key == "area_m2" else f"{value:,}"


def _signatures() -> Html:
    names = (Text("经办", "Prepared"), Text("审核", "Checked"), Text("批准", "Approved"))
    return element("div", *(element("div", name.zh, " ", name.en) for name in names), class_="sign")
