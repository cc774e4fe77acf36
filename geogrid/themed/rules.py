"""Themes of standards: an overview of the place, then each standard that is judged, those that most subjects fail first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from geogrid.measuretable import MEASURES
from geogrid.profileparts import THEMES
from geogrid.standards import FAIL as FAILS
from geogrid.standards import INCOMPLETE as LACKS
from geogrid.standards import PASS as PASSES
from geogrid.themecolours import COLOURS
from geogrid.themed.parts import PEOPLE_UNITS, RESULTS, SHOWN, framed, joined, layer, named, shown, stated, worst_first
from geogrid.themed.stage import beside_the_tree
from geogrid.themed.telling import is_told, tells
from geogrid.themes import Theme, ThemeClass
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    import pandas as pd

    from geogrid.facts import Subjects
    from geogrid.profileparts import Standard
    from geogrid.themed.stage import Stage

    Objects = npt.NDArray[np.object_]

OVERVIEW = (
    ThemeClass("pass", Text("全部达标", "meets all"), COLOURS["pass"]),
    ThemeClass("incomplete", Text("资料不全", "data missing"), COLOURS["incomplete"], is_hatched=True),
    ThemeClass("fail", Text("有不达标", "fails some"), COLOURS["fail"]),
    ThemeClass("unasked", Text("没有标准涉及", "no standard is about it"), COLOURS["nothing"], is_hatched=True),
)
MANY = 800
"""With more places than this an overview is no clearer."""

ROLLED = ("facilities", "streets", "units")
"""Tables whose subjects count for the place that they lie in."""

NUMBER = Text("{failed} 项不达标，{lacking} 项资料不全", "{failed} failed, {lacking} without data")
FAILED_OF = Text("不达标：{names}", "failed: {names}")
LACKING = Text("资料不全：{names}", "data missing: {names}")
SHOULD = Text("应{bound}", "should be {bound}")
TALLY = Text(
    "{name}：达标 {passed:,}，不达标 {failed:,}，资料不全 {incomplete:,}",
    "{name}: {passed:,} meet it, {failed:,} fail, {incomplete:,} lack data",
)
LEFT_OUT = Text(
    "涉及住户和人员的标准不参与公开总览：{names}", "standards about people are left out of the public overview: {names}"
)
NOTE = Text(
    "每处按涉及它和其中设施、街巷、单元的全部判定标准着色", "coloured by all judged standards on it and on what lies in it"
)


def judged(stage: Stage) -> list[Standard]:
    """Return the standards that are judged and have subjects."""
    rows = stage.judged.standards
    ids = set(rows.loc[rows["is_judged"].astype(bool) & (rows["subjects"] > 0), "standard"])
    return [each for each in stage.profile.standards.values() if each.id in ids]


def overview(stage: Stage, is_public: bool) -> Theme | None:  # noqa: FBT001 - a row of the registry
    """Return the places of the level that shows most: each meets all standards, lacks data for some or fails some."""
    rules = [each for each in judged(stage) if is_told(each) or not is_public]
    if not rules or not stage.lands:
        return None
    level = told_best(stage, rules)
    subjects, rows = stage.subjects(level), stage.rows(level)
    failed, lacking = (_rolled(stage, subjects, rules, result) for result in (FAILS, LACKS))
    asked = [a or b or c for a, b, c in zip(failed, lacking, _rolled(stage, subjects, rules, PASSES), strict=True)]
    classes = [
        "fail" if bad else "incomplete" if lost else "pass" if some else "unasked"
        for bad, lost, some in zip(failed, lacking, asked, strict=True)
    ]
    values = [NUMBER.fill(failed=len(bad), lacking=len(lost)) for bad, lost in zip(failed, lacking, strict=True)]
    advice = [_worded(bad, lost) for bad, lost in zip(failed, lacking, strict=True)]
    persons = stage.facts.households["persons"].to_numpy(dtype=float, na_value=0.0)
    order = worst_first(classes, np.zeros(len(rows)) if is_public else subjects.count(persons))
    frame = framed(rows, {"now": shown(classes, values, advice)}, order)
    facts = (
        tuple(_tally(stage, each) for each in rules) if not is_public else (*_left_out(stage), *map(_public_tally(stage), rules))
    )
    return layer(stage, "standards", frame, OVERVIEW, name=THEMES["standards"], note=NOTE, facts=facts, is_public=is_public)


def told_best(stage: Stage, rules: Sequence[Standard]) -> str:
    """Return the level of land on which an overview tells most: by the standards that it takes up, at how many places."""
    order = {level.id: i for i, level in enumerate(stage.lands)}
    tables = {rule.id: stage.profile.table_of(rule.of) for rule in rules}

    def weight(level: str) -> float:
        taken = [r for r in rules if tables[r.id] in ROLLED or order.get(r.of, -1) >= order[level]]
        return len(taken) * float(np.log2(1 + min(len(stage.subjects(level)), MANY)))

    return max(order, key=weight)


def _rolled(stage: Stage, subjects: Subjects, rules: Sequence[Standard], result: str) -> list[list[Text]]:
    """Return for each subject the names of the standards with this result for it, or for something that lies in it."""
    found: list[list[Text]] = [[] for _ in range(len(subjects))]
    for rule in rules:
        of = stage.subjects(rule.of)
        if beside(stage, rule.of) or of.table in ("services", "place", "households"):
            continue
        rows = _all_of(stage, rule)
        ids = rows.loc[rows["result"] == result, "subject_id"]
        at = {place for key in ids for place in _inside(of, subjects, key)}
        for place in at:
            found[place].append(rule.name)
    return found


def _inside(of: Subjects, subjects: Subjects, key: str) -> set[int]:
    """Return the positions of the subjects that something is, or lies in."""
    above = of.above[of.position[key]] | {key}
    return {subjects.position[each] for each in above & subjects.position.keys()}


def beside(stage: Stage, kind: str) -> bool:
    """Return whether a kind is a level beside the tree."""
    return any(level.id == kind and beside_the_tree(level) for level in stage.profile.levels)


def _worded(failed: Sequence[Text], lacking: Sequence[Text]) -> Text | None:
    if not failed and not lacking:
        return None
    return joined((_listed(FAILED_OF, failed) if failed else None, _listed(LACKING, lacking) if lacking else None))


def _listed(pattern: Text, names: Sequence[Text]) -> Text:
    zh, en = named(name.zh for name in names).zh, "; ".join(name.en for name in names)
    return Text(pattern.zh.format(n=len(names), names=zh), pattern.en.format(n=len(names), names=en))


def _left_out(stage: Stage) -> list[Text]:
    names = [rule.name for rule in judged(stage) if not is_told(rule)]
    return [_listed(LEFT_OUT, names)] if names else []


class Told(NamedTuple):
    """A standard's results for drawing, on the positions of its subjects."""

    at: npt.NDArray[np.int64]
    result: Objects
    values: list[Text | None]
    advice: list[Text | None]
    persons: npt.NDArray[np.float64]


