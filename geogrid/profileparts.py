"""The parts of a profile: levels, services, seasons, standards, stated sizes, grades, matters and what cards and maps say.

Every part is a table of a TOML file. Lengths are metres, areas square metres, times minutes; a bound names its own unit.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - pydantic reads the annotations when it runs
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from geogrid.modetable import MODES
from geogrid.rows.recordtables import STAFF_ROLE
from geogrid.words import Text

WALKED = {"walk": "walking_speed_kmh", "walk_older": "older_walking_speed_kmh"}
"""The keys of the paces that have one of their own; ``speeds_kmh`` holds the others by mode."""

STATUSES = ("built", "upgrading", "improving", "planned")
"""Every status a facility can have."""

THEMES: Mapping[str, Text] = {
    "levels": Text("层级是否填满", "levels, filled or not"),
    "standards": Text("标准", "standards"),
    "coverage": Text("服务覆盖", "coverage"),
    "circle": Text("多项服务同时覆盖", "all services at once"),
    "later": Text("现在与建成后", "now and when finished"),
    "statuses": Text("设施建设状态", "status of facilities"),
    "floor_area": Text("设施面积", "floor area of facilities"),
    "sizes": Text("大小网格", "grids of several sizes"),
    "projects": Text("项目网格", "project grids"),
    "zones": Text("片区", "zones"),
    "alliances": Text("跨界片区", "areas across borders"),
    "grades": Text("等级", "grades"),
    "grade_change": Text("等级变化", "grades that rose and fell"),
    "staff": Text("人员配备", "people responsible"),
    "shares": Text("分片包干", "shares of households"),
    "streets": Text("街巷负责人", "streets and who is responsible"),
    "classes": Text("服务类别", "classes of units"),
    "party_members": Text("党员人数", "party members"),
    "blind_spots": Text("盲区", "blind spots"),
    "seasons": Text("季节人口", "people by season"),
    "matters": Text("事项", "matters reported"),
}
"""What a map of a place can show, and how it is called."""

TO_CONFIRM = Text("待核", "to be confirmed")
"""What a source says whose own text was not read."""


def problem(kind: str, text: Text) -> PydanticCustomError:
    """Return an error that carries both languages through pydantic."""
    return PydanticCustomError("geogrid_" + kind, "{en}", {"zh": text.zh, "en": text.en})


def _text(value: object) -> Text:
    """Return a ``{ zh = ..., en = ... }`` table as a Text."""
    if isinstance(value, Text):
        return value
    if isinstance(value, dict) and set(value) == {"zh", "en"} and all(isinstance(part, str) and part for part in value.values()):
        return Text(value["zh"], value["en"])
    raise problem("text", Text('应写成 { zh = "中文", en = "英文" }', 'write { zh = "Chinese", en = "English" }'))


def _mode(value: object) -> object:
    """Refuse what is no way of travelling."""
    return one_of(value, tuple(MODES))


def _unwalked(value: object) -> object:
    """Refuse a way of travelling whose pace does not stand under ``speeds_kmh``."""
    return one_of(value, tuple(mode for mode in MODES if mode not in WALKED))


def _role(value: object) -> object:
    """Refuse what is no role of staff."""
    return one_of(value, tuple(STAFF_ROLE))


def _values(value: object) -> object:
    """Return one word, or several, as a tuple."""
    return (value,) if isinstance(value, str) else value


def one_of(value: object, known: tuple[str, ...]) -> object:
    """Return a value that is one of the known words.

    Raises
    ------
    PydanticCustomError
        If it is none of them; both languages list them.
    """
    if isinstance(value, str) and value in known:
        return value
    listed = ", ".join(known)
    raise problem("choice", Text(f"只能用 {listed}", f"must be one of {listed}"))


Words = Annotated[Text, BeforeValidator(_text)]
ModeId = Annotated[str, BeforeValidator(_mode)]
UnwalkedMode = Annotated[str, BeforeValidator(_unwalked)]
Role = Annotated[str, BeforeValidator(_role)]
Positive = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
Finite = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]
Count = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
Values = Annotated[tuple[Name, ...], BeforeValidator(_values), Field(min_length=1)]
Status = Literal["built", "upgrading", "improving", "planned"]


class Part(BaseModel):
    """A table of a profile: frozen, and without keys that nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Named(Part):
    """A part with an id and a name in both languages; ``aliases`` are other names that files use for it."""

    id: Id
    zh: Name
    en: Name
    aliases: tuple[Name, ...] = ()

    @property
    def name(self) -> Text:
        """Return the name in both languages."""
        return Text(self.zh, self.en)

    @property
    def names(self) -> tuple[str, ...]:
        """Return every name that a file may use for it."""
        return (self.id, self.zh, self.en, *self.aliases)


