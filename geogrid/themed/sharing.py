"""Themes of what people have been given: how evenly the members of a grid share its households, and who has which street."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from geogrid.facts import STREETS
from geogrid.measures.duties import STAFF_OF
from geogrid.measures.people import NO_SHARES, NOT_SHARED
from geogrid.profileparts import THEMES
from geogrid.standards import DIGITS
from geogrid.standards import FAIL as FAILS
from geogrid.standards import PASS as PASSES
from geogrid.subjects import chosen
from geogrid.themecolours import COLOURS
from geogrid.themed.parts import NOBODY, WITHHELD, framed, joined, layer, named, shown, stated, worst_first
from geogrid.themed.rules import judged, results_of
from geogrid.themes import Theme, ThemeClass
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import numpy.typing as npt

    from geogrid.profileparts import Rule
    from geogrid.themed.stage import Stage

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

SPREAD = 1.5
"""The largest share over the mean that still counts as even where no standard says."""

SPREADS, SHARED = "shares_spread", "shared"
EVEN = ThemeClass("even", Text("均衡", "even"), COLOURS["grade_1"])
NEAR = ThemeClass("near", Text("尚可", "fairly even"), COLOURS["grade_2"])
LEFT_OUT = ThemeClass("left_out", Text("有住户没人包干", "some households are nobody's"), COLOURS["planned"])
UNEVEN = ThemeClass("uneven", Text("不均衡", "uneven"), COLOURS["fail"])
UNSHARED = ThemeClass("unshared", Text("没有分包", "not shared out"), COLOURS["gone"], is_hatched=True)
WORST = ("unshared", "uneven", "left_out")

UP_TO = Text("{name}：最多一份不超过平均的 {to:.4g} 倍", "{name}: the largest share at most {to:.4g} times the mean")
BETWEEN = Text("{name}：{low:.4g}—{to:.4g} 倍", "{name}: {low:.4g} to {to:.4g} times")
OVER = Text("{name}：超过 {low:.4g} 倍", "{name}: over {low:.4g} times")
VALUE = Text(
    "{n:,} 份，{low:,}—{high:,} 户，平均 {mean:.1f} 户，最多为平均的 {ratio:.2f} 倍",
    "{n:,} shares of {low:,} to {high:,} households, {mean:.1f} on average; the largest is {ratio:.2f} times that",
)
MOVE = Text("从{giver}转 {n:,} 户给{taker}", "hand {n:,} households from {giver} to {taker}")
GIVE = Text("分给{taker}", "give them to {taker}")
NOTE = Text(
    "每处的住户分给几个人；最多一份与平均之比", "How the households of each place are shared out: the largest share over the mean"
)
PUBLIC_NOTE = Text("住户分包是否达标；不公开户数", "Whether households are shared out as the standards ask; without numbers")
TOTAL = Text(
    "{places:,} 处共 {n:,} 份，每份 {low:,}—{high:,} 户，平均 {mean:.1f} 户",
    "{n:,} shares in {places:,} places, {low:,} to {high:,} households each, {mean:.1f} on average",
)


class _Shares(NamedTuple):
    """Of each place: its shares and households, those of the smallest, largest and mean share (NaN: none), and of nobody's.

    ``least`` and ``most`` are the positions of the smallest and largest share, -1 where there is none.
    """

    number: Floats
    low: Floats
    high: Floats
    mean: Floats
    homes: Floats
    left: Floats
    least: Ints
    most: Ints

    @property
    def ratio(self) -> Floats:
        """Return the largest share over the mean; NaN where nothing is shared out."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(np.round(np.where(self.mean > 0, self.high / self.mean, np.nan), DIGITS))


def shares(stage: Stage, is_public: bool) -> Theme | None:  # noqa: FBT001 - a row of the registry
    """Return how evenly the households of each place are shared out; for the public only whether the standards are met."""
    level = _level(stage)
    if level is None:
        return None
    return _public_shares(stage, level[0]) if is_public else _office_shares(stage, *level)


def _level(stage: Stage) -> tuple[str, str] | None:
    """Return which places share out their households, and the level of the shares: by a standard, else by the levels."""
    asked = [(rule.of, str(rule.options["level"])) for rule in judged(stage) if rule.measure in (SPREADS, SHARED)]
    lands = {level.id for level in stage.lands}
    beside = [(str(level.parent), level.id) for level in stage.profile.levels if level.of == "households"]
    return next(((of, sets) for of, sets in [*asked, *beside] if of in lands and len(stage.subjects(sets))), None)


