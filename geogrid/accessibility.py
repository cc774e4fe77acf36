"""Is there room for everyone: how much of a service each household, grid and age group can count on, and how equally.

Asks a `Town` one question at a time: which service, by which method, with what as supply and whom as demand. Exact, with
household rows: for the office only. Nothing of it is published by default: a mean by grid tells of few people where few live, and
a count by facility or grid would need `privacy` first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypedDict, Unpack

import numpy as np
import numpy.typing as npt
import pandas as pd

from geogrid.access import decay_named, two_step
from geogrid.accesswords import METHODS, SUPPLIES
from geogrid.capacity import assign_with_capacity
from geogrid.counts import OPTIONAL_MEASURES
from geogrid.coverage import cutoff_metres
from geogrid.errors import InputError, NotFoundError
from geogrid.inequality import gini, palma, theil_t
from geogrid.pairs import pairs_within, parts_within
from geogrid.seasons import persons_in, season_named
from geogrid.settings import NOW
from geogrid.totals import offers
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.graph import Places
    from geogrid.town import Town

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

AGES: Mapping[str, Text] = {
    "0-14": Text("0-14 岁", "0 to 14"),
    "15-64": Text("15-64 岁", "15 to 64"),
    "65+": Text("65 岁及以上", "65 and over"),
}
MOST_NAMED = 10


class Asked(TypedDict, total=False):
    """What may be asked: ``method`` (a key of `METHODS`; 2sfca), ``decay`` (of e2sfca; step), ``supply`` (capacity), ``demand``.

    ``demand`` is persons, aged_65, children_0_14, or persons_<season> with a season of the profile. ``cutoff_min`` is the reach
    in minutes, if not the service's own.
    """

    method: str
    decay: str | None
    supply: str
    demand: str
    cutoff_min: float | None


class Question(NamedTuple):
    """What was asked, settled; ``limit_m`` is the cutoff in metres at the pace of the service's mode."""

    service: str
    method: str
    decay: str
    supply: str
    demand: str
    cutoff_min: float
    limit_m: float


@dataclass(frozen=True, eq=False)
class Accessibility:
    """How much of a service people can count on; for the office only.

    ``score`` is, by 2SFCA and E2SFCA, the supply that a person can count on (places, m²); by ``nearest`` the places a person has:
    1 where the household found one, else 0.

    Attributes
    ----------
    question : Question
        What was asked.
    households : DataFrame
        A row per household of the town, in its order and index: household_id, grid_id, demand, score (NaN: too far from any
        street to be measured, or, by ``nearest``, nobody asks). By ``nearest`` also nearest and facility (ids; None where none),
        displaced, metres_nearest, metres, extra_m.
    by_facility : DataFrame
        A row per facility that offers the service now, in the order of ids: facility_id, name, supply (NaN where not stated), and
        the columns of `access.Access.facilities` or `capacity.CapacityAssignment.facilities`.
    by_grid : DataFrame
        A row per grid: grid_id, name, households, unmeasured, demand, score (mean over those who ask; NaN without any). By
        ``nearest`` also displaced_households, displaced_demand and no_place_demand.
    inequality : DataFrame
        A row per grouping (``by`` is grid or age): people, gini, theil, theil_between, theil_within, palma. By grid among those
        who ask; by age among everybody of the households that have a score and state both ages.
    groups : DataFrame
        The parts of Theil, group by group, with ``by``: see `inequality.Theil`.
    notes : tuple of Text
        What was assumed, left out and not known, with counts.
    """

    question: Question
    households: pd.DataFrame
    by_facility: pd.DataFrame
    by_grid: pd.DataFrame
    inequality: pd.DataFrame
    groups: pd.DataFrame
    notes: tuple[Text, ...]


