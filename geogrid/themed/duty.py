"""The theme of staff: which places have everybody whom their level and their standards ask for, and where somebody lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geogrid.labels import CODES
from geogrid.measures.duties import STAFF_OF
from geogrid.profileparts import THEMES
from geogrid.standards import FAIL as FAILS
from geogrid.themecolours import COLOURS
from geogrid.themed.parts import framed, joined, layer, named, shown, stated, worst_first
from geogrid.themed.rules import judged
from geogrid.themed.stage import beside_the_tree
from geogrid.themed.telling import is_told
from geogrid.themes import Theme, ThemeClass
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geogrid.facts import Subjects
    from geogrid.profileparts import Standard
    from geogrid.themed.stage import Stage

    Lacks = list[dict[str, list[Text]]]

CLASSES = (
    ThemeClass("full", Text("人员齐备", "everybody is there"), COLOURS["pass"]),
    ThemeClass("above", Text("所在上级缺人", "what it lies in lacks somebody"), COLOURS["planned"], is_hatched=True),
    ThemeClass("short", Text("人数或条件不达标", "not as a standard asks"), COLOURS["grade_3"]),
    ThemeClass("vacant", Text("有岗位无人", "a post is vacant"), COLOURS["fail"]),
)
WORST = ("vacant", "short", "above")
FEW = 3
"""So many names are listed; the office's workbook has all."""

VACANT = Text("缺{role}", "no {role}")
NOT_MET = Text("{rule}：现有 {value}", "{rule}: {value} now")
INSIDE = Text("{n:,} 个{level}{what}（{names}）", "{n:,} × {level}, {what} ({names})")
ABOVE = Text("所在{level}{names}{what}", "its {level} {names}: {what}")
HAS = Text("{role} {who}", "{role}: {who}")
PEOPLE = Text("{n:,} 名", "{n:,}")
POSTS = Text("{level}的{role}：{n:,} 个中 {there:,} 个有人", "{role} of each {level}: {there:,} of {n:,} have one")
SEVERAL = Text("一人负责两处以上的 {n:,} 人", "people responsible for two places or more: {n:,}")
NOTE = Text(
    "各级和标准要求的岗位是否有人；楼栋、单元等缺人的，记在所在的这一处",
    "Whether the posts that levels and standards ask for are filled; what lacks in buildings counts where they lie",
)


def staff(stage: Stage, is_public: bool) -> Theme | None:  # noqa: FBT001 - a row of the registry
    """Return the lowest places of land that need somebody, with what lacks on them, in them and above them."""
    kind = _drawn(stage)
    if stage.staffing.missing is not None or kind is None:
        return None
    subjects = stage.subjects(kind)
    found = _placed(stage, subjects, [*_vacancies(stage, is_public=is_public), *_unmet(stage, is_public=is_public)])
    classes = [next((key for key in WORST if key in each), "full") for each in found]
    advice = [joined(text for key in WORST for text in each.get(key, ())) for each in found]
    persons = stage.facts.households["persons"].to_numpy(dtype=float, na_value=0.0)
    order = worst_first(classes, np.zeros(len(subjects)) if is_public else subjects.count(persons), first=WORST)
    frame = framed(stage.rows(kind), {"now": shown(classes, _people(stage, subjects, is_public=is_public), advice)}, order)
    facts = (*_posts(stage), *_several(stage, is_public=is_public), *stated(stage, [kind], is_public=is_public))
    return layer(stage, "staff", frame, CLASSES, name=THEMES["staff"], note=NOTE, facts=facts, is_public=is_public)


def _rules(stage: Stage) -> list[Standard]:
    """Return the judged standards on who is responsible for something of a level in the tree."""
    tree = {level.id for level in stage.profile.levels if not beside_the_tree(level)}
    return [rule for rule in judged(stage) if rule.measure == "staff" and rule.of in tree]


def _drawn(stage: Stage) -> str | None:
    """Return the lowest level of land that needs somebody; the lowest one where only levels below it do."""
    asked = {level.id for level in stage.profile.levels if level.staff} | {rule.of for rule in _rules(stage)}
    if not asked or not stage.lands:
        return None
    return ([level.id for level in stage.lands if level.id in asked] or [stage.lands[-1].id])[-1]


class _Lack(NamedTuple):
    """What lacks at a subject of a level, and how badly: a class of the legend."""

    level: str
    subject: str
    key: str
    what: Text


def _vacancies(stage: Stage, *, is_public: bool) -> list[_Lack]:
    """Return the posts that nobody holds, at what may be drawn."""
    tree = [level.id for level in stage.profile.levels if level.staff and not beside_the_tree(level)]
    vacant = stage.staffing.vacant
    rows = [
        row for each in tree for row in vacant[vacant["level"] == each][["level", "subject_id", "role"]].itertuples(index=False)
    ]
    known = _may_be_told(stage, {str(row.level) for row in rows}, is_public=is_public)
    return [_Lack(row.level, row.subject_id, "vacant", _no(row.role)) for row in rows if row.subject_id in known[row.level]]


def _no(role: str) -> Text:
    called = role_name(role)
    return Text(VACANT.zh.format(role=called.zh), VACANT.en.format(role=called.en))


def role_name(role: str) -> Text:
    """Return what a role of staff is called within a sentence."""
    name = CODES.get(role, Text(role, role))
    return Text(name.zh, name.en[:1].lower() + name.en[1:])


