"""Themes of grades: who has which in every period, and who rose or fell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geogrid.grading import CHANGES, FELL, GONE, NEW, ROSE, SAME
from geogrid.profileparts import THEMES
from geogrid.themecolours import COLOURS
from geogrid.themed.parts import Shown, framed, layer, shown, stated
from geogrid.themes import Theme, ThemeClass
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    import pandas as pd

    from geogrid.profileparts import Grade
    from geogrid.themed.stage import Stage

UNGRADED = ThemeClass("ungraded", Text("未评定", "not graded"), COLOURS["incomplete"], is_hatched=True)
CHANGED = (
    ThemeClass(ROSE, Text("上升", "rose"), COLOURS[ROSE]),
    ThemeClass(SAME, Text("不变", "same"), COLOURS[SAME]),
    ThemeClass(NEW, Text("新评定", "newly graded"), COLOURS[NEW]),
    ThemeClass(GONE, Text("本期未评定", "no longer graded"), COLOURS[GONE], is_hatched=True),
    ThemeClass(FELL, Text("下降", "fell"), COLOURS[FELL]),
)
DO_GRADE = Text("补评本期等级", "grade it for this period")
WAS = Text("上期 {was}，本期下降", "was {was}, fell")
LOWEST = Text("等级最低", "the lowest grade")
SHARE = Text("{grade} {n:,}（{share:.1%}）", "{grade} {n:,} ({share:.1%})")
NOTE = Text("每期等级按方案的等级顺序，由好到差", "The grades of each period, from the best to the worst")
CHANGE_NOTE = Text("与上一期相比", "Against the period before")
LATEST = 40
"""As many periods, the latest, as a map shows: ten years by quarter."""
OLDER = Text("共 {n:,} 期，只画最近 {latest} 期", "of {n:,} periods the latest {latest} are drawn")
STEP = Text("{before} → {period}", "{before} → {period}")
COUNT = Text("{period}：{counts}", "{period}: {counts}")


def grades(stage: Stage, is_public: bool) -> Theme | None:  # noqa: FBT001 - a row of the registry
    """Return the graded subjects at every period, in the colours of the profile."""
    if not _can(stage):
        return None
    rows = stage.rows(stage.profile.graded)
    # The frame lists the lowest grades of the latest period first.
    periods, ids = stage.grading.periods[-LATEST:], rows["id"].to_numpy(dtype=object)
    own, changes, shares = (
        _by_period(each, periods) for each in (stage.grading.subjects, stage.grading.changes, stage.grading.shares)
    )
    times = {each: _at(stage, own[each], changes[each], ids) for each in periods}
    legend = (*(ThemeClass(f"grade_{each.id}", each.name, each.colour) for each in stage.profile.grades), UNGRADED)
    place = {each.key: i for i, each in enumerate(legend)}
    order = np.argsort([-place[str(key)] for key in times[periods[-1]].classes], kind="stable")
    frame = framed(rows, times, order)
    facts = (
        *_older(len(stage.grading.periods)),
        *(_shares(period, shares[period]) for period in reversed(periods)),
        *stated(stage, [stage.profile.graded], is_public=is_public),
    )
    said = {
        "note": NOTE,
        "facts": facts,
        "times": {each: Text(each, each) for each in periods},
        "start": periods[-1],
        "is_public": is_public,
    }
    return layer(stage, "grades", frame, legend, name=THEMES["grades"], **said)


def grade_change(stage: Stage, is_public: bool) -> Theme | None:  # noqa: FBT001 - a row of the registry
    """Return who rose and who fell from each period to the next, the latest step last."""
    changes = stage.grading.changes
    if not _can(stage) or not len(changes):
        return None
    rows = stage.rows(stage.profile.graded)
    ids, grades_ = rows["id"].to_numpy(dtype=object), {each.id: each for each in stage.profile.grades}
    pairs = changes[["before", "period"]].drop_duplicates()
    steps = list(zip(pairs["before"], pairs["period"], strict=True))[1 - LATEST :]
    own = _by_period(changes, [period for _, period in steps])
    times = {period: _step(own[period], ids, grades_) for _, period in steps}
    latest = np.array([key == FELL for key in times[steps[-1][1]].classes])
    frame = framed(rows, times, np.argsort(~latest, kind="stable"))
    names = {period: STEP.fill(before=before, period=period) for before, period in steps}
    facts = (*_older(len(stage.grading.periods)), *(_counts(names[period], own[period]) for _, period in reversed(steps)))
    said = {"note": CHANGE_NOTE, "facts": facts, "times": names, "start": steps[-1][1], "is_public": is_public}
    return layer(stage, "grade_change", frame, CHANGED, name=THEMES["grade_change"], **said)


def _can(stage: Stage) -> bool:
    graded = stage.profile.graded
    return bool(graded and stage.grading.periods and "geometry" in stage.subjects(graded).rows and len(stage.subjects(graded)))


def _by_period(table: pd.DataFrame, periods: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Return the rows of each of some periods."""
    some = dict(iter(table[table["period"].isin(periods)].groupby("period", sort=False)))
    return {period: some.get(period, table.iloc[:0]) for period in periods}


