"""What the commands ``geogrid propose …`` say of themselves and of their options."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.optionword import Option
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = "DIR"

COMMANDS: Mapping[str, Text] = {
    "propose": Text(
        "建议方案：划分网格、均衡户数、合并、分片、融合发展区、选址。结果可以再手工改，并写明为什么这样、离最好还差多少、能否重现。",
        "Proposals: grids divided or evened out, merged, shared out among members, zones, sites. Each can be edited by hand and "
        "says why it is so, how far it may be from the best, and whether it comes again.",
    ),
    "propose grids": Text(
        "把村或社区重新划分成网格：按户数范围，或分成几个。不跨村，不跨河流干道（有桥可过），不切开单元和建筑。每个备选存成一个方案。",
        "Divide villages into grids anew: by a household range, or so many. No grid crosses a village's border or a barrier "
        "without a bridge, no unit or building is cut. Each alternative is saved as a plan.",
    ),
    "propose even": Text(
        "在现有网格的基础上均衡户数，换网格的住户尽量少；--moves 3 只做最有用的三处调整。每个备选存成一个方案。",
        "Even out today's grids with as few households as possible changing hands; --moves 3 makes only the three moves that "
        "mend most. Each alternative is saved as a plan.",
    ),
    "propose merge": Text(
        "把户数、人口或党员人数不足的网格（或小区等单元）与相邻的合并，合并后连成一片。",
        "Merge grids, or units such as estates, that have too few households, persons or party members with their neighbours; "
        "what is merged hangs together.",
    ),
    "propose shares": Text(
        "分片包干：把网格里的住户按人分成连片、户数相近的几片，每名网格员一片。",
        "Share the households of grids out among their members: connected shares of about as many households each.",
    ),
    "propose zones": Text(
        "把村组成融合发展区：中心、半径和村数都在规定之内；给出最少几个，或最好的 N 个，并证明或给出差距。"
        "放不进的村逐个说明原因。",
        "Group villages into zones with a centre, within bounds of radius and size: the fewest, or the best N, with proof or "
        "gap. Villages that cannot be placed are named with the bound that stops them.",
    ),
    "propose sites": Text(
        "新设施放在哪里最好、要几个才能覆盖所有人：可选模型、预算、容量、出行方式；"
        "给出逐个的作用、覆盖曲线和差距，可接着用 whatif 试。",
        "Where new facilities help most, and how many reach everyone: by model, budget, capacity and way of travelling; with the "
        "gain of each, the curve of coverage and the gap. Goes on in whatif.",
    ),
}

OPTIONS: Mapping[str, Option] = {
    "proposal_folder": Option(
        FOLDER,
        Text(
            "结果写到这个文件夹的 private/（准确数字，只供内部）", "results go to private/ in it (exact figures, for the office)"
        ),
    ),
    "effort": Option(
        "X", Text("工作量的倍数，默认 1；2 是找两倍久", "times the usual work, 1 unless given; 2 searches twice as long")
    ),
    "seconds": Option(
        "S",
        Text("最多找多少秒；因时间停下的结果不保证能重现", "search so many seconds at most; what time ends may not come again"),
    ),
    "seed": Option("N", Text("随机数种子，默认 0", "where chances begin, 0 unless given")),
    "household_range": Option(
        "LOW-HIGH",
        Text("每网格户数范围，如 300-500；默认按配置", "households a grid, such as 300-500; the profile's unless given"),
    ),
    "target_households": Option(
        "N", Text("每网格最好多少户；默认按配置", "households a grid should have; the profile's unless given")
    ),
    "parts": Option(
        "K",
        Text(
            "每个村分成几个网格；shares：每个网格分成几片，人不够的片只编号",
            "so many grids in each village; shares: so many shares in each grid, numbered where people do not go round",
        ),
    ),
    "within": Option("ID,ID", Text("只在这些村（区域）里", "only in these villages (areas)")),
    "alternatives": Option("N", Text("给几个确有不同的备选，默认 3", "how many alternatives that really differ; 3 unless given")),
    "plan_name": Option("NAME", Text("方案的名称；备选依次加 -2、-3", "what the plan is called; alternatives get -2, -3")),
    "moves": Option("N", Text("最多调整几处，每处一个地块", "at most so many moves of one piece each")),
    "minimum": Option("N", Text("至少要有多少", "what each must reach")),
    "by": Option(
        "WHAT",
        Text(
            "按 households（户，默认）、persons（人）或 party_members（党员）",
            "by households (unless given), persons or party_members",
        ),
    ),
    "of": Option("WHAT", Text("合并 grids（网格，默认）或 units（单元）", "merge grids (unless given) or units")),
    "of_kind": Option(
        "KIND", Text("哪一级或哪一类单元，如 estate", "which units: a level of the profile or a kind, such as estate")
    ),
    "most": Option("N", Text("合并后不得多于多少", "none that is merged may have more")),
    "shared_grids": Option("ID,ID", Text("哪些网格，默认全部", "which grids; all unless given")),
    "role": Option(
        "ROLE",
        Text(
            "给哪种人员分片，默认 member（网格员）",
            "who gets a share: a role of the staff table or the grids' columns; member unless given",
        ),
    ),
    "number": Option(
        "N",
        Text(
            "只要最好的 N 个区（容纳的人最多）；默认求最少几个能容纳所有村",
            "the best N zones by people; the fewest for all unless given",
        ),
    ),
    "villages": Option(
        "LOW-HIGH",
        Text("每区几个村，如 3-8；默认按配置的标准", "villages a zone, such as 3-8; the place's standard unless given"),
    ),
    "zone_radius": Option(
        "M",
        Text(
            "村离中心最远多少米；默认按配置的标准",
            "how far a village may be from the centre, in metres; the place's standard unless given",
        ),
    ),
    "along": Option(
        "MODE",
        Text(
            "straight（直线，默认）或沿街道的出行方式，如 walk",
            "straight (unless given), or along the streets of a way of travelling, such as walk",
        ),
    ),
    "inside_level": Option(
        "LEVEL",
        Text(
            "不跨哪一级区域；默认按配置，none 为不限",
            "which areas zones do not cross; the profile's unless given, none for no such limit",
        ),
    ),
    "persons_range": Option("LOW-HIGH", Text("每区多少人", "people a zone")),
    "touching": Option("", Text("区内各村必须相连", "a zone's villages must hang together")),
    "centres": Option(
        "WHAT",
        Text(
            "中心设在 villages（某个村，默认）或 facilities（已有设施）",
            "centres at villages (unless given) or at facilities that stand",
        ),
    ),
    "zone_level": Option(
        "LEVEL", Text("融合发展区是哪一级；默认按配置的标准", "the level of the zones; the one with standards unless given")
    ),
    "town_source": Option("WORKSPACE|DIR", Text("工作区，或 check 的结果文件夹", "a workspace, or the folder of a check")),
    "site_service": Option("SERVICE", Text("哪项服务", "which service")),
    "model": Option(
        "MODEL",
        Text(
            "mclp（覆盖最多，默认）、lscp（全部覆盖所需最少）、p_median（平均路程最短）、p_centre（最远者最近）、"
            "backup（双重覆盖）、capacitated_mclp（容量内）",
            "mclp (most covered, unless given), lscp (fewest to cover all), p_median (shortest mean way), p_centre (shortest "
            "longest way), backup (most covered twice), capacitated_mclp (within capacities)",
        ),
    ),
    "count": Option("N", Text("最多新设几个", "so many new sites at most")),
    "budget": Option(
        "X", Text("总费用上限（候选点 cost 一栏的单位）", "what they may cost together, in the unit of the candidates' cost")
    ),
    "site_weight": Option(
        "WHO",
        Text(
            "按谁算：persons（默认）、households、aged_65、children_0_14 或某季节的 persons_<season>",
            "who counts: persons (unless given), households, aged_65, children_0_14, or persons_<season>",
        ),
    ),
    "candidate_file": Option(
        "FILE",
        Text(
            "候选点（点）；默认用工作区的候选点，没有则沿街道生成",
            "candidate sites (points); the workspace's unless given, else made along streets",
        ),
    ),
    "candidate_datum": Option(
        "DATUM",
        Text("候选点文件的坐标基准：wgs84（默认）、gcj02、bd09", "datum of that file: wgs84 (default), gcj02, bd09"),
    ),
    "spacing": Option(
        "M", Text("沿街道每隔多少米一个候选点，默认 250", "metres between candidates made along streets; 250 unless given")
    ),
    "site_mode": Option("MODE", Text("出行方式；默认按检查", "way of travelling; the check's unless given")),
    "site_cutoff": Option("MIN", Text("时限（分钟）；默认按检查", "cutoff in minutes; the check's unless given")),
    "site_capacity": Option("N", Text("没有写容量的候选点按多少算", "capacity of candidates that state none")),
    "cheapest": Option("", Text("lscp 求费用最少而不是个数最少", "lscp: the least cost instead of the fewest sites")),
    "curve": Option("N", Text("覆盖曲线画到几个；0 不画", "draw the curve of coverage up to so many sites; 0 draws none")),
}