def _counted(stage: Stage, of: str, sets: str) -> _Shares:
    """Count the households of the shares of each place."""
    subjects, held = stage.subjects(of), stage.subjects(sets)
    pairs = [(subjects.position[key], i) for i, above in enumerate(held.above) for key in above & subjects.position.keys()]
    table = pd.DataFrame(pairs, columns=["place", "share"], dtype=np.int64)
    table["homes"] = held.count()[table["share"].to_numpy()]
    groups = table.sort_values(["place", "homes", "share"], kind="stable").groupby("place")
    every = pd.RangeIndex(len(subjects))
    numbers = groups["homes"].agg(["size", "min", "max", "mean"]).reindex(every)
    ends = [groups["share"].agg(each).reindex(every, fill_value=-1).to_numpy(dtype=np.int64) for each in ("first", "last")]
    number, low, high, mean = (numbers[each].to_numpy(dtype=float) for each in numbers)
    homes = subjects.count()
    left = homes - subjects.count(held.household >= 0)
    return _Shares(np.nan_to_num(number), low, high, mean, homes, left, ends[0], ends[1])


def _limits(stage: Stage) -> tuple[float, float]:
    """Return up to which ratio shares are even, and up to which they are allowed."""
    bounds = [rule.max for rule in judged(stage) if rule.measure == SPREADS and rule.max is not None]
    most = bounds[0] if bounds else SPREAD
    return (1 + most) / 2, most


def _office_shares(stage: Stage, of: str, sets: str) -> Theme:
    found, limits = _counted(stage, of, sets), _limits(stage)
    names = [str(name) for name in stage.subjects(sets).rows["name"]]
    every = range(len(found.homes))
    classes = [_class(found, i, limits) for i in every]
    state = shown(classes, [_value(found, i) for i in every], [_advice(found, i, classes[i], names) for i in every])
    order = worst_first(classes, found.left + np.nan_to_num(found.high - found.low), first=WORST)
    frame = framed(stage.rows(of), {"now": state}, order)
    facts = (*_total(found), *stated(stage, [of, sets, "place"], is_public=False))
    legend = (*_legend(limits), UNSHARED, NOBODY)
    return layer(stage, "shares", frame, legend, name=THEMES["shares"], note=NOTE, facts=facts, is_public=False)


def _legend(limits: tuple[float, float]) -> tuple[ThemeClass, ...]:
    low, high = limits
    told = ((EVEN, UP_TO, {"to": low}), (NEAR, BETWEEN, {"low": low, "to": high}), (UNEVEN, OVER, {"low": high}))
    even, near, uneven = (
        row._replace(name=Text(said.zh.format(name=row.name.zh, **to), said.en.format(name=row.name.en, **to)))
        for row, said, to in told
    )
    return even, near, LEFT_OUT, uneven


def _class(found: _Shares, i: int, limits: tuple[float, float]) -> str:
    if not found.homes[i]:
        return NOBODY.key
    if not found.mean[i] > 0:
        return UNSHARED.key
    if found.ratio[i] > limits[1]:
        return UNEVEN.key
    return LEFT_OUT.key if found.left[i] else EVEN.key if found.ratio[i] <= limits[0] else NEAR.key


def _value(found: _Shares, i: int) -> Text | None:
    if not found.mean[i] > 0:
        return None
    whole = {key: int(getattr(found, each)[i]) for key, each in (("n", "number"), ("low", "low"), ("high", "high"))}
    return VALUE.fill(**whole, mean=found.mean[i], ratio=found.ratio[i])


