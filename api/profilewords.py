"""What the commands on profiles say: of themselves, of their options, of a profile's parts, and what they ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.optionword import Option
from geogrid.rows.recordtables import STAFF_ROLE
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMANDS: Mapping[str, Text] = {
    "profiles": Text(
        "列出自带的配置，一行一个；给出名称则说明这个配置：层级、服务、标准、人员、规模、出处、公开什么、哪些待核。",
        "List the profiles that come along, a line each; of one by name: levels, services, standards, staff, sizes, sources, "
        "what is public, what is to be confirmed.",
    ),
    "profile": Text(
        "配置：一个地方的层级、服务、数字和标准，写在一个文件里。", "Profiles: a place's levels, services, numbers, standards."
    ),
    "profile new": Text(
        "逐项提问，写出一个新配置；每个问题都有默认值，也都能用选项回答。已有的文件不覆盖，写出的文件一定能读入。",
        "Write a profile by asking, question by question; each has a default, and each can be answered by an option. A file that "
        "is there is never overwritten, and what is written can be loaded.",
    ),
}

OPTIONS: Mapping[str, Option] = {
    "profile_name": Option(
        "NAME", Text("配置的名称，或 .toml 文件；名称:变体 也可", "a profile's name or .toml file; or name:variant")
    ),
    "profile_file": Option("F.toml", Text("要写的文件", "the file to write")),
    "profile_id": Option(
        "ID", Text("编号（小写字母、数字、下划线），默认取自文件名", "id: small letters, digits, _; else the file's name")
    ),
    "place_zh": Option("NAME", Text("地方的中文名", "what the place is called in Chinese")),
    "place_en": Option("NAME", Text("地方的英文名", "what the place is called in English")),
    "base_profile": Option("NAME", Text("以哪个配置为基础，默认 generic", "profile to build on; generic unless given")),
    "asked_levels": Option(
        "ID:ZH:EN,…",
        Text(
            "层级，从上到下，如 township:镇:town,village:村:village,grid:网格:grid；默认与基础相同",
            "levels, top to bottom, such as township:镇:town,village:村:village,grid:网格:grid; the base's unless given",
        ),
    ),
    "asked_code": Option("PATTERN", Text("网格编码规则，none 为不编码", "pattern of the codes of grids; none for no codes")),
    "asked_services": Option(
        "A,B", Text("同时要达到的服务，默认全部", "services that count all at once; every one unless given")
    ),
    "asked_mode": Option(
        "MODE", Text("怎么去：walk、walk_older、bicycle、ebike、car", "how: walk, walk_older, bicycle, ebike, car")
    ),
    "asked_cutoff": Option("MIN", Text("时限（分钟），默认 15", "cutoff in minutes; 15 unless given")),
    "asked_range": Option("LOW-HIGH", Text("每网格户数范围，如 300-500", "households a grid, such as 300-500")),
    "asked_target": Option("N", Text("每网格户数目标，默认为范围的中值", "households a grid aimed at; the middle unless given")),
    "asked_leaders": Option("N", Text("每网格至少几名网格长，0 为不要求", "leaders a grid at least; 0 asks for none")),
    "asked_members": Option("N", Text("每网格至少几名网格员，0 为不要求", "members a grid at least; 0 asks for none")),
    "asked_floor": Option(
        "M2", Text("党群服务中心至少多少平方米，0 为不要求", "floor area of service centres at least; 0 asks for none")
    ),
    "asked_phones": Option(
        "yes|no", Text("公示牌上是否公开电话，默认 no", "whether cards show phones to everybody; no unless given")
    ),
    "source_zh": Option("TEXT", Text("这些数字的出处（中文），不知道就写“待核”", "where the numbers come from, in Chinese")),
    "source_en": Option("TEXT", Text("这些数字的出处（英文）", "where the numbers come from, in English")),
    "defaults": Option(
        "", Text("没有用选项回答的都取默认值，不提问", "take defaults for all that no option answers, and ask nothing")
    ),
}

FILLED_BY: Mapping[str, Text] = {
    "areas": Text("区域（面）", "areas"),
    "grids": Text("网格（面）", "grids"),
    "units": Text("单元", "units"),
    "households": Text("住户的集合", "sets of households"),
}
ACROSS = Text("跨越层级，成员另列表", "across the tree, members in a table")
PARTIAL = Text("不必填满上级", "need not fill the level above")
SUBJECTS: Mapping[str, Text] = {
    "facilities": Text("设施", "facilities"),
    "streets": Text("街道", "streets"),
    "services": Text("服务", "services"),
    "place": Text("全域", "the whole place"),
}
FIELDS: Mapping[str, Text] = {
    "code": Text("编码", "code"),
    "kind": Text("类别", "kind"),
    "duties": Text("职责", "duties"),
    "leader": Text("网格长", "leader"),
    "supervision_phone": Text("监督电话", "supervision phone"),
    "functions": Text("功能", "functions"),
    "capacity": Text("容量", "capacity"),
    "level": Text("级别", "level"),
    "radius_m": Text("服务半径", "service radius"),
    "simulated": Text("是否模拟", "whether simulated"),
    "name": Text("姓名", "name"),
    "role": Text("职务", "role"),
    "phone": Text("电话", "phone"),
    "household_range": Text("每网格户数范围", "household range"),
    "household_target": Text("每网格户数目标", "household target"),
    "code_pattern": Text("编码规则", "pattern of codes"),
    "walking_speed_kmh": Text("步行速度", "walking speed"),
    "older_walking_speed_kmh": Text("老年人步行速度", "walking speed of older people"),
    "speeds_kmh": Text("其他方式的速度", "speeds of other modes"),
    "max_snap_m": Text("离道路的最远距离", "farthest from a street"),
    "gap_distance_m": Text("缺口内的间距", "distance within a gap"),
    "sliver_width_m": Text("狭缝宽度", "width of slivers"),
    "defect_width_m": Text("缺陷宽度", "width of defects"),
    "suppress_below": Text("小数字的界限", "limit of small counts"),
}
"""What keys of a profile and public columns are called."""

HEADINGS: Mapping[str, tuple[Text, ...]] = {
    "list": (Text("名称", "Profile"), Text("地方", "Place"), Text("说明", "What it is")),
    "services": (
        *(Text("服务", "Service"), Text("方式", "How"), Text("时限（分）", "Min"), Text("半径（米）", "Radius m")),
        *(Text("同时", "At once"), Text("出处", "Src")),
    ),
    "standards": (Text("标准", "Standard"), Text("量什么", "Measured"), Text("出处", "Src")),
    "stated": (Text("规模", "Size"), Text("数量", "Number"), Text("占比", "Share"), Text("出处", "Src")),
}

SAYS: Mapping[str, Text] = {
    "more": Text(
        "说明其中一个：geogrid profiles 名称；新写一个：geogrid profile new 文件.toml",
        "One of them: geogrid profiles NAME; a new one: geogrid profile new FILE.toml",
    ),
    "no_note": Text("没有自己配置的地方都用它", "any place that has none of its own"),
    "levels": Text("层级，从上到下", "Levels, top to bottom"),
    "share_of": Text("每名{roles}负责的住户", "the households of each: {roles}"),
    "project": Text("项目“{name}”", "project {name}"),
    "needs": Text("要有{roles}", "needs {roles}"),
    "services": Text("服务", "Services"),
    "circle": Text("打钩的服务要同时达到", "Services with a tick count all at once."),
    "no_circle": Text("没有指定同时要达到哪些服务，即全部", "No services are picked: all count at once."),
    "numbers": Text("目标和设定", "Targets and settings"),
    "range": Text("每网格 {low}～{high} 户", "{low} to {high} households a grid"),
    "target": Text("目标每网格 {n} 户", "{n} households a grid aimed at"),
    "pace": Text("步行每小时 {n} 公里", "walking at {n} km/h"),
    "radius": Text("直线服务半径 {n} 米", "service radius {n} m, as the crow flies"),
    "snap": Text("离道路 {n} 米以内才计算", "measured within {n} m of a street"),
    "code": Text("网格编码 {pattern}", "codes of grids {pattern}"),
    "standards": Text("标准", "Standards"),
    "none": Text("  没有", "  none"),
    "reported": Text("只报告", "(reported only)"),
    "colon": Text("：", ": "),
    "within": Text("（{where}）", " in {where}"),
    "inside": Text("（{where}）", " ({where})"),
    "party": Text("党员", "party members"),
    "open_days": Text("事项办结天数", "days to close a matter"),
    "stated": Text("资料所述规模", "Sizes that the sources state"),
    "assumed": Text("假定", "(assumed)"),
    "grades": Text("等级", "Grades"),
    "kinds": Text("网格类别", "Kinds of grids"),
    "classes": Text("单元服务类别", "Classes of units"),
    "matters": Text("居民反映的事项，多少天内办结", "Matters that residents report, to be closed within"),
    "days": Text("{n} 天", "{n} days"),
    "public": Text("公众能看到什么", "What the public sees"),
    "suppressed": Text(
        "1～{n} 的计数隐藏，住户明细从不公开。", "Counts from 1 to {n} are hidden, and household rows are never shown."
    ),
    "phones": Text("公示牌印电话。", "Cards show phones."),
    "no_phones": Text("不公开电话。", "Phones are not shown."),
    "themes": Text("地图上能看什么，第一项先显示", "What the map shows, the first one at once"),
    "unsure": Text("待核与假定", "To be confirmed, and assumed"),
    "to_confirm": Text("待核：", "to be confirmed: "),
    "are_assumed": Text("假定的规模：", "sizes assumed: "),
    "sources": Text("出处（黄色为未读原文，待核）", "Sources (in yellow those whose text was not read: to be confirmed)"),
}


def role_name(role: str) -> Text:
    """Return what a role of staff is called; its own word where it is none of the known.

    Examples
    --------
    >>> role_name("member"), role_name("cadre").en
    (Text(zh='网格员', en='grid member'), 'cadre')
    """
    names = STAFF_ROLE.get(role, role).split("|")
    english = names[-1] if names[-1].isascii() else role.replace("_", " ")
    return Text(names[0], english)
