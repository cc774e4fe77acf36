"""Themes of reach: each service, all of them at once, now and when everything is finished.

The public sees classes of shares of counts that are public (`geogrid.themed.stage`), of the smallest places of which most can be
shown; the office sees the grids with their counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geogrid.profileparts import THEMES
from geogrid.themecolours import COLOURS
from geogrid.themed.parts import NOBODY, ONE, SHOWN, WITHHELD, Shown, framed, joined, layer, named, shown, worst_first
from geogrid.themed.stage import ALL, LATER, NOW, of_nodes
from geogrid.themes import Theme, ThemeClass
from geogrid.words import LANGS, Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    import numpy.typing as npt

    from geogrid.themed.stage import Stage

    Floats = npt.NDArray[np.float64]

LEAST = (0.9, 0.7, 0.5, 0.0)
"""The lowest share of each class, the best first; none is narrower than 10 points."""

CLASSES = (
    ThemeClass("share_1", Text("90% 及以上", "90% or more"), COLOURS["grade_1"]),
    ThemeClass("share_2", Text("70%—90%", "70–90%"), COLOURS["grade_2"]),
    ThemeClass("share_3", Text("50%—70%", "50–70%"), COLOURS["grade_3"]),
    ThemeClass("share_4", Text("不到 50%", "under 50%"), COLOURS["grade_4"]),
    NOBODY,
    WITHHELD,
)
CLOSE = 9
"""Shares are compared after rounding to so many digits."""

COVERED = Text("{share:.1%}（{covered:,} / {homes:,} 户）", "{share:.1%} ({covered:,} of {homes:,} households)")
UNCOVERED = Text("{n:,} 户未覆盖", "{n:,} households not covered")
TOTAL = Text("{name}：{covered:,} / {homes:,} 户，{share:.1%}", "{name}: {covered:,} of {homes:,} households, {share:.1%}")
PUBLIC_TOTAL = Text("{name}：约 {share:.0%} 的住户", "{name}: about {share:.0%} of the households")
WAYS = Text("出行时间 {cutoff:g} 分钟以内；{source}", "within {cutoff:g} minutes; {source}")
TOGETHER = Text("同时覆盖：{names}", "all at once: {names}")
AT_ONCE, FEW = Text("{zh}同时覆盖", "{en} at once"), 4
NOT_CHECKED = Text("没有设施提供、未参与检查：{names}", "offered by no facility, not checked: {names}")
TIMES: Mapping[str, Text] = {NOW: Text("现在", "Now"), LATER: Text("全部建成后", "When finished")}
TIME_TOTAL = Text("{name}（{time}）", "{name} ({time})")


class Reach(NamedTuple):
    """Households and those covered of some places; NaN where withheld."""

    homes: Floats
    covered: Floats

    @property
    def share(self) -> Floats:
        """Return the covered share; NaN where there is nobody, or it is withheld."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(np.round(np.where(self.homes > 0, self.covered / self.homes, np.nan), CLOSE))

    @property
    def left(self) -> Floats:
        """Return how many are not covered."""
        return np.asarray(self.homes - self.covered)


def coverage(stage: Stage, is_public: bool) -> Theme | None:  # noqa: FBT001 - a row of the registry
    """Return the covered share of every place; of several services, that of the least covered one."""
    services = [each for each in stage.facts.services if _is_known(stage, each, NOW)]
    if not services:
        return None
    if len(services) == 1:
        return _of_service(stage, services[0], "coverage", is_public=is_public)
    rows = _places(stage, [(each, NOW) for each in services], is_public=is_public)
    found = {each: _reach(stage, rows, each, NOW, is_public=is_public) for each in services}
    shares = np.stack([each.share for each in found.values()])
    worst = np.where(np.isnan(shares).any(axis=0), np.nan, np.min(np.nan_to_num(shares), axis=0))
    homes = next(iter(found.values())).homes
    classes = _classes(worst, homes)
    values = None if is_public else [_each(stage, found, i) for i in range(len(rows))]
    left = np.max(np.stack([each.left for each in found.values()]), axis=0)
    advice = None if is_public else [UNCOVERED.fill(n=int(n)) if n else None for n in left]
    order = None if is_public else worst_first(classes, left, first=())
    facts = [text for each in services for text in _totals(stage, each, [NOW], is_public=is_public)]
    note = Text("每处按覆盖最差的一项服务着色；各项另有专题", "coloured by the least covered service; each has a map of its own")
    frame = framed(rows, {"now": shown(classes, values, advice)}, order)
    return layer(stage, "coverage", frame, CLASSES, name=THEMES["coverage"], note=note, facts=tuple(facts), is_public=is_public)


