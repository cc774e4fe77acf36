"""Where an office's people go from the start page, and the start page of a service that has published nothing yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.pages import TITLE, heading, linked_cards, stylesheet
from geogrid.words import Text
from maps.document import page
from maps.markup import Html, element, joined

if TYPE_CHECKING:
    from api.callers import Role
    from geogrid.words import Lang

STAFF: tuple[tuple[str, Text, Text], ...] = (
    (
        "login",
        Text("登录、退出", "Log in or out"),
        Text("用管理员发给您的密钥登录", "With the key that an administrator gave you"),
    ),
    (
        "staff",
        Text("工作人员页面", "Staff page"),
        Text("查一户为什么够得着、够不着，怎么走", "Why a household is covered or not, and its way"),
    ),
    ("maps/households", Text("住户地图", "Map of households"), Text("本区域内的住户逐点显示", "Each household of one's areas")),
    (
        "snippets",
        Text("嵌入代码", "Embed code"),
        Text("选好地图，复制代码，贴到门户网页里", "Choose a map, copy the code into a portal's page"),
    ),
)
NEEDS_KEY = Text("以下页面需要密钥，只显示您负责的区域。", "These pages need a key and show the areas that it is for.")
NOTHING = Text("还没有发布结果", "Nothing is published yet")
NOTHING_SAYS = Text(
    "公众页面在第一次发布后出现。发布由管理员做：在存放工作区的电脑上运行下面的命令（文件名换成自己的），完成后刷新本页。",
    "The public pages appear with the first publication. An administrator makes it, on the machine that holds the workspace, "
    "with the command below (with the name of your file); then load this page again.",
)
LATER = Text(
    "如果已经发布，而生效日期在以后，到那一天公众页面会自动出现。",
    "If something is published that takes effect later, the public pages appear on that day.",
)
REFERENCE: tuple[tuple[str, Text, Text], ...] = (
    (
        "docs",
        Text("接口文档", "API reference"),
        Text("供开发人员：全部地址、参数与示例", "For programmers: every address, parameter and an example"),
    ),
)


def staff_section(lang: Lang) -> Html:
    """Return the part of the start page that leads an office's people on."""
    title = element("h2", Text("工作人员", "For staff").say(lang), id="staff")
    return joined([title, element("p", NEEDS_KEY.say(lang), class_="note"), linked_cards(STAFF, lang)])


def after_login(role: Role) -> tuple[tuple[str, Text, Text], ...]:
    """Return where somebody goes on who has logged in: all that the role may open."""
    return STAFF[1:] if role in ("planner", "admin") else STAFF[1:-1]


def noted(note: str) -> Html | None:
    """Return what a page must say above everything else; None where there is nothing."""
    return element("p", note, class_="made-up", role="note") if note else None


def empty_page(*, lang: Lang, note: str = "") -> str:
    """Return the start page of an office that has published nothing: what to do, and where its people go."""
    title = NOTHING.say(lang)
    body = element(
        "main",
        heading(TITLE.say(lang), title, "", lang),
        noted(note),
        element("p", NOTHING_SAYS.say(lang)),
        element("pre", element("code", "geogrid publish office.gpkg")),
        element("p", LATER.say(lang), class_="note"),
        staff_section(lang),
        element("h2", Text("开发人员", "For programmers").say(lang)),
        linked_cards(REFERENCE, lang),
    )
    return page(f"{title} · geogrid", body, lang=lang, more_css=stylesheet())