def accessibility(town: Town, service: str, **asked: Unpack[Asked]) -> Accessibility:
    """Say how much of a service there is for everyone who asks for it within its cutoff, and how equally that is shared.

    Parameters
    ----------
    town : Town
        From a check (``Report.town``) or ``town.open_town``.
    service : str
        One of the town's services. Its mode and pace are those of the check; facilities that are only planned do not count.
    **asked : Asked
        Method, decay, supply, demand and cutoff.

    Returns
    -------
    Accessibility

    Raises
    ------
    NotFoundError
        There is no such service, method, decay, supply, demand or season.
    InputError
        Options contradict each other, no facility states the supply, no household states the demand, or there are too many pairs.
    """
    question = _settled(town, service, asked)
    offering = _offering(town, service)
    places = town.of(service)
    homes, stops = places.homes, places.stops.take(offering)
    supply, notes = _supply(town, offering, stops, question)
    demand, more = _demand(town, question)
    unmeasured = homes.segment < 0
    near, facilities = _answer(town, question, (homes, stops), (demand, supply))
    rows = pd.DataFrame(town.households[["household_id", "grid_id"]]).assign(demand=demand, **near)
    rows["score"] = rows["score"].mask(unmeasured)
    rows = _named(rows, town.facilities["facility_id"].to_numpy(dtype=object)[offering])
    shared, groups = _inequality(rows, town.households)
    return Accessibility(
        question=question,
        households=rows,
        by_facility=town.facilities.iloc[offering][["facility_id", "name"]].reset_index(drop=True).join(facilities),
        by_grid=_by_grid(rows, unmeasured, town),
        inequality=shared,
        groups=groups,
        notes=(*notes, *more, *_notes(rows, unmeasured, town, question)),
    )


def _settled(town: Town, service: str, asked: Asked) -> Question:
    """Check what was asked, and fill in what was not."""
    settings = town.settings
    method, supply = asked.get("method", "2sfca"), asked.get("supply", "capacity")
    for value, known, what in ((service, settings.services, _SERVICE), (method, METHODS, _METHOD), (supply, SUPPLIES, _SUPPLY)):
        if value not in known:
            raise NotFoundError(what.fill(value=value, known=", ".join(known)))
    decay = asked.get("decay") or ("step" if method == "e2sfca" else "none")
    decay_named(decay)
    if decay != "none" and method != "e2sfca":
        raise InputError(_NO_DECAY.fill(method=method, decay=decay))
    if method == "nearest" and supply != "capacity":
        raise InputError(_NOT_PLACES.fill(supply=supply))
    cutoff = asked.get("cutoff_min")
    cutoff = settings.cutoff_min[service] if cutoff is None else cutoff
    limit_m = cutoff_metres(cutoff, settings.speed_kmh[service])
    return Question(service, method, decay, supply, asked.get("demand", "persons"), cutoff, limit_m)


def _offering(town: Town, service: str) -> Ints:
    """Return the positions of the facilities that offer a service now, by id as text, which also breaks ties."""
    rows = np.flatnonzero(offers(town.facilities, service, NOW, town.settings))
    return rows[np.argsort(town.facilities["facility_id"].to_numpy(dtype=str)[rows], kind="stable")]


def _supply(town: Town, offering: Ints, stops: Places, question: Question) -> tuple[Floats, list[Text]]:
    """Return what each facility has, NaN where it does not say, and who that is."""
    facilities = town.facilities.iloc[offering]
    stated = facilities.get(question.supply, pd.Series(np.nan, index=facilities.index))
    supply = stated.to_numpy(dtype=np.float64, na_value=np.nan)
    silent, apart = np.isnan(supply), stops.segment < 0
    if silent.all():
        names = {"service": question.service, "n": len(offering), "supply": question.supply}
        raise InputError(_NO_SUPPLY.fill(**names))
    ids = facilities["facility_id"].to_numpy(dtype=str)
    return supply, [
        *([_SILENT.fill(n=silent.sum(), of=len(ids), supply=question.supply, ids=_some(ids[silent]))] if silent.any() else []),
        *([_APART.fill(n=apart.sum(), ids=_some(ids[apart]))] if apart.any() else []),
    ]


def _some(ids: npt.NDArray[np.str_]) -> str:
    return ", ".join(ids[:MOST_NAMED]) + (" …" if len(ids) > MOST_NAMED else "")


def _demand(town: Town, question: Question) -> tuple[Floats, list[Text]]:
    """Return how many people of each household ask, and of how many households that is not known."""
    households, name = town.households, question.demand
    if name == "persons":
        return households["persons"].to_numpy(dtype=np.float64), []
    if name in OPTIONAL_MEASURES:
        return _of_age(households, name)
    if not name.startswith("persons_"):
        seasons = (season.column for season in town.settings.profile.seasons)
        raise NotFoundError(_DEMAND.fill(value=name, known=", ".join(("persons", *OPTIONAL_MEASURES, *seasons))))
    people, assumed = persons_in(households, season_named(town.settings.profile, name))
    return people.to_numpy(dtype=np.float64), [_ASSUMED.fill(n=assumed, demand=name)] if assumed else []