def _unmet(stage: Stage, *, is_public: bool) -> list[_Lack]:
    """Return the standards on staff that a subject fails, but for posts that its level names and nobody holds."""
    rules = [rule for rule in _rules(stage) if is_told(rule) or not is_public]
    known = _may_be_told(stage, {rule.of for rule in rules}, is_public=is_public)
    roles = {level.id: set(level.staff) for level in stage.profile.levels}
    lacks = []
    for rule in rules:
        rows = stage.judged.results[(stage.judged.results["standard"] == rule.id) & (stage.judged.results["result"] == FAILS)]
        is_vacancy = (
            set(rule.options.get("roles", ())) <= roles[rule.of]
            and "roles" in rule.options
            and "party_member" not in rule.options
        )
        for subject, value, said in zip(rows["subject_id"], rows["value"], rows["shown"], strict=True):
            if subject in known[rule.of] and not (is_vacancy and not value):
                what = Text(
                    NOT_MET.zh.format(rule=rule.name.zh, value=said.zh), NOT_MET.en.format(rule=rule.name.en, value=said.en)
                )
                lacks.append(_Lack(rule.of, subject, "short" if value else "vacant", what))
    return lacks


def _may_be_told(stage: Stage, levels: set[str], *, is_public: bool) -> Mapping[str, set[str]]:
    """Return the ids of the subjects of some levels that may be drawn; to the office all may."""
    found = {}
    for level in levels:
        subjects = stage.subjects(level)
        drawn = stage.is_drawn(subjects, is_public=True) if is_public else np.ones(len(subjects), dtype=bool)
        found[level] = set(subjects.rows["id"].to_numpy(dtype=object)[drawn])
    return found


def _placed(stage: Stage, subjects: Subjects, lacks: Sequence[_Lack]) -> Lacks:
    """Return for each subject that is drawn what lacks, by class: of itself, of what lies in it, and of what it lies in."""
    holds: dict[str, list[int]] = {}
    for place, above in enumerate(subjects.above):
        for key in above:
            holds.setdefault(key, []).append(place)
    grouped: dict[tuple[int, str, str, Text, Text | None], list[str]] = {}
    for lack in lacks:
        of = stage.subjects(lack.level)
        name = str(of.rows["name"].iloc[of.position[lack.subject]])
        inside = [subjects.position[key] for key in of.above[of.position[lack.subject]] & subjects.position.keys()]
        own = lack.level == subjects.kind
        places, key, pattern = (
            (inside, lack.key, None if own else INSIDE) if inside else (holds.get(lack.subject, []), "above", ABOVE)
        )
        for place in places:
            grouped.setdefault((place, key, lack.level, lack.what, pattern), []).append(name)
    found: Lacks = [{} for _ in range(len(subjects))]
    for (place, key, level, what, pattern), names in grouped.items():
        found[place].setdefault(key, []).append(what if pattern is None else _told(stage, pattern, level, what, names))
    return found


def _told(stage: Stage, pattern: Text, level: str, what: Text, names: Sequence[str]) -> Text:
    """Say what lacks at some subjects of another level."""
    called, listed = stage.profile.level(level).name, named(names[:FEW])
    more = Text(" 等", " …") if len(names) > FEW else Text("", "")
    zh = pattern.zh.format(n=len(names), level=called.zh, what=what.zh, names=listed.zh + more.zh)
    return Text(zh, pattern.en.format(n=len(names), level=called.en, what=what.en, names=listed.en + more.en))


def _people(stage: Stage, subjects: Subjects, *, is_public: bool) -> list[Text | None]:
    """Return who is responsible for each subject; for the public how many of the roles that are asked for."""
    rows = stage.staffing.duties
    rows = rows[rows["of_kind"] == STAFF_OF[subjects.table]]
    if is_public:
        rows = rows[rows["role"].isin(_roles(stage, subjects.kind))]
    mine: dict[str, dict[str, list[str]]] = {}
    for own, role, name in zip(rows["of_id"], rows["role"], rows["name"], strict=True):
        mine.setdefault(own, {}).setdefault(role, []).append(str(name))
    told = {own: [_who(role, names, is_public=is_public) for role, names in roles.items()] for own, roles in mine.items()}
    return [joined(told.get(key, ()), "，", ", ") for key in subjects.rows["id"]]


def _who(role: str, names: Sequence[str], *, is_public: bool) -> Text:
    """Name the people of a role where they are few and the office asks; else say how many they are."""
    called, who = role_name(role), PEOPLE.fill(n=len(names)) if is_public or len(names) > FEW else named(names)
    return Text(HAS.zh.format(role=called.zh, who=who.zh), HAS.en.format(role=called.en, who=who.en))


def _roles(stage: Stage, kind: str) -> set[str]:
    """Return the roles that a level or its standards ask for."""
    by_rules = {role for rule in _rules(stage) if rule.of == kind for role in rule.options.get("roles", ())}
    return by_rules | set(stage.profile.level(kind).staff)


def _posts(stage: Stage) -> list[Text]:
    """Return a sentence on every post that a level asks for: how many have somebody."""
    rows = stage.staffing.roles
    facts = []
    for row in rows[rows["is_needed"].astype(bool)].itertuples():
        level, role = stage.profile.level(row.level), role_name(row.role)
        said = {"n": row.subjects, "there": row.subjects_with}
        facts.append(
            Text(POSTS.zh.format(level=level.zh, role=role.zh, **said), POSTS.en.format(level=level.en, role=role.en, **said))
        )
    return facts


def _several(stage: Stage, *, is_public: bool) -> list[Text]:
    number = len(stage.staffing.several)
    return [SEVERAL.fill(n=number)] if number and not is_public else []