def _advice(found: _Shares, i: int, key: str, names: Sequence[str]) -> Text | None:
    """Say whose share to make smaller, and who could take the households of nobody."""
    if key == UNSHARED.key:
        return NO_SHARES
    if key not in WORST and not found.left[i]:
        return None
    giver, taker, many = names[found.most[i]], names[found.least[i]], int((found.high[i] - found.low[i]) // 2)
    left = int(found.left[i])
    said = [NOT_SHARED.fill(n=left), GIVE.fill(taker=taker)] if left else []
    return joined([*said, MOVE.fill(giver=giver, taker=taker, n=many) if key == UNEVEN.key and many else None])


def _total(found: _Shares) -> list[Text]:
    some = found.mean > 0
    if not some.any():
        return []
    number = found.number[some]
    mean = float((found.mean[some] * number).sum() / number.sum())
    said = {"places": int(some.sum()), "n": int(number.sum()), "mean": mean}
    return [TOTAL.fill(**said, low=int(found.low[some].min()), high=int(found.high[some].max()))]


def _public_shares(stage: Stage, of: str) -> Theme | None:
    """Return where the standards on shares are met, as far as that may be told; None where it may be told of no place."""
    rules = [rule for rule in judged(stage) if rule.measure in (SPREADS, SHARED) and rule.of == of]
    classes = np.full(len(stage.subjects(of)), EVEN.key if rules else WITHHELD.key, dtype=object)
    found = [(rule, results_of(stage, rule, is_public=True)) for rule in sorted(rules, key=lambda rule: rule.measure == SPREADS)]
    for rule, told in found:
        np.put(classes, told.at[told.result == FAILS], UNEVEN.key if rule.measure == SPREADS else LEFT_OUT.key)  # noqa: PD008
    for _, told in found:
        np.put(classes, told.at[~np.isin(told.result, [PASSES, FAILS])], WITHHELD.key)  # noqa: PD008
    if (classes == WITHHELD.key).all():
        return None
    frame = framed(
        stage.rows(of), {"now": shown(classes.tolist())}, worst_first(classes.tolist(), np.zeros(len(classes)), first=WORST)
    )
    facts = tuple(stated(stage, [of], is_public=True))
    legend = (EVEN, LEFT_OUT, UNEVEN, WITHHELD)
    return layer(stage, "shares", frame, legend, name=THEMES["shares"], note=PUBLIC_NOTE, facts=facts)


# Streets

SOMEBODY = ThemeClass("somebody", Text("有人负责", "somebody is responsible"), COLOURS["built"])
BARE = ThemeClass("bare", Text("没有人负责", "nobody is responsible"), COLOURS["missing"])
FIND = Text("指定责任人；长 {metres:,.0f} 米", "name somebody; it is {metres:,.0f} m long")
PUBLIC_FIND = Text("指定责任人", "name somebody")
STREETS_NOTE = Text("每条街巷是否有人负责", "Whether somebody is responsible for each street")
STREET_COUNT = Text(
    "{n:,} 条街巷：{has:,} 条有人负责，{bare:,} 条没有", "{n:,} streets: {has:,} have somebody, {bare:,} have nobody"
)


def streets(stage: Stage, is_public: bool) -> Theme | None:  # noqa: FBT001 - a row of the registry
    """Return the streets that somebody must be responsible for, and those that nobody is; for the public without names."""
    bare = stage.staffing.streets
    if bare is None:
        return None
    at = _asked_streets(stage)
    rows = stage.rows(STREETS).iloc[at].reset_index(drop=True)
    length = dict(zip(bare["street_id"], bare["length_m"], strict=True))
    classes: list[str | None] = [BARE.key if key in length else SOMEBODY.key for key in rows["id"]]
    advice = [None if key not in length else PUBLIC_FIND if is_public else FIND.fill(metres=length[key]) for key in rows["id"]]
    values = None if is_public else _who(stage, rows)
    order = worst_first(classes, [length.get(key, 0.0) for key in rows["id"]], first=(BARE.key,))
    frame = framed(rows, {"now": shown(classes, values, advice)}, order)
    count = STREET_COUNT.fill(n=len(rows), has=len(rows) - len(length), bare=len(length))
    facts = (count, *stated(stage, [STREETS], is_public=is_public))
    said = {"name": THEMES["streets"], "note": STREETS_NOTE, "facts": facts, "is_public": is_public}
    return layer(stage, "streets", frame, (SOMEBODY, BARE), **said)


def _asked_streets(stage: Stage) -> Ints:
    """Return the positions of the streets that standards and stated sizes ask somebody for; of all where none does."""
    rules: list[Rule] = [*stage.profile.standards.values(), *stage.profile.stated.values()]
    asked = [chosen(stage.facts, rule)[1] for rule in rules if rule.of == STREETS and rule.measure == "staff"]
    return np.unique(np.concatenate(asked)) if asked else np.arange(len(stage.subjects(STREETS)), dtype=np.int64)


def _who(stage: Stage, rows: gpd.GeoDataFrame) -> list[Text | None]:
    """Return the names of who is responsible for each street."""
    duties = stage.staffing.duties
    mine = duties[duties["of_kind"] == STAFF_OF[STREETS]].groupby("of_id", sort=False)["name"].agg(list).to_dict()
    return [named(mine[key]) if key in mine else None for key in rows["id"]]