def _of_age(households: pd.DataFrame, name: str) -> tuple[Floats, list[Text]]:
    stated = households[name] if name in households else pd.Series(pd.NA, index=households.index, dtype="Int64")
    values = stated.to_numpy(dtype=np.float64, na_value=np.nan)
    unknown = int(np.isnan(values).sum())
    if unknown == len(values) > 0:
        raise InputError(_NOBODY_SAYS.fill(demand=name))
    return np.nan_to_num(values), [_UNKNOWN.fill(n=unknown, demand=name)] if unknown else []


def _answer(
    town: Town, question: Question, places: tuple[Places, Places], amounts: tuple[Floats, Floats]
) -> tuple[dict[str, npt.NDArray[np.generic]], pd.DataFrame]:
    """Return the columns of the households and of the facilities, by the method asked for."""
    graph, limit_m = town.of(question.service).graph, question.limit_m
    if question.method != "nearest":
        access = two_step(parts_within(graph, *places, limit_m=limit_m), *amounts, limit_m=limit_m, decay=question.decay)
        return {"score": access.score}, access.facilities
    ids = town.households["household_id"].to_numpy(dtype=object)
    found = assign_with_capacity(pairs_within(graph, *places, limit_m=limit_m), *amounts, household_ids=ids)
    homes = found.households
    score = np.where(homes["asks"], homes["facility"] >= 0, np.nan)
    columns = ("nearest", "facility", "displaced", "metres_nearest", "metres", "extra_m")
    facilities = found.facilities.rename(columns={"capacity": "supply"})
    return {"score": score, **{column: homes[column].to_numpy() for column in columns}}, facilities


def _named(rows: pd.DataFrame, ids: npt.NDArray[np.object_]) -> pd.DataFrame:
    """Put ids in the place of the facilities' positions."""
    names = np.array([*ids, None], dtype=object)
    return rows.assign(**{column: pd.Categorical(names[rows[column]]) for column in ("nearest", "facility") if column in rows})


def _by_grid(rows: pd.DataFrame, unmeasured: npt.NDArray[np.bool_], town: Town) -> pd.DataFrame:
    """Sum households over grids."""
    inside = rows["grid_id"].notna().to_numpy()
    code = pd.Index(town.grids["grid_id"]).get_indexer(rows["grid_id"][inside])
    homes, apart = rows[inside], unmeasured[inside]
    demand, score = (homes[column].to_numpy(dtype=np.float64) for column in ("demand", "score"))

    def total(values: Floats) -> Floats:
        return _sums(values, code, len(town.grids))

    asking = np.where(np.isnan(score), 0.0, demand)
    asked = total(asking)
    mean = np.divide(total(asking * np.nan_to_num(score)), asked, out=np.full(len(asked), np.nan), where=asked > 0)
    table = pd.DataFrame(town.grids[["grid_id", "name"]]).assign(
        households=total(np.ones(len(homes))).astype(np.int64),
        unmeasured=total(apart).astype(np.int64),
        demand=total(demand),
        score=mean,
    )
    if "displaced" not in homes:
        return table
    displaced, none = homes["displaced"].to_numpy(dtype=np.float64), homes["facility"].isna().to_numpy(dtype=np.float64)
    return table.assign(
        displaced_households=total(displaced).astype(np.int64),
        displaced_demand=total(displaced * demand),
        no_place_demand=total(none * demand),
    )


def _sums(values: npt.ArrayLike, code: Ints, grids: int) -> Floats:
    """Return sums over grids; a household of a grid that is not in the table (code -1) is in none."""
    known = code >= 0
    return np.asarray(np.bincount(code[known], np.asarray(values)[known], minlength=grids), dtype=np.float64)