def _older(n: int) -> list[Text]:
    """Say that there are more periods than are drawn."""
    return [OLDER.fill(n=n, latest=LATEST)] if n > LATEST else []


def _at(stage: Stage, graded: pd.DataFrame, changes: pd.DataFrame, ids: npt.NDArray[np.object_]) -> Shown:
    """Return the grade of each subject in a period; who fell, or stands lowest, is to be acted on."""
    own = graded.drop_duplicates("subject_id").set_index("subject_id")["grade"]
    known = {each.id: each for each in stage.profile.grades}
    found = [known.get(each) for each in own.reindex(ids).to_numpy(dtype=object)]
    fell = changes[changes["change"] == FELL].set_index("subject_id")["grade_before"]
    was = [known.get(each) for each in fell.reindex(ids).to_numpy(dtype=object)]
    classes = [f"grade_{each.id}" if each else "ungraded" for each in found]
    lowest = stage.profile.grades[-1]
    return shown(
        classes,
        [each.name if each else None for each in found],
        [_advice(each, before, lowest) for each, before in zip(found, was, strict=True)],
    )


def _advice(grade: Grade | None, was: Grade | None, lowest: Grade) -> Text | None:
    if grade is None:
        return DO_GRADE
    if was is not None:
        return Text(WAS.zh.format(was=was.zh), WAS.en.format(was=was.en))
    return LOWEST if grade == lowest else None


def _shares(period: str, rows: pd.DataFrame) -> Text:
    said = [(row.name_, row.subjects, row.share) for row in rows.rename(columns={"name": "name_"}).itertuples()]
    zh = "，".join(SHARE.zh.format(grade=name.zh, n=n, share=share) for name, n, share in said)
    en = ", ".join(SHARE.en.format(grade=name.en, n=n, share=share) for name, n, share in said)
    return Text(COUNT.zh.format(period=period, counts=zh), COUNT.en.format(period=period, counts=en))


def _step(changes: pd.DataFrame, ids: npt.NDArray[np.object_], known: dict[str, Grade]) -> Shown:
    own = changes.drop_duplicates("subject_id").set_index("subject_id").reindex(ids)
    classes = [each if isinstance(each, str) else None for each in own["change"]]
    moves = [_moved(known.get(a), known.get(b)) for a, b in zip(own["grade_before"], own["grade"], strict=True)]
    advice = [move if key == FELL else None for move, key in zip(moves, classes, strict=True)]
    return shown(classes, moves, advice)


def _moved(before: Grade | None, now: Grade | None) -> Text | None:
    if before is None and now is None:
        return None
    zh, en = (before.zh if before else "—", now.zh if now else "—"), (before.en if before else "—", now.en if now else "—")
    return Text(" → ".join(zh), " → ".join(en))


def _counts(name: Text, changes: pd.DataFrame) -> Text:
    numbers = changes["change"].value_counts()
    names = {each.key: each.name for each in CHANGED}
    said = [(names[key], int(numbers.get(key, 0))) for key in CHANGES if numbers.get(key, 0)]
    zh, en = "，".join(f"{n.zh} {c:,}" for n, c in said), ", ".join(f"{c:,} {n.en}" for n, c in said)
    return Text(COUNT.zh.format(period=name.zh, counts=zh), COUNT.en.format(period=name.en, counts=en))
