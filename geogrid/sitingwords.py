"""What is said of proposed sites in words: who counts, what came out, who remains and why."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from geogrid.sitingasked import BY_WAY
from geogrid.sitingleft import REASONS
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geogrid.profile import Profile
    from geogrid.siting import SitesProposal

UNITS: Mapping[str, Text] = {
    "persons": Text("人", "persons"),
    "households": Text("户", "households"),
    "aged_65": Text("65 岁及以上老人", "persons aged 65 and over"),
    "children_0_14": Text("0-14 岁儿童", "children aged 0 to 14"),
}
TWICE = Text("{unit}（双重覆盖）", "{unit} covered twice")
BY_MINUTES = Text("{unit}·分钟", "{unit} × minutes")


def unit_of(weight: str, profile: Profile) -> Text:
    """Return what is counted.

    Examples
    --------
    >>> from geogrid.profile import load_profile
    >>> unit_of("persons_summer", load_profile()).en
    'persons in summer'
    """
    if weight in UNITS:
        return UNITS[weight]
    season = next(season for season in profile.seasons if season.column == weight)
    return Text(f"人（{season.name.zh}）", f"persons in {season.name.en.lower()}")


def gain_unit(proposal: SitesProposal) -> Text:
    """Return in what the gains of the sites are counted."""
    unit, model = unit_of(proposal.asked.weight, proposal.town.settings.profile), proposal.asked.model
    if model == "backup":
        return Text(TWICE.zh.format(unit=unit.zh), TWICE.en.format(unit=unit.en))
    if model in BY_WAY:
        return Text(BY_MINUTES.zh.format(unit=unit.zh), BY_MINUTES.en.format(unit=unit.en))
    return unit


def summary(proposal: SitesProposal) -> list[Text]:
    """Say in sentences what came out; the first is the headline."""
    figures, unit = proposal.figures, unit_of(proposal.asked.weight, proposal.town.settings.profile)
    if proposal.sites.empty:
        return [_NONE]
    counts = {
        key: f"{figures[key] or 0:,.0f}" for key in ("sites", "covered_before", "covered_after", "gain", "weight", "remaining")
    }
    share = f"{figures['covered_share'] or 0:.1%}".replace("%", " %")
    said = [_both(_COVERS, unit, {**counts, "share": share})]
    if figures["mean_minutes"] is not None:
        said.append(_MINUTES.fill(**{key: _change(figures, f"{key}_minutes") for key in ("mean", "longest")}))
    if proposal.asked.model in _VALUES and figures["value"] is not None:
        said.append(_both(_VALUES[proposal.asked.model], unit, {"n": f"{figures['value']:,.0f}"}))
    if figures["price"] is not None:
        said.append(
            (_PRICE if proposal.asked.budget is None else _BUDGET).fill(
                price=f"{figures['price']:,.10g}", budget=f"{proposal.asked.budget or 0:,.10g}"
            )
        )
    left = proposal.left_by_grid.groupby("reason", sort=False)["weight"].sum()
    said += [_both(_LEFT, unit, {"n": f"{left[key]:,.0f}", "why": why}) for key, why in REASONS.items() if left.get(key, 0) > 0]
    return said


def _change(figures: Mapping[str, float | None], key: str) -> str:
    """Return a figure before and after."""
    before = figures[f"{key}_before"]
    return f"{figures[key]:.1f}" if before is None else f"{before:.1f} → {figures[key]:.1f}"


def _both(form: Text, unit: Text, values: Mapping[str, object]) -> Text:
    """Fill a sentence in both languages, texts among the values in their own."""
    zh, en = ({k: getattr(v, lang) if isinstance(v, Text) else v for k, v in values.items()} for lang in ("zh", "en"))
    return Text(form.zh.format(unit=unit.zh, **zh), form.en.format(unit=unit.en, **en))


def why_left(reason: str, minutes: float, candidates: Sequence[str]) -> Text:
    """Say why some of a grid stay uncovered, and what comes nearest to them.

    Examples
    --------
    >>> why_left("not_chosen", 3.0, ("C1", "C2")).en
    'only candidates not chosen are within the cutoff (C1, C2)'
    """
    why = REASONS[reason]
    if candidates:
        return Text(f"{why.zh}（{'、'.join(candidates)}）", f"{why.en} ({', '.join(candidates)})")
    if math.isnan(minutes) or reason != "no_candidate":
        return why
    least = f"{math.ceil(minutes * 10) / 10:.1f}"
    return Text(f"{why.zh}（最近的要 {least} 分钟）", f"{why.en} (the nearest takes {least} min)")


_NONE = Text("没有选出任何点。", "No site is proposed.")
_COVERS = Text(
    "新增 {sites} 个点，覆盖 {covered_before} → {covered_after} {unit}（新增 {gain}），占全部 {weight} 的 {share}。",
    "{sites} new sites: covered {covered_before} → {covered_after} {unit} ({gain} more), {share} of all {weight}.",
)
_MINUTES = Text("平均 {mean} 分钟，最远 {longest} 分钟。", "Mean way {mean} min, longest {longest} min.")
_PRICE = Text("费用合计 {price}。", "They cost {price} together.")
_BUDGET = Text("费用合计 {price}，预算 {budget}。", "They cost {price} together, of a budget of {budget}.")
_VALUES: Mapping[str, Text] = {
    "backup": Text("{n} {unit}在时限内有两处以上。", "{n} {unit} have two or more within the cutoff."),
    "capacitated_mclp": Text(
        "现有和新增设施的容量合计可服务 {n} {unit}。", "What stands and what is new has room for {n} {unit} within the cutoff."
    ),
}
_LEFT = Text("{n} {unit}仍未覆盖：{why}。", "{n} {unit} stay uncovered: {why}.")