class Level(Named):
    """One level of a place; ``parent`` is the id of the level above.

    ``of`` says what fills it: polygons of the tables areas or grids, units, or sets of households. ``select`` says which of them,
    by default those called by one of the level's names: areas and grids by their level, units by their kind, households by the
    role of whom their ``staff_id`` names (a centre household, a grid member). A level of grids where no level selects by a size
    takes all standing grids. ``grid_set`` names the project whose grids a level takes. An area of a level with ``cuts_across``
    (an alliance) stands beside the tree: ``area_members`` says what belongs to it. A level that ``is_partial`` (zones of some
    villages) need not fill the one above. ``staff`` lists the roles that each one needs.
    """

    parent: Id | None = None
    of: Literal["areas", "grids", "units", "households"] = "areas"
    select: Values | None = None
    grid_set: str = ""
    cuts_across: bool = False
    is_partial: bool = False
    staff: tuple[Role, ...] = ()

    @property
    def must_fill(self) -> bool:
        """Return whether nothing of the level above may be left out; not across the tree, in a project or of a partial level."""
        return self.parent is not None and not (self.cuts_across or self.grid_set or self.is_partial)


class Season(Named):
    """A season in which other numbers of people live in the households."""

    @property
    def column(self) -> str:
        """Return the households' column that counts the people of this season."""
        return f"persons_{self.id}"


class ServiceSpec(Named):
    """A service: how it is reached, the largest acceptable time, its own straight-line radius if it has one, and who says so."""

    mode: ModeId = "walk"
    cutoff_min: Positive = 15.0
    radius_m: Positive | None = None
    source: Words


class Bound(Part):
    """What a measure may come to: a lowest and a highest value, both still allowed, in the unit of the measure."""

    min: Finite | None = None
    max: Finite | None = None
    unit: str = ""


class Rule(Bound):
    """A measure of subjects, within a bound.

    Attributes
    ----------
    of : str
        The subjects: a level of the profile, or one of ``facilities``, ``streets``, ``services``, ``place``.
    where : mapping
        Only subjects whose column holds one of these values.
    scope : tuple of str
        Only subjects inside these areas, by id, code or name; empty is the whole place.
    measure : str
        A row of ``geogrid.measuretable.MEASURES``.
    options : mapping
        What the measure asks for, such as ``services``, ``functions``, ``roles``, ``when``.
    """

    id: Id
    name: Words
    of: Name
    where: Mapping[Name, Values] = Field(default_factory=dict)
    scope: tuple[Name, ...] = ()
    measure: str = ""
    options: Mapping[Name, Any] = Field(default_factory=dict)
    source: Words


class Standard(Rule):
    """A rule of a place: for each subject, a measure within a bound; ``is_judged`` false only reports how many meet it."""

    measure: Name
    is_judged: bool = True


class Stated(Rule):
    """A size that a source states.

    ``n`` is how many subjects there are or, with a bound, how many come within it; with a measure and no bound, its sum.
    ``share`` is the share that the source rounds it to; ``is_assumed`` marks a size that no source gives.
    """

    n: Count
    share: Annotated[float, Field(strict=True, ge=0, le=1)] | None = None
    is_assumed: bool = False


class Coloured(Named):
    """A word of a column of the place's tables, and its colour: a kind of grid, a class of unit."""

    colour: Colour


class Grade(Coloured):
    """One grade, and its colour; a profile lists them from best to worst."""


class MatterKind(Named):
    """A kind of matter that residents report; ``days`` is how long it may stay open."""

    days: Annotated[int, Field(strict=True, ge=1, le=3650)]
    source: Words


class Cards(Part):
    """What a notice card (公示牌) says beside the grid's own columns."""

    title: Words = Text("网格公示牌", "Grid notice")
    duties: Words | None = None
    supervision_phone: str = ""
    roles: tuple[Role, ...] = ("leader", "manager", "member")