def results_of(stage: Stage, rule: Standard, *, is_public: bool) -> Told:
    """Return what may be told of the subjects of a standard.

    Parameters
    ----------
    stage : Stage
        The place.
    rule : Standard
        One of its standards.
    is_public : bool
        For the public, ``result`` is withheld where `telling.tells` says so; values and advice of people are.

    Returns
    -------
    Told
        Only of subjects that may be drawn.
    """
    subjects = stage.subjects(rule.of)
    rows = _all_of(stage, rule)
    at = np.array([subjects.position[key] for key in rows["subject_id"]], dtype=np.int64)
    drawn = stage.is_drawn(subjects, is_public=is_public)[at]
    rows, at = rows[drawn], at[drawn]
    result = rows["result"].to_numpy(dtype=object)
    values, advice = _values(rows), _advice(rows, rule, stage)
    persons = rows["persons"].to_numpy(dtype=float)
    if is_public:
        result = np.where(tells(stage, rule)[at], result, "withheld")
        quiet = not is_told(rule)
        values = [None] * len(at) if quiet or MEASURES[rule.measure].unit in PEOPLE_UNITS else values
        should = _should(stage, rule)
        advice = [should if each == FAILS else None for each in result] if quiet else advice
        persons = np.zeros(len(at))
    return Told(at, result, values, advice, persons)


