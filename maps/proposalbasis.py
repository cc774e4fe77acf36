"""The provenance of a proposal in words: what was asked, from which data, what is proven, and whether it comes again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from geogrid.modes import MODES
from geogrid.sitingasked import MODELS
from geogrid.words import Text

if TYPE_CHECKING:
    from geogrid.provenance import Provenance

HASH = 12
"""Characters of a hash that are shown: enough to tell two tables apart."""
DECIMALS = 6
LEAST_SHARE = 0.0001
"""Below this a gap is said to be less than 0.01 %."""

PROOFS: Mapping[str, Text] = {
    "optimal": Text("已证明最优", "proven the best possible"),
    "gap": Text("未证明最优，离最优不超过 {gap}", "not proven; at most {gap} from the best"),
    "found": Text("较好的结果，未证明最优", "a good answer; nothing proven"),
    "infeasible": Text("已证明无法满足要求", "proven impossible"),
    "none": Text("没有找到结果", "nothing found"),
}
STOPPED: Mapping[str, Text] = {
    "": Text("搜索做完", "the search was finished"),
    "work": Text("搜索做满规定的工作量", "the search did the work allowed"),
    "time": Text("到时间停止", "stopped when its time was up"),
    "hand": Text("人工停止", "stopped by hand"),
}
AGAIN = {
    True: Text("是：相同的数据和要求得到相同的结果", "yes: the same data and wishes give the same answer"),
    False: Text("不一定：提前停止，结果与机器快慢有关", "not for sure: it was stopped early, which depends on the machine"),
}
ROWS: Mapping[str, Text] = {
    "proof": Text("证明", "Proof"),
    "again": Text("再做一次相同", "Same again"),
    "stopped": Text("何时停止", "Stopped"),
    "solver": Text("求解", "Solver"),
    "seed": Text("随机种子", "Seed"),
    "seconds": Text("用时", "Time taken"),
    "work": Text("工作量", "Work done"),
}
SOLVERS: Mapping[str, str] = {"tree bisection and local search": "树形二分与局部搜索"}
"""What searches are called in Chinese."""
WORK: Mapping[str, Text] = {
    "nodes": Text("{n} 个节点", "{n} nodes"),
    "iterations": Text("{n} 次迭代", "{n} iterations"),
    "moves": Text("{n} 次调整", "{n} moves"),
    "steps": Text("{n} 步", "{n} steps"),
    "cuts": Text("{n} 个割", "{n} cuts"),
    "pieces": Text("{n} 个地块", "{n} pieces"),
    "areas": Text("{n} 个片区", "{n} areas"),
    "areas_exact": Text("其中 {n} 个已证明", "{n} of them proven"),
}
SETTINGS: Mapping[str, Text] = {
    "aim": Text("目标", "Aim"),
    "along": Text("距离按", "Distance along"),
    "alternatives": Text("备选数", "Alternatives"),
    "budget": Text("预算", "Budget"),
    "by": Text("按什么计算", "Counted by"),
    "candidates": Text("候选点来源", "Candidates"),
    "capacity": Text("每个点的容量", "Capacity of a site"),
    "centres": Text("中心", "Centres"),
    "curve": Text("曲线算到几个点", "Curve up to"),
    "cutoff_min": Text("时限（分钟）", "Cutoff (min)"),
    "effort": Text("工作量倍数", "Times the usual work"),
    "grids": Text("网格", "Grids"),
    "high": Text("户数上限", "Most households"),
    "is_cheapest": Text("费用最低", "Cheapest"),
    "locked": Text("锁定", "Locked"),
    "low": Text("户数下限", "Least households"),
    "minimum": Text("下限", "Minimum"),
    "mode": Text("出行方式", "Mode of travel"),
    "model": Text("模型", "Model"),
    "most": Text("上限", "Most"),
    "moves": Text("最多调整次数", "Most moves"),
    "number": Text("片区数", "Zones"),
    "of": Text("合并什么", "What is merged"),
    "parts": Text("网格数", "Grids"),
    "persons": Text("每片区人数", "Persons in a zone"),
    "plan": Text("方案名", "Plan"),
    "radius_m": Text("辐射半径（米）", "Radius (m)"),
    "range": Text("户数范围", "Household range"),
    "role": Text("分给", "Shared among"),
    "seconds": Text("限时（秒）", "Time allowed (s)"),
    "service": Text("服务", "Service"),
    "services": Text("中心的服务", "Services of a centre"),
    "sites": Text("选址点数", "Sites"),
    "spacing_m": Text("候选点间距（米）", "Spacing of candidates (m)"),
    "speed_kmh": Text("速度（公里/时）", "Speed (km/h)"),
    "target": Text("目标户数", "Target"),
    "touching": Text("片区须相连", "Zones hang together"),
    "village": Text("村的层级", "Level of villages"),
    "villages": Text("每片区村数", "Villages in a zone"),
    "weight": Text("权重", "Weight"),
    "within": Text("范围", "Within"),
    "work": Text("工作量倍数", "Times the usual work"),
    "zone": Text("片区的层级", "Level of zones"),
}
"""Names of settings; one without a row goes by its key."""

VALUES: Mapping[str, Text] = {
    **MODELS,
    **{key: mode.name for key, mode in MODES.items()},
    "aged_65": Text("65 岁及以上", "aged 65+"),
    "children_0_14": Text("0–14 岁", "aged 0–14"),
    "grids": Text("网格", "grids"),
    "households": Text("住户", "households"),
    "layer": Text("图层", "a layer"),
    "member": Text("网格员", "grid members"),
    "party_members": Text("党员", "party members"),
    "persons": Text("人口", "persons"),
    "streets": Text("街道", "streets"),
    "straight": Text("直线", "a straight line"),
    "units": Text("单元", "units"),
}
"""Settings' values that have names."""
ASIDE = frozenset({"kind", "seed"})
"""Settings that the page says elsewhere."""
NO_LIMIT = Text("不限", "no limit")

