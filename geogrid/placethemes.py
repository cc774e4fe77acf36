"""The themes of a place's map: which there are, and which of them the public may see.

What a theme for the public may tell of people, each maker decides by these rules:

1. It tells nothing that the public report withholds: of households and what covers them only classes of counts that
   `geogrid.privacy` lets through for the same tree of areas and grids (`geogrid.themed.stage`); of a standard that counts people
   only whether it is met, and only where `geogrid.themed.telling` says so.
2. A unit with 1 to ``suppress_below`` households is not drawn, nor is any set of households.
3. Matters are told as `geogrid.matters.public_matters` tells them, blind spots as `geogrid.blindspots.public_spots` does.
4. Nobody is named: of staff only whether a place has somebody of a role. Party members, and people by season, are for the office.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.profileparts import THEMES
from geogrid.themed.duty import staff
from geogrid.themed.fill import levels, projects, sizes
from geogrid.themed.found import blind_spots, matters
from geogrid.themed.grades import grade_change, grades
from geogrid.themed.groups import alliances, zones
from geogrid.themed.people import classes, party_members, seasons
from geogrid.themed.reach import circle, coverage, later, services
from geogrid.themed.rules import each_standard, overview
from geogrid.themed.sharing import shares, streets
from geogrid.themed.stage import staged
from geogrid.themed.venues import floor_area, statuses
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from geogrid.placereport import PlaceReport
    from geogrid.themed.stage import Stage
    from geogrid.themes import Theme

    Maker = Callable[[Stage, bool], Theme | list[Theme] | None]

MAKERS: Mapping[str, tuple[Maker, ...]] = {
    "levels": (levels,),
    "standards": (overview, each_standard),
    "coverage": (coverage, services),
    "circle": (circle,),
    "later": (later,),
    "statuses": (statuses,),
    "floor_area": (floor_area,),
    "sizes": (sizes,),
    "projects": (projects,),
    "zones": (zones,),
    "alliances": (alliances,),
    "grades": (grades,),
    "grade_change": (grade_change,),
    "staff": (staff,),
    "shares": (shares,),
    "streets": (streets,),
    "classes": (classes,),
    "party_members": (party_members,),
    "blind_spots": (blind_spots,),
    "seasons": (seasons,),
    "matters": (matters,),
}
"""The makers of every theme that a profile can name, in the order in which their maps stand."""


TABLES: Mapping[str, Text] = {
    "areas": Text("区域表", "a table of areas"),
    "units": Text("单元表", "a table of units"),
    "facilities": Text("设施表", "a table of facilities"),
    "streets": Text("道路表", "a table of roads"),
    "staff": Text("人员表", "a table of staff"),
    "events": Text("事项表", "a table of events"),
    "grades": Text("等级表", "a table of grades"),
    "area_members": Text("片区成员表", "a table of the members of areas"),
    "projects": Text("项目网格", "grids of a project"),
}
"""Tables that themes need, by their names in `geogrid.facts.Facts`."""

NEEDS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("coverage", "circle", "later", "statuses", "floor_area"), ("facilities",)),
    **dict.fromkeys(("sizes", "zones"), ("areas",)),
    **dict.fromkeys(("grades", "grade_change"), ("grades",)),
    **dict.fromkeys(("classes", "party_members"), ("units",)),
    **dict.fromkeys(("staff", "shares"), ("staff",)),
    "projects": ("projects",),
    "alliances": ("areas", "area_members"),
    "streets": ("streets", "staff"),
    "matters": ("events",),
}
"""The tables without which a theme has nothing to draw."""

FILLED: Mapping[str, Text] = {
    "coverage": Text("没有检查任何服务", "no service was checked"),
    "circle": Text("没有检查任何服务", "no service was checked"),
    "later": Text("没有检查任何服务", "no service was checked"),
    "floor_area": Text(
        "没有标准规定设施面积，或没有它所指的设施", "no standard is about floor areas, or there is no facility that it means"
    ),
    "statuses": Text("没有标准或服务指明要哪些设施", "no standard and no service says which facilities are meant"),
    "sizes": Text("只有一级网格", "there is only one size of grids"),
    "zones": Text("区域表中没有这一级", "the table of areas has none of this level"),
    "grade_change": Text("等级表只有一期", "the table of grades has one period only"),
    "shares": Text("没有人以住户为责任对象", "nobody is responsible for a set of households"),
    "streets": Text("没有标准或人员涉及街巷", "no standard and nobody is about streets"),
    "classes": Text("单元表没有填写类别", "no unit states its class"),
    "party_members": Text("没有标准规定单元的党员人数", "no standard is about the party members of units"),
    "seasons": Text(
        "住户表没有季节人口的列（persons_季节）", "the households have no column of people by season (persons_<season>)"
    ),
    "staff": Text("没有层级或标准要求有人负责", "no level and no standard asks for somebody"),
}
"""Why a theme has nothing to draw although its tables are there."""

NOTHING = Text("没有可画的内容", "there is nothing to draw")
LACKS = Text("没有提供{table}", "{table} was not given")
NOTE = Text("主题“{theme}”没有画出：{why}", "theme '{theme}' was not drawn: {why}")


def place_themes(place: PlaceReport, *, is_public: bool) -> tuple[Theme, ...]:
    """Return what the map of a place shows.

    Parameters
    ----------
    place : PlaceReport
        The exact report.
    is_public : bool
        Without what only the office may see; the rules stand at the head of this module.

    Returns
    -------
    tuple of Theme
        In the order of the profile's ``themes``; those that cannot be drawn are left out, see `theme_notes`.
    """
    stage = staged(place)
    return tuple(theme for key in stage.profile.themes for theme in _made(stage, key, is_public=is_public))


def _made(stage: Stage, key: str, *, is_public: bool) -> list[Theme]:
    """Return the maps of one theme that have anything to draw."""
    found: list[Theme] = []
    for maker in MAKERS.get(key, ()):
        made = maker(stage, is_public)
        found += made if isinstance(made, list) else [made] if made is not None else []
    return [theme for theme in found if len(theme.frame)]


def theme_notes(place: PlaceReport, made: Iterable[Theme]) -> tuple[Text, ...]:
    """Return why themes of the profile could not be drawn.

    Parameters
    ----------
    place : PlaceReport
        The exact report.
    made : iterable of Theme
        What `place_themes` made of it for the office.

    Returns
    -------
    tuple of Text
        A sentence for each theme that even the office's map does not show: the table that is missing, or what is not in it.
    """
    stage, ids = staged(place), [theme.id for theme in made]
    return tuple(_note(stage, key) for key in stage.profile.themes if not any(_is_of(each, key) for each in ids))


def _is_of(theme_id: str, key: str) -> bool:
    """Return whether a map is one of a theme's: several are called by what each is about, after a hyphen."""
    return theme_id == key or theme_id.startswith(f"{key}-")


def _note(stage: Stage, key: str) -> Text:
    """Say which table a theme lacks, the first of them; else what is not in its tables."""
    lacking = [TABLES[table] for table in NEEDS.get(key, ()) if not _is_there(stage, table)]
    why = FILLED.get(key, NOTHING)
    if lacking:
        why = Text(LACKS.zh.format(table=lacking[0].zh), LACKS.en.format(table=lacking[0].en))
    name = THEMES[key]
    return Text(NOTE.zh.format(theme=name.zh, why=why.zh), NOTE.en.format(theme=name.en, why=why.en))


def _is_there(stage: Stage, table: str) -> bool:
    frame = getattr(stage.facts, table)
    return frame is not None and len(frame) > 0
