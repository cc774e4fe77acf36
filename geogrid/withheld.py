"""How much of a check is withheld because of earlier publications: figures by table, and whether it is worth publishing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from geogrid.errors import ConflictError
from geogrid.hierarchy import GRID, TOTAL
from geogrid.issued import NAMES as LABELS
from geogrid.privacy import MEASURES
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.privacy import PublicReport

MOST_WITHHELD = 0.2
"""Nothing is published without a question when more of a check's figures than this share would be withheld."""
NAMES: Mapping[str, Text] = {
    "grids": Text("网格", "grids"),
    "areas": Text("区域", "areas"),
    "place": Text("全域", "the whole place"),
    "gaps": Text("盲区", "gaps"),
    "shares": Text("敏感性、半径和季节各行", "rows of sensitivity, radius and seasons"),
    "standards": Text("标准", "standards"),
    "numbers": Text("行数", "numbers of rows"),
}
"""What the tables are called."""

SUMMED = Text(
    "检查会公布的 {told} 个数字中，因与此前发布相减会透露住户，须另隐去 {withheld} 个（{share}）：{tables}。",
    "Of the {told} figures that the check itself tells, {withheld} ({share}) are withheld because beside earlier publications "
    "they would tell of households: {tables}.",
)
REFUSED = Text(
    "没有发布：{summed}超过五分之一时须先确认。办法：只公布新的边界和设施，住户仍用上次发布的；或等变化更多（有变化处超过 {n} "
    "户）再发布；或接受这样发布。",
    "Nothing was published. {summed} Where that is more than a fifth it must be accepted first. Either publish new borders and "
    "facilities only, with the people of the last publication; or wait until more has changed (more than {n} households where "
    "anything did); or accept it.",
)


@dataclass(frozen=True)
class Withheld:
    """How many figures a check tells by itself, and how many of them are withheld because of earlier publications.

    Attributes
    ----------
    told, withheld : mapping of str to int
        By table (`NAMES`).
    still_told : int
        Small counts that earlier publications tell together, whatever is withheld now.
    threshold : int
        The largest count that the check withholds by itself.
    """

    told: Mapping[str, int]
    withheld: Mapping[str, int]
    still_told: int = 0
    threshold: int = 10

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Self:
        """Return what a record (`to_record`) states."""
        told, withheld = ({key: row[name] for key, row in record["tables"].items()} for name in ("told", "withheld"))
        return cls(told, withheld, record["still_told"], record["threshold"])

    @property
    def share(self) -> float:
        """Return the share that is withheld, of all figures.

        Examples
        --------
        >>> Withheld({"grids": 40, "gaps": 10}, {"grids": 15, "gaps": 0}).share
        0.3
        """
        return sum(self.withheld.values()) / max(sum(self.told.values()), 1)

    @property
    def is_much(self) -> bool:
        """Return whether so much is withheld that somebody must accept it."""
        return self.share > MOST_WITHHELD

    @property
    def text(self) -> Text:
        """Return it as a sentence."""
        told, withheld = sum(self.told.values()), sum(self.withheld.values())
        tables = [
            Text(*(f"{name} {self.withheld[key]:,}/{count:,}" for name in NAMES[key]))
            for key, count in self.told.items()
            if count
        ]
        return Text(
            *(
                pattern.format(told=f"{told:,}", withheld=f"{withheld:,}", share=f"{self.share:.1%}", tables=comma.join(names))
                for pattern, comma, names in zip(SUMMED, ("、", ", "), zip(*tables, strict=True), strict=True)
            )
        )

    def to_record(self) -> dict[str, Any]:
        """Return it as JSON: all figures, and those of each table."""
        tables = {key: {"told": told, "withheld": self.withheld[key]} for key, told in self.told.items()}
        known = {"is_much": self.is_much, "still_told": self.still_told, "threshold": self.threshold}
        whole = {"told": sum(self.told.values()), "withheld": sum(self.withheld.values()), "share": round(self.share, 4)}
        return {**whole, **known, "tables": tables}


class MostlyWithheldError(ConflictError):
    """A publication of which so much would be withheld that somebody must accept it first; ``withheld`` says how much."""

    def __init__(self, withheld: Withheld) -> None:
        super().__init__(
            Text(*(said.format(summed=each, n=withheld.threshold) for said, each in zip(REFUSED, withheld.text, strict=True)))
        )
        self.withheld = withheld


def compared(alone: PublicReport, left: PublicReport, still_told: int = 0) -> Withheld:
    """Count what a check tells by itself, and what is withheld of that.

    Parameters
    ----------
    alone, left : PublicReport
        As the check alone would show it, and as it is published.
    still_told : int
    """
    told, shown = counted(alone), counted(left)
    threshold = int(alone.summary["settings"]["suppress_below"])
    return Withheld(told, {key: max(told[key] - shown[key], 0) for key in told}, still_told, threshold)


def counted(public: PublicReport) -> dict[str, int]:
    """Return by table how many figures are told: counts, gaps drawn, rows and standards that say anything."""
    summary, counts = public.summary, Counter[str]()
    for row in summary["coverage"]:
        table = {GRID: "grids", TOTAL: "place"}.get(row["level"], "areas")
        counts[table] += sum(value is not None for key, value in row.items() if key in LABELS or key.startswith(MEASURES))
    rows = [row for name in ("sensitivity", "radius", "seasons") for row in summary.get(name, ())]
    homes: dict[str, Any] = next((row for row in summary["inputs"] if row["table"] == "households"), {})
    numbers = [summary["totals"].get(key) for key in ("outside", "on_border", "disagreements")]
    judged = [row["passed"] for row in summary.get("standards", ()) if row.get("is_about_people", True)]
    stated = [row["share_found"] for row in summary.get("stated", ()) if row.get("is_about_people", True)]
    return {
        "grids": counts["grids"],
        "areas": counts["areas"],
        "place": counts["place"],
        "gaps": sum(shape is not None and not shape.is_empty for shape in public.gaps.geometry),
        "shares": sum(not row.get("suppressed") for row in rows),
        "standards": sum(each is not None for each in (*judged, *stated)),
        "numbers": sum(each is not None for each in (*numbers, homes.get("rows"), homes.get("good"))),
    }