def services(stage: Stage, is_public: bool) -> list[Theme]:  # noqa: FBT001 - a row of the registry
    """Return a theme for each of several services."""
    known = [each for each in stage.facts.services if _is_known(stage, each, NOW)]
    return [_of_service(stage, each, f"coverage-{each}", is_public=is_public) for each in known] if len(known) > 1 else []


def circle(stage: Stage, is_public: bool) -> Theme | None:  # noqa: FBT001 - a row of the registry
    """Return the share of households that all services of the circle cover at once."""
    if not _is_known(stage, ALL, NOW):
        return None
    found = _timed(stage, ALL, [NOW], is_public=is_public)
    frame = framed(found.rows, {"now": found.times[NOW]}, found.order)
    facts = (*_totals(stage, ALL, [NOW], is_public=is_public), *_apart(stage, is_public=is_public), *_unchecked(stage))
    return layer(stage, "circle", frame, CLASSES, name=_at_once(stage), note=_together(stage), facts=facts, is_public=is_public)


def later(stage: Stage, is_public: bool) -> Theme | None:  # noqa: FBT001 - a row of the registry
    """Return the share that all services cover, now and when everything is finished."""
    if not _is_known(stage, ALL, NOW) or not _is_known(stage, ALL, LATER):
        return None
    found = _timed(stage, ALL, [NOW, LATER], is_public=is_public)
    frame = framed(found.rows, found.times, found.order)
    facts = (*_totals(stage, ALL, [NOW, LATER], is_public=is_public), *_unchecked(stage))
    said = {"name": THEMES["later"], "note": _together(stage), "facts": facts, "times": TIMES, "is_public": is_public}
    return layer(stage, "later", frame, CLASSES, **said)


class _Timed(NamedTuple):
    rows: gpd.GeoDataFrame
    times: Mapping[str, Shown]
    order: npt.NDArray[np.int64] | None


def _timed(stage: Stage, service: str, whens: Sequence[str], *, is_public: bool) -> _Timed:
    """Return what each time shows of each place; for the office those with most people left out first."""
    rows = _places(stage, [(service, when) for when in whens], is_public=is_public)
    times, left = {}, np.zeros(len(rows))
    for when in whens:
        reach = _reach(stage, rows, service, when, is_public=is_public)
        values = None if is_public else [_value(reach, i) for i in range(len(rows))]
        advice = None if is_public else [UNCOVERED.fill(n=int(n)) if n else None for n in reach.left]
        times[when] = shown(_classes(reach.share, reach.homes), values, advice)
        left = reach.left if when == NOW else left
    return _Timed(rows, times, None if is_public else worst_first([None] * len(rows), left))


def _of_service(stage: Stage, service: str, key: str, *, is_public: bool) -> Theme:
    spec = stage.profile.services[service]
    found = _timed(stage, service, [NOW], is_public=is_public)
    frame = framed(found.rows, {"now": found.times[NOW]}, found.order)
    name = Text(f"{THEMES['coverage'].zh}：{spec.zh}", f"{THEMES['coverage'].en}: {spec.en}")
    note = Text(
        WAYS.zh.format(cutoff=spec.cutoff_min, source=spec.source.zh),
        WAYS.en.format(cutoff=spec.cutoff_min, source=spec.source.en),
    )
    facts = tuple(_totals(stage, service, [NOW], is_public=is_public))
    return layer(stage, key, frame, CLASSES, name=name, note=note, facts=facts, times=ONE, is_public=is_public)


def _is_known(stage: Stage, service: str, when: str) -> bool:
    counts = stage.reached
    return bool(((counts["service"] == service) & (counts["when"] == when)).any())


def _places(stage: Stage, blocks: Sequence[tuple[str, str]], *, is_public: bool) -> gpd.GeoDataFrame:
    """Return the grids; for the public the smallest places of which most are shown."""
    above = [stage.rows(level.id) for level in reversed(stage.lands) if level.id != stage.finest]
    candidates = [stage.grids, *above]
    if not is_public:
        return candidates[0]
    for rows in candidates:
        known = [_reach(stage, rows, service, when, is_public=True).covered for service, when in blocks]
        if len(rows) and (~np.isnan(known).any(axis=0)).mean() >= SHOWN:
            return rows
    return candidates[-1]


