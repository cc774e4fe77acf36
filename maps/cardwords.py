"""What notice cards say in both languages; ``{name}`` marks what a card puts in, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

ROLES: Mapping[str, Text] = {
    "leader": Text("网格长", "Grid leader"),
    "deputy": Text("副网格长", "Deputy leader"),
    "member": Text("网格员", "Grid member"),
    "manager": Text("网格管理员", "Grid manager"),
    "building_leader": Text("楼长", "Building leader"),
    "stairwell_leader": Text("单元长", "Stairwell leader"),
    "centre_household": Text("党员中心户", "Centre household"),
    "cadre": Text("包联干部", "Linked cadre"),
    "police": Text("社区民警", "Community police"),
    "part_time": Text("兼职委员", "Part-time committee member"),
    "firm": Text("共建企业", "Partner firm"),
    "partner": Text("共建单位", "Partner organisation"),
    "medical": Text("家庭医生", "Family doctor"),
}
"""Roles of staff as a card calls them."""

LABELS: Mapping[str, Text] = {
    "pocket": Text("民情联系卡", "Grid contact card"),
    "code": Text("编码 {code}", "Code {code}"),
    "duties": Text("工作职责", "Duties"),
    "people": Text("责任人", "Who is responsible"),
    "supervision": Text("监督电话", "Supervision phone"),
    "scan": Text("扫码查看本网格", "Scan for this grid"),
    "vacant": Text("暂缺", "vacant"),
    "more_people": Text("另有 {n} 人", "and {n} more"),
    "more_sites": Text("另有 {n} 处设施", "and {n} more facilities"),
    "planned": Text("规划", "planned"),
    "map": Text("{name}位置图", "Map of {name}"),
    "north": Text("北", "N"),
    "no_shape": Text("没有网格边界", "no border known"),
    "number": Text("第 {n} 张，共 {all} 张", "{n} of {all}"),
    "cut": Text("沿角线裁切，沿虚线对折：90 × 54 毫米", "Cut along the marks, fold along the dashes: 90 × 54 mm"),
    "contents": Text("网格目录", "Grids"),
    "files": Text("打印文件：{n} 个", "{n} files to print"),
    "grids": Text("{n} 个网格", "grids: {n}"),
    "in_none": Text("不在任何{level}内的网格", "Grids in no {level}"),
    "held": Text(
        "A4 公示牌 {n} 张；联系卡 {pages} 页，每页 {per} 张。",
        "{n} A4 notices; {pages} pages of contact cards, {per} to a page.",
    ),
    "paper": Text("按 A4 原尺寸（100%）打印，不要缩放。", "Print on A4 at actual size (100%), without scaling."),
    "before": Text("张贴前请核对", "Check before they are put up"),
    "day": Text("制作日期：{day}", "Made on {day}"),
}

NOTES: Mapping[str, Text] = {
    "no_url": Text(
        "没有设置 GEOGRID_PUBLIC_URL，所以没有二维码；设为本服务的公开网址后重新生成。",
        "GEOGRID_PUBLIC_URL is not set, so there are no QR codes; set it to the public address of this service, then make them "
        "again.",
    ),
    "phones": Text(
        "配置没有公开人员电话，所以没有印；要印就在 public_fields.staff 中加入 phone。",
        "The profile does not make phones of staff public, so none is printed; add phone to public_fields.staff to print them.",
    ),
    "private": Text(
        "网格表有{columns}，但配置没有公开，所以没有印；要印就加入 public_fields.grids。",
        "The grids have {columns}, which the profile does not make public, so that is not printed; add it to "
        "public_fields.grids.",
    ),
    "no_staff": Text(
        "没有提供人员表，所以没有责任人姓名；提供人员表后重新生成。",
        "No table of staff was given, so there are no names; give one and make them again.",
    ),
    "vacant": Text("{n} 个网格没有{role}，印为“暂缺”：{grids}。", "{n} grids have no {role}, printed as vacant: {grids}."),
    "supervision": Text(
        "{n} 个网格没有监督电话：{grids}；在网格表或配置的 cards.supervision_phone 中填写。",
        "{n} grids have no supervision phone: {grids}; state it in the grids or in the profile's cards.supervision_phone.",
    ),
    "no_duties": Text(
        "{n} 个网格没有职责：{grids}；在网格表或配置的 cards.duties 中填写。",
        "{n} grids have no duties: {grids}; state them in the grids or in the profile's cards.duties.",
    ),
    "no_shape": Text("{n} 个网格没有边界，没有印地图：{grids}。", "{n} grids have no border, so no map: {grids}."),
    "cut_text": Text(
        "{n} 个网格的名称、编码或监督电话太长，只印了开头，以“…”结尾：{grids}；请缩短。",
        "Names, codes or supervision phones of {n} grids are too long, so only their beginning is printed, ending in '…': "
        "{grids}; shorten them.",
    ),
    "cut_notice": Text(
        "{n} 张公示牌放不下全部职责或责任人，以“…”或“另有”结尾：{grids}；请缩短文字。",
        "{n} notices cannot hold all duties or people and end in '…' or 'more': {grids}; shorten the texts.",
    ),
    "cut_pocket": Text(
        "{n} 张联系卡放不下全部职责或责任人（公示牌另计），以“…”或“另有”结尾：{grids}。",
        "{n} contact cards cannot hold all duties or people (notices apart) and end in '…' or 'more': {grids}.",
    ),
    "fine": Text(
        "{n} 个网格的网址太长，二维码过密，联系卡上不印：{grids}；请缩短网址或网格编号。",
        "The addresses of {n} grids are long and their QR codes too fine for a contact card, which has none: {grids}; "
        "shorten the address or the grid's id.",
    ),
    "long": Text(
        "{n} 个网格的网址超过二维码的容量，没有印：{grids}；请缩短网址或网格编号。",
        "The addresses of {n} grids are longer than a QR code holds, so none is printed: {grids}; shorten the address or the id.",
    ),
}
"""What whoever prints cards has to know."""

COLUMNS: Mapping[str, Text] = {
    "code": Text("编码（code）", "code"),
    "duties": Text("职责（duties）", "duties"),
    "supervision_phone": Text("监督电话（supervision_phone）", "supervision_phone"),
}
"""Columns of grids that a card prints where they are public."""

BAD_URL = Text(
    "公开网址“{url}”不能用：应为 http:// 或 https:// 开头的网址，不含用户名、空格、问号和井号；请改 GEOGRID_PUBLIC_URL。",
    "the public address {url!r} cannot be used: it must begin with http:// or https:// and have no user name, space, question "
    "mark or hash; change GEOGRID_PUBLIC_URL.",
)
NO_GRIDS = Text(
    "没有要制作公示牌的网格；请给出网格编号，或不给编号（全部网格）。",
    "there is no grid to make a card for; give ids of grids, or none for all grids.",
)
UNKNOWN_GRID = Text("没有编号为“{grid}”的网格；已有：{known}", "no grid has the id {grid!r}; known: {known}")


def listed(names: list[str], most: int = 5) -> Text:
    """Return names as a list in both languages; of many the first.

    Examples
    --------
    >>> listed(["甲", "乙", "丙"], most=2)
    Text(zh='甲、乙等', en='甲, 乙 …')
    """
    more = len(names) > most
    return Text("、".join(names[:most]) + ("等" if more else ""), ", ".join(names[:most]) + (" …" if more else ""))


def told(key: str, names: list[str], **values: Text) -> Text:
    """Return a note about grids, with how many and which."""
    named = listed(names)
    zh = {name: value.zh for name, value in values.items()}
    en = {name: value.en for name, value in values.items()}
    note = NOTES[key]
    return Text(
        note.zh.format(n=len(names), grids=named.zh, **zh),
        note.en.format(n=len(names), grids=named.en, **en),
    )