YES_NO = {True: Text("是", "yes"), False: Text("否", "no")}


def basis(made: Provenance) -> dict[str, Any]:
    """Return the provenance as rows of name and words: how it was made, what was asked, and from which data.

    Examples
    --------
    >>> from geogrid.provenance import Provenance
    >>> told = basis(Provenance("zones", {"villages": "ab" * 32}, {"radius_m": 4000}, "HiGHS 1.15.1", proof="optimal"))
    >>> [(name.en, value.en) for name, value in told["rows"]][:2]
    [('Proof', 'proven the best possible'), ('Same again', 'yes: the same data and wishes give the same answer')]
    >>> [(name.en, value.en) for name, value in told["settings"]], told["inputs"]
    ([('Radius (m)', '4,000')], [['villages', 'abababababab']])
    """
    return {
        "headline": headline(made),
        "rows": _rows(made),
        "settings": [[SETTINGS.get(key, Text(key, key)), said(value)] for key, value in _asked(made).items()],
        "inputs": [[name, known[:HASH]] for name, known in made.inputs.items()],
    }


def headline(made: Provenance) -> Text:
    """Say in one line what is proven, the seed, and whether the same comes again."""
    proof, again = proven(made), YES_NO[made.is_reproducible]
    return Text(
        f"{proof.zh}；种子 {made.seed}；再做一次相同：{again.zh}。",
        f"{proof.en[:1].upper()}{proof.en[1:]}; seed {made.seed}; same again: {again.en}.",
    )


def proven(made: Provenance) -> Text:
    """Say what is proven of an answer."""
    if made.proof == "gap" and made.gap is None:
        return PROOFS["found"]
    return PROOFS[made.proof].fill(gap=_percent(made.gap or 0.0)) if made.proof == "gap" else PROOFS[made.proof]


def _rows(made: Provenance) -> list[list[Any]]:
    told = {
        "proof": proven(made),
        "again": AGAIN[made.is_reproducible],
        "stopped": STOPPED[made.stopped],
        "solver": _solver(made.solver),
        "seed": said(made.seed),
        "seconds": Text(f"{made.seconds:.1f} 秒", f"{made.seconds:.1f} s"),
        "work": _work(made.work),
    }
    return [[ROWS[key], value] for key, value in told.items() if value.zh]


def _solver(name: str) -> Text:
    """Name what searched in both languages; programs go by their own names.

    Examples
    --------
    >>> _solver("geogrid tree bisection and local search; HiGHS 1.15.1").zh
    'geogrid 树形二分与局部搜索；HiGHS 1.15.1'
    """
    told = name
    for english, chinese in SOLVERS.items():
        told = told.replace(english, chinese)
    return Text(told.replace("; ", "；"), name)


def _asked(made: Provenance) -> dict[str, Any]:
    """Return the settings that say something and that no other row says."""
    return {key: value for key, value in made.settings.items() if key not in ASIDE and not _is_nothing(value)}


def _is_nothing(value: Any) -> bool:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return all(each is None for each in value)
    return value is None or (isinstance(value, (str, Mapping)) and not value)


def _work(work: Mapping[str, int]) -> Text:
    parts = [
        WORK[key].fill(n=f"{count:,}") if key in WORK else Text(f"{key} {count:,}", f"{key} {count:,}")
        for key, count in work.items()
    ]
    return Text("、".join(part.zh for part in parts), ", ".join(part.en for part in parts))


def _percent(share: float) -> str:
    return "0.01%" if 0 < share < LEAST_SHARE else f"{share:.2%}"


def said(value: Any) -> Text:
    """Write a setting's value in words.

    Examples
    --------
    >>> said([300, 500]), said(True), said({"low": 3})
    (Text(zh='300、500', en='300, 500'), Text(zh='是', en='yes'), Text(zh='户数下限 3', en='Least households 3'))
    """
    if isinstance(value, Text):
        return value
    if isinstance(value, bool):
        return YES_NO[value]
    if isinstance(value, Mapping):
        named = [(SETTINGS.get(str(key), Text(str(key), str(key))), said(each)) for key, each in value.items()]
        return Text("、".join(f"{n.zh} {v.zh}" for n, v in named), ", ".join(f"{n.en} {v.en}" for n, v in named))
    if isinstance(value, Sequence) and not isinstance(value, str):
        parts = [said(each) for each in value]
        return Text("、".join(part.zh for part in parts), ", ".join(part.en for part in parts))
    if isinstance(value, (int, float)):
        whole = f"{value:,.{DECIMALS}f}".rstrip("0").rstrip(".")
        return Text(whole, whole)
    return NO_LIMIT if value is None else VALUES.get(str(value), Text(str(value), str(value)))
