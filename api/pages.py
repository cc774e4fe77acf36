"""Pages of the service itself: the start page that links everything, and the reference made from the OpenAPI description."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from geogrid.words import Text
from maps.document import made_up, page, page_title
from maps.markup import Html, element
from maps.overview import Overview
from maps.view import View

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geogrid.privacy import PublicReport
    from geogrid.words import Lang

TITLE = Text("网格化治理 · 服务", "Grid governance · service")
HOME = Text("← 首页", "← Start page")
OTHER: dict[Lang, tuple[Lang, str]] = {"zh": ("en", "English"), "en": ("zh", "中文")}
TAGS: dict[str, Text] = {
    "pages": Text("页面", "Pages"),
    "data": Text("数据", "Data"),
    "plans": Text("方案与台账", "Plans and the record"),
    "access": Text("权限", "Access"),
    "work": Text("任务", "Work"),
    "service": Text("服务", "Service"),
}
LINKS: tuple[tuple[str, Text, Text], ...] = (
    (
        "maps/coverage",
        Text("覆盖地图", "Coverage map"),
        Text("按服务查看每个网格的覆盖率、设施和缺口", "Every grid's covered share by service, with facilities and gaps"),
    ),
    ("report", Text("检查报告", "Report"), Text("可阅读、可打印的完整结果", "The whole result, to read and to print")),
    ("maps/tiles", Text("大范围地图", "Large map"), Text("网格很多时也打开得快", "Opens fast, with many grids too")),
    (
        "api/v1/collections?f=html",
        Text("图层与数据表", "Layers and tables"),
        Text("逐个查看网格、设施、缺口；可接入 QGIS", "Grids, facilities and gaps one by one; QGIS can open them"),
    ),
    (
        "docs",
        Text("接口文档", "API reference"),
        Text("供开发人员：全部地址、参数与示例", "For programmers: every address, parameter and an example"),
    ),
)
DATA_LINKS: tuple[tuple[str, Text], ...] = (
    ("api/v1/report", Text("整份报告（JSON）", "the whole report (JSON)")),
    ("api/v1/grids", Text("网格（GeoJSON）", "grids (GeoJSON)")),
    ("api/v1/gaps", Text("覆盖缺口（GeoJSON）", "coverage gaps (GeoJSON)")),
    ("api/v1/openapi.json", Text("接口描述（OpenAPI）", "description of the API (OpenAPI)")),
    ("health", Text("服务状态", "state of the service")),
)
NEVER = Text(
    "公开的一切只来自检查结果中的公开文件：没有住户数据，小数字不公开。",
    "What is public here comes from the public files of a check only: no household is in it, and small counts are withheld.",
)


@cache
def stylesheet() -> str:
    """Return what the service's own pages add to the style sheet of written pages."""
    return (files("api") / "static" / "service.css").read_text(encoding="utf-8")


def home_page(public: PublicReport, *, lang: Lang, first: Html | None = None, staff: Html | None = None) -> str:
    """Return the start page: where everything is, the main figure, and how to embed the map.

    Parameters
    ----------
    public : PublicReport
    lang : "zh" or "en"
    first : Html, optional
        What it says above everything else.
    staff : Html, optional
        Where an office's people go.
    """
    view = View(public, lang)
    body = element(
        "main",
        heading(TITLE.say(lang), page_title(view), "", lang),
        first,
        made_up(view),
        _hero(view),
        linked_cards(LINKS, lang),
        staff,
        element("h2", view.say("数据", "Data")),
        element("ul", *(_data_link(view, path, says) for path, says in DATA_LINKS), class_="paths"),
        element("h2", view.say("嵌入到门户", "Embed in a portal")),
        *_embedding(view),
        element("footer", element("p", NEVER.say(lang)), element("p", f"geogrid {public.summary['geogrid_version']}")),
    )
    return page(page_title(view), body, lang=lang, more_css=stylesheet())


def heading(kicker: str | Html, title: str, here: str, lang: Lang) -> Html:
    """Return the head of a page, with the way to the other language."""
    other, name = OTHER[lang]
    switch = element("a", name, href=f"{here or './'}?lang={other}", hreflang=other, class_="switch")
    return element("header", switch, element("p", kicker, class_="kicker"), element("h1", title))


def away(here: str, lang: Lang) -> Html:
    """Return the way from a page to the start page, and to itself in the other language."""
    other, name = OTHER[lang]
    home = element("a", HOME.say(lang), href=f"./?lang={lang}")
    return element("nav", home, element("a", name, href=f"{here}?lang={other}", hreflang=other), class_="away")


def _hero(view: View) -> Html:
    overview = Overview.of(view.public, view.lang, width=560.0, tallest=380.0)
    figure = element("b", view.share(view.total(view.headline)), class_="figure")
    several = len(view.services) > 1
    what = (
        view.say("全部服务都能步行到达的住户", "of households reach every service on foot")
        if several
        else view.service(view.headline)
    )
    rows = [
        element("li", view.service(s), " ", element("b", view.share(view.total(s)))) for s in view.services if s != view.headline
    ]
    picture = element("a", overview.picture(view.headline), href=f"maps/coverage?lang={view.lang}")
    told = element("div", figure, element("p", what), element("ul", *rows, class_="plain") if rows else None, class_="told")
    return element("div", overview.definitions(), told, element("div", picture, overview.legend(), class_="seen"), class_="hero")


def linked_cards(links: Iterable[tuple[str, Text, Text]], lang: Lang) -> Html:
    """Return links as cards: where to, what it is called, and what is there."""
    return element("ul", *(_card(lang, *link) for link in links), class_="cards")


def _card(lang: Lang, path: str, name: Text, says: Text) -> Html:
    inside = (element("b", name.say(lang)), element("span", says.say(lang)))
    return element("li", element("a", *inside, href=f"{path}{'&' if '?' in path else '?'}lang={lang}"))


def _data_link(view: View, path: str, says: Text) -> Html:
    return element("li", element("a", element("code", f"/{path}"), href=path), " ", element("span", says.say(view.lang)))


def _embedding(view: View) -> Iterable[Html]:
    service = view.headline
    src = f"{view.say('https://本服务的地址', 'https://this.service')}/embed/coverage?service={service}&lang={view.lang}"
    title = view.say("服务覆盖地图", "Service coverage map")
    snippet = f'<iframe src="{src}"\n        title="{title}" width="100%" height="640" sandbox="allow-scripts"></iframe>'
    yield element("pre", element("code", snippet))
    known = view.say("、", ", ").join(
        view.say("{id}（{name}）", "{id}", id=each, name=view.service(each)) for each in view.services
    )
    yield element("p", view.say("service 可选：{known}。", "service is one of: {known}.", known=known), class_="note")
    said = view.say(
        "哪些网站可以嵌入，由设置 GEOGRID_FRAME_ANCESTORS 决定，例如 https://portal.example.cn。",
        "Which sites may embed it is the setting GEOGRID_FRAME_ANCESTORS, such as https://portal.example.cn.",
    )
    yield element("p", said, class_="note")