def _reach(stage: Stage, rows: gpd.GeoDataFrame, service: str, when: str, *, is_public: bool) -> Reach:
    counts = of_nodes(stage.public_reached if is_public else stage.reached, rows["id"], service, when)
    homes, covered = (counts[column].to_numpy(dtype=float, na_value=np.nan) for column in counts)
    return Reach(homes, covered)


def _classes(share: Floats, homes: Floats) -> list[str | None]:
    """Return the class of each share."""
    number = np.sum([share < least for least in LEAST], axis=0) + 1
    found = [f"share_{each}" for each in number]
    return [
        "nobody" if home == 0 else "withheld" if np.isnan(each) else key
        for key, each, home in zip(found, share, homes, strict=True)
    ]


def _value(reach: Reach, i: int) -> Text | None:
    if not reach.homes[i] > 0:
        return None
    said = {"share": float(reach.share[i]), "covered": int(reach.covered[i]), "homes": int(reach.homes[i])}
    return COVERED.fill(**said)


def _each(stage: Stage, found: Mapping[str, Reach], i: int) -> Text | None:
    """Return the share of every service at a place."""
    names = {each: stage.profile.services[each].name for each in found}
    said = [(names[each], reach.share[i]) for each, reach in found.items() if reach.homes[i] > 0]
    return joined((Text(f"{name.zh} {share:.1%}", f"{name.en} {share:.1%}") for name, share in said), "，", ", ")


def _totals(stage: Stage, service: str, whens: Sequence[str], *, is_public: bool) -> list[Text]:
    """Return a sentence on the whole place for each time."""
    facts = []
    name = THEMES["circle"] if service == ALL else stage.profile.services[service].name
    if service == ALL and len(stage.facts.services) == 1:
        name = stage.profile.services[stage.facts.services[0]].name
    for when in whens:
        called = (
            name
            if len(whens) == 1
            else Text(*(TIME_TOTAL.say(x).format(name=name.say(x), time=TIMES[when].say(x)) for x in LANGS))
        )
        reach = _reach(stage, stage.place.nodes.iloc[:1], service, when, is_public=is_public)
        facts += [_total(called, reach, is_public=is_public)] if reach.homes[0] > 0 and not np.isnan(reach.covered[0]) else []
    return facts


def _total(name: Text, reach: Reach, *, is_public: bool) -> Text:
    said = {"share": float(reach.share[0]), "covered": int(reach.covered[0]), "homes": int(reach.homes[0])}
    pattern = PUBLIC_TOTAL if is_public else TOTAL
    return Text(pattern.zh.format(name=name.zh, **said), pattern.en.format(name=name.en, **said))


def _apart(stage: Stage, *, is_public: bool) -> list[Text]:
    """Return the same of each of several services."""
    several = stage.facts.services if len(stage.facts.services) > 1 else ()
    return [text for each in several for text in _totals(stage, each, [NOW], is_public=is_public)]


def _names(stage: Stage) -> Text:
    specs = [stage.profile.services[each] for each in stage.facts.services]
    return Text(named(spec.zh for spec in specs).zh, named(spec.en for spec in specs).en)


def _at_once(stage: Stage) -> Text:
    """Return what the circle is called: by its services where these are a few."""
    names = _names(stage)
    return AT_ONCE.fill(zh=names.zh, en=names.en) if 1 < len(stage.facts.services) <= FEW else THEMES["circle"]


def _together(stage: Stage) -> Text:
    specs = [stage.profile.services[each] for each in stage.facts.services]
    names = _names(stage)
    cutoffs = sorted({spec.cutoff_min for spec in specs})
    source = Text(TOGETHER.zh.format(names=names.zh), TOGETHER.en.format(names=names.en))
    minutes = "/".join(f"{each:g}" for each in cutoffs)
    return Text(f"{source.zh}（{minutes} 分钟）；{specs[0].source.zh}", f"{source.en} ({minutes} minutes); {specs[0].source.en}")


def _unchecked(stage: Stage) -> tuple[Text, ...]:
    """Name the services of the circle that were not checked."""
    specs = [stage.profile.services[each] for each in stage.profile.circled if each not in stage.facts.services]
    if not (specs and stage.profile.circle):
        return ()
    return (
        Text(
            NOT_CHECKED.zh.format(names=named(s.zh for s in specs).zh), NOT_CHECKED.en.format(names=named(s.en for s in specs).en)
        ),
    )
