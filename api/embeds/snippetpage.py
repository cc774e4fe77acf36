"""The page on which a planner chooses a map's parameters and takes the code for a portal. A form without a script."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from api import pages
from api.pages import heading
from geogrid.labels import code_label
from geogrid.words import Text
from maps.document import page
from maps.embedmaps import MAPS
from maps.embedwords import SIZES, THEMES
from maps.extract import GRID, levels
from maps.markup import Html, element
from maps.view import View

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from geogrid.privacy import PublicReport
    from geogrid.words import Lang

TITLE = Text("嵌入代码", "Embed code")
WHEN = {"now": Text("现有设施", "existing facilities"), "later": Text("含规划设施", "with planned facilities")}
LANGS = {"zh": Text("中文", "中文"), "en": Text("English", "English")}
OURS = Text("只有本服务自己的网页（还没有填门户的网址）", "this service's own pages only: no portal is set yet")
EVERYTHING = Text("全部", "everything")
OWN = Text("由地图决定", "the map's own")
GRIDS = Text("网格", "grids")


@cache
def stylesheet() -> str:
    """Return what this page adds to the style sheet of written pages."""
    return pages.stylesheet() + (files("api") / "static" / "snippets.css").read_text(encoding="utf-8")


def snippet_page(
    public: PublicReport, chosen: Mapping[str, str], made: Mapping[str, Any], areas: Sequence[str], *, lang: Lang
) -> str:
    """Return the page.

    Parameters
    ----------
    public : PublicReport
    chosen : mapping
        What the form is set to, by parameter.
    made : mapping
        ``url``, ``html`` and ``frame_ancestors`` of that.
    areas : sequence of str
        Ids of the areas that may be chosen.
    lang : "zh" or "en"
    """
    view = View(public, lang)
    body = element(
        "main",
        heading(element("a", pages.HOME.say(lang), href=f"./?lang={lang}"), TITLE.say(lang), "snippets", lang),
        _form(view, chosen, areas),
        *_code(view, chosen, made),
    )
    return page(TITLE.say(lang), body, lang=lang, more_css=stylesheet(), has_form=True)


def _form(view: View, chosen: Mapping[str, str], areas: Sequence[str]) -> Html:
    """Return the form, each choice with its label."""
    names = dict(zip(view.public.areas["area_id"].astype(str), view.public.areas["name"].astype(str), strict=True))
    services = {"": OWN.say(view.lang)} | {each: view.service(each) for each in view.services}
    shown = {GRID: GRIDS.say(view.lang)} | {
        level: str(code_label(level, view.lang, {})) for level in levels(view.public) if level != GRID
    }
    choices: tuple[tuple[str, Text, Mapping[str, str]], ...] = (
        ("map", Text("地图", "Map"), _said(view, {key: row.name for key, row in MAPS.items()})),
        ("area", Text("区域", "Area"), {"": EVERYTHING.say(view.lang)} | {each: names[each] for each in areas}),
        ("level", Text("着色", "Coloured"), shown),
        ("service", Text("服务", "Service"), services),
        ("when", Text("设施", "Facilities"), _said(view, WHEN)),
        ("lang", Text("语言", "Language"), _said(view, LANGS)),
        ("theme", Text("配色", "Colours"), _said(view, THEMES)),
        ("size", Text("内容", "Size"), _said(view, SIZES)),
    )
    now = {**chosen, "lang": view.lang}
    fields = [_select(key, label.say(view.lang), options, now[key]) for key, label, options in choices]
    height = element("input", id="height", name="height", type="number", min=240, max=4000, value=chosen["height"])
    fields.append(element("p", element("label", view.say("高度（像素）", "Height (pixels)"), for_="height"), height))
    grid = element("input", id="grid", name="grid", type="text", maxlength=200, value=chosen["grid"])
    fields.append(element("p", element("label", view.say("选中的网格（编号）", "Grid to open with (id)"), for_="grid"), grid))
    button = element("button", view.say("生成代码", "Make the code"), type="submit")
    return element("form", element("div", *fields, class_="choices"), button, method="get", action="snippets")


def _said(view: View, words: Mapping[str, Text]) -> dict[str, str]:
    return {key: text.say(view.lang) for key, text in words.items()}


def _select(key: str, label: str, options: Mapping[str, str], now: str) -> Html:
    listed = (element("option", said, value=value, selected=value == now) for value, said in options.items())
    return element("p", element("label", label, for_=key), element("select", *listed, id=key, name=key))


def _code(view: View, chosen: Mapping[str, str], made: Mapping[str, Any]) -> Iterable[Html]:
    yield element("h2", view.say("把这段代码贴到门户的网页里", "Paste this into the portal's page"), id="code")
    yield element("textarea", made["html"], readonly=True, rows=5, aria_labelledby="code", spellcheck="false")
    yield element(
        "p", element("a", view.say("单独打开这张地图", "Open this map alone"), href=made["url"], target="_blank", rel="noopener")
    )
    yield element("h2", view.say("谁可以嵌入", "Who may embed it"))
    origins = (OURS.say(view.lang) if each == "'self'" else element("code", each) for each in made["frame_ancestors"])
    yield element("ul", *(element("li", origin) for origin in origins), class_="plain")
    setting = "GEOGRID_PORTALS" if chosen["area"] else "GEOGRID_FRAME_ANCESTORS"
    said = view.say(
        "由设置 {name} 决定；别的网站嵌入时，浏览器不显示。地图占满框的宽和高，不用 Cookie，框里只许运行脚本。",
        "The setting {name} decides; in pages of other sites browsers show nothing. The map fills its frame, uses no "
        "cookies, and may run scripts and nothing else.",
        name=setting,
    )
    yield element("p", said, class_="note")