def _values(rows: pd.DataFrame) -> list[Text | None]:
    return [None if result == LACKS else value for result, value in zip(rows["result"], rows["shown"], strict=True)]


def _advice(rows: pd.DataFrame, rule: Standard, stage: Stage) -> list[Text | None]:
    """Return what to do about each that fails, and what is missing of the others."""
    should = _should(stage, rule)
    return [
        missing if result == LACKS else joined([should, advice]) if result == FAILS else None
        for result, missing, advice in zip(rows["result"], rows["missing"], rows["advice"], strict=True)
    ]


def _should(stage: Stage, rule: Standard) -> Text:
    bound = _of(stage, rule)["bound"]
    return Text(SHOULD.zh.format(bound=bound.zh), SHOULD.en.format(bound=bound.en))


def each_standard(stage: Stage, is_public: bool) -> list[Theme]:  # noqa: FBT001 - a row of the registry
    """Return a theme for every judged standard whose subjects have shapes, those that most fail first."""
    themes = []
    for rule in judged(stage):
        subjects = stage.subjects(rule.of)
        if "geometry" in subjects.rows and (theme := _one(stage, rule, is_public=is_public)) is not None:
            themes.append((-int((theme.frame["class_now"] == FAILS).sum()), theme))
    return [theme for _, theme in sorted(themes, key=lambda pair: pair[0])]


def _one(stage: Stage, rule: Standard, *, is_public: bool) -> Theme | None:
    """Return the theme of a standard; None where nothing of it may be told, or most of its subjects may not be drawn."""
    told = results_of(stage, rule, is_public=is_public)
    if len(told.at) <= SHOWN * len(_all_of(stage, rule)) or (told.result == "withheld").all():
        return None
    rows = stage.rows(rule.of).iloc[told.at]
    order = worst_first(told.result.tolist(), told.persons)
    frame = framed(rows, {"now": shown(told.result.tolist(), told.values, told.advice)}, order)
    row = _of(stage, rule)
    note = Text(f"{row['bound'].zh}；{rule.source.zh}", f"{row['bound'].en}; {rule.source.en}")
    facts = (_counted(rule.name, told.result), *stated(stage, [rule.of], is_public=is_public))
    return layer(stage, f"standards-{rule.id}", frame, RESULTS, name=rule.name, note=note, facts=facts, is_public=is_public)


def _all_of(stage: Stage, rule: Standard) -> pd.DataFrame:
    """Return the results of a standard, drawn or not."""
    return stage.results.get(rule.id, stage.judged.results.iloc[:0])


def _of(stage: Stage, rule: Standard) -> Mapping[Any, Any]:
    return stage.summed[rule.id]


def _tally(stage: Stage, rule: Standard) -> Text:
    row = _of(stage, rule)
    said = {key: int(row[key]) for key in ("passed", "failed", "incomplete")}
    return Text(TALLY.zh.format(name=rule.name.zh, **said), TALLY.en.format(name=rule.name.en, **said))


def _public_tally(stage: Stage) -> Any:
    """Return what words the outcome of a standard that is told as a whole, of the subjects that may be drawn."""
    return lambda rule: _counted(rule.name, results_of(stage, rule, is_public=True).result)


def _counted(name: Text, result: Objects) -> Text:
    said = {key: int((result == each).sum()) for key, each in (("passed", PASSES), ("failed", FAILS), ("incomplete", LACKS))}
    return Text(TALLY.zh.format(name=name.zh, **said), TALLY.en.format(name=name.en, **said))