def _inequality(rows: pd.DataFrame, households: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Measure how unequal scores are between grids and between ages."""
    measured = rows["score"].notna()
    inside = rows[measured & rows["grid_id"].notna()]
    parts = [
        ("grid", inside["score"], inside["demand"], inside["grid_id"]),
        ("age", *_by_age(rows[measured], households[measured])),
    ]
    tables, groups = [], []
    for by, score, people, group in parts:
        theil = theil_t(score, people, group)
        measures = {
            "theil": theil.total,
            "theil_between": theil.between,
            "theil_within": theil.within,
            "palma": palma(score, people),
        }
        tables.append({"by": by, "people": float(people.sum()), "gini": gini(score, people), **measures})
        groups.append(theil.groups.assign(by=by))
    return pd.DataFrame(tables), pd.concat([group[["by", *group.columns[:-1]]] for group in groups], ignore_index=True)


def _by_age(rows: pd.DataFrame, households: pd.DataFrame) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Return scores, people and ages of the households that state both ages: every household once for each age."""
    known = _states_ages(households)
    homes, score = households[known], rows["score"][known]
    persons = homes["persons"].astype(float)
    if not known.any():
        return score, persons, pd.Series(dtype=object)
    young, old = (homes[column].astype(float) for column in ("children_0_14", "aged_65"))
    people = {"0-14": young, "15-64": persons - young - old, "65+": old}
    ages = np.repeat(np.array(list(people), dtype=object), len(homes))
    return pd.concat([score] * len(people)), pd.concat(people.values()), pd.Series(ages)


def _states_ages(households: pd.DataFrame) -> pd.Series:
    columns = [column for column in OPTIONAL_MEASURES if column in households]
    known = households[columns].notna().all(axis=1)
    return known if len(columns) == len(OPTIONAL_MEASURES) else known & False


def _notes(rows: pd.DataFrame, unmeasured: npt.NDArray[np.bool_], town: Town, question: Question) -> list[Text]:
    """Say how many households were left out of what."""
    asks = (rows["demand"] > 0).to_numpy()
    counts = (
        (_UNMEASURED, asks & unmeasured),
        (_NONE_IN_REACH, asks & ~unmeasured & _nothing(rows)),
        (_OUTSIDE, asks & rows["grid_id"].isna().to_numpy()),
        (_AGES_UNKNOWN, ~_states_ages(town.households).to_numpy()),
    )
    minutes = f"{question.cutoff_min:g}"
    return [text.fill(n=f"{which.sum():,}", minutes=minutes, of=f"{len(rows):,}") for text, which in counts if which.any()]


def _nothing(rows: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return True for households without any facility in reach whose supply is known."""
    return np.asarray(rows["nearest"].isna() if "nearest" in rows else rows["score"].eq(0))


_SERVICE = Text("没有检查服务“{value}”；可用：{known}", "the service {value!r} was not checked; use one of: {known}")
_METHOD = Text("没有方法“{value}”；可用：{known}", "there is no method {value!r}; use one of: {known}")
_SUPPLY = Text("没有供给“{value}”；可用：{known}", "there is no supply {value!r}; use one of: {known}")
_DEMAND = Text("没有需求“{value}”；可用：{known}", "there is no demand {value!r}; use one of: {known}")
_NO_DECAY = Text(
    "方法 {method} 不用衰减函数（给出了 {decay}）；请改用 e2sfca", "{method} knows no decay ({decay} was given); use e2sfca"
)
_NOT_PLACES = Text(
    "nearest 按人数入座，供给应为 capacity，不能是 {supply}",
    "nearest counts places for people, so supply must be capacity, not {supply}",
)
_NO_SUPPLY = Text(
    "提供服务“{service}”的 {n} 处设施都没有填写 {supply}；请在设施表中补上这一列，或换用另一种供给",
    "none of the {n} facilities that offer {service!r} states {supply}; add it to the facilities' table, or use another supply",
)
_NOBODY_SAYS = Text(
    "没有一户填写 {demand}；请在住户表中补上这一列，或按 persons 计算",
    "no household states {demand}; add it to the households' table, or ask for persons",
)
_SILENT = Text(
    "{of} 处设施中有 {n} 处没有填写 {supply}，未计入：{ids}",
    "{n} of {of} facilities do not state {supply} and are left out: {ids}",
)
_APART = Text(
    "{n} 处设施离街道太远，无人能到：{ids}", "{n} facilities are too far from any street, so nobody reaches them: {ids}"
)
_ASSUMED = Text("{n} 户没有填写 {demand}，按 persons 计", "{n} households do not state {demand} and count with their persons")
_UNKNOWN = Text("{n} 户没有填写 {demand}，按 0 计", "{n} households do not state {demand} and count as 0")
_UNMEASURED = Text("{n} 户离街道太远，无法计算，未计入均值", "{n} households are too far from any street and are in no mean")
_NONE_IN_REACH = Text(
    "{n} 户在 {minutes} 分钟内没有可用的设施，得分为 0", "{n} households have nothing to use within {minutes} minutes and score 0"
)
_OUTSIDE = Text(
    "{n} 户不在任何网格内：参与分配，不计入网格", "{n} households lie outside all grids: they take part, but are in no grid"
)
_AGES_UNKNOWN = Text(
    "{of} 户中有 {n} 户没有填写两项年龄人数，未计入年龄组的比较",
    "{n} of {of} households do not state both ages and are left out of the comparison of ages",
)
