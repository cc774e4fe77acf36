"""The same documents as pages, for people: no script, nothing from elsewhere, and a picture of what is listed."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
import shapely

from api.ogc.documents import QUERYABLES, SCHEMA, TITLE
from api.ogc.said import Names, heading, told
from api.pages import stylesheet
from geogrid.words import Lang, Text
from maps.document import page
from maps.markup import Html, element, joined

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence

    from api.ogc.catalogue import Collection
    from api.ogc.items import Page

OTHER: dict[Lang, tuple[Lang, str]] = {"zh": ("en", "English"), "en": ("zh", "中文")}
WIDTH, HEIGHT, MARGIN = 1000.0, 420.0, 8.0
STYLE = """
.map { display: block; width: 100%; height: auto; margin: 14px 0; }
.map { border: 1px solid var(--line); border-radius: 8px; background: var(--wash); }
.map path { fill: var(--accent); fill-opacity: .16; stroke: var(--accent); stroke-width: 1.2; vector-effect: non-scaling-stroke; }
.map path.line { fill: none; }
.wide { overflow-x: auto; }
.wide table { font-size: 13.5px; white-space: nowrap; }
nav.crumbs { font-size: 14px; margin: 0 0 8px; }
nav.paging { display: flex; gap: 18px; margin: 12px 0; }
"""
FOR_FILTERS = Text("可用于筛选的属性", "Properties for filters")
LABELS: dict[str, Text] = {
    QUERYABLES: FOR_FILTERS,
    "self": Text("本页", "this page"),
    "data": Text("图层", "Layers"),
    "service-doc": Text("接口文档", "API reference"),
    "conformance": Text("符合的标准", "Standards kept to"),
    "service-desc": Text("接口描述", "Description of the API"),
    "items": Text("逐条查看", "See its features"),
    "next": Text("下一页 →", "next →"),
    "prev": Text("← 上一页", "← previous"),
    "collection": Text("图层", "the collection"),
}
ON_LANDING = ("data", "service-doc", "conformance", "service-desc")
START = Text("首页", "Start page")
FEATURES = Text("要素", "Features")
ID = Text("编号", "Id")
PROPERTY, NAMED, KIND = Text("属性", "Property"), Text("名称", "Called"), Text("类型", "Type")
SHAPE = Text("图形", "Shape")
FILTERS = Text("在 filter（CQL2）和 sortby 中用下列属性名。", "A filter (CQL2) and sortby use these names of properties.")
GIS = Text(
    "QGIS 等软件用这个网址接入（WFS / OGC API – Features）：",
    "QGIS and other programs open this address (WFS / OGC API – Features): ",
)
Crumb = tuple[str, str]


def landing_page(found: Mapping[str, Any], *, base: str, lang: Lang) -> str:
    """Return the landing page."""
    links = sorted((each for each in found["links"] if each["rel"] in ON_LANDING), key=lambda each: ON_LANDING.index(each["rel"]))
    gis = element("p", GIS.say(lang), element("code", base))
    body = [element("p", found["description"]), _linked(links, lang), gis, _json_link(found, lang)]
    return _page(found["title"], [_home(base, lang)], body, lang=lang)


def conformance_page(found: Mapping[str, Any], *, base: str, lang: Lang) -> str:
    """Return which classes of the standards are kept to."""
    items = element("ul", *(element("li", element("code", each)) for each in found["conformsTo"]), class_="plain")
    return _page(LABELS["conformance"].say(lang), [_start(base, lang)], [items, _json_link(found, lang)], lang=lang)


def collections_page(found: Mapping[str, Any], *, base: str, lang: Lang) -> str:
    """Return the list of collections."""
    cards = [
        element(
            "li",
            element(
                "a",
                element("b", each["title"]),
                element("span", each["description"]),
                href=f"{base}/collections/{each['id']}?f=html&lang={lang}",
            ),
        )
        for each in found["collections"]
    ]
    body = [element("ul", *cards, class_="cards"), _json_link(found, lang)]
    return _page(LABELS["data"].say(lang), [_start(base, lang)], body, lang=lang)


def collection_page(found: Mapping[str, Any], zone: dt.tzinfo, *, base: str, lang: Lang) -> str:
    """Return what there is to know about a collection; its days are those of a time zone."""
    extent = found.get("extent", {})
    boxes, times = extent.get("spatial", {}).get("bbox", []), extent.get("temporal", {}).get("interval", [])
    told = [(Text("范围（经纬度）", "Extent (longitude, latitude)"), ", ".join(map(str, boxes[0])) if boxes else "—")]
    told += [(Text("自", "Since"), str(datetime.fromisoformat(times[0][0]).astimezone(zone).date()))] if times else []
    told += [(Text("坐标系", "Reference systems"), joined([element("code", each), element("br")])) for each in found["crs"]]
    listed = element("dl", *(part for name, value in told for part in (element("dt", name.say(lang)), element("dd", value))))
    shown = [each for each in found["links"] if (each["rel"], each["type"]) in (("items", "text/html"), (QUERYABLES, SCHEMA))]
    links = _linked(shown, lang)
    crumbs = [_start(base, lang), _list(base, lang)]
    body = [element("p", found["description"]), links, listed, _json_link(found, lang)]
    return _page(found["title"], crumbs, body, lang=lang)


def queryables_page(found: Mapping[str, Any], collection: Collection, names: Names, *, base: str, lang: Lang) -> str:
    """Return which properties a filter may use, and of what kind each is."""
    own = f"{base}/collections/{collection.name}"
    head = element("tr", *(element("th", each.say(lang), scope="col") for each in (PROPERTY, NAMED, KIND)))
    rows = [
        element(
            "tr",
            element("td", element("code", name)),
            element("td", SHAPE.say(lang) if "format" in kind else heading(name, collection.table, lang, names)),
            element("td", element("code", kind.get("type") or kind["format"])),
        )
        for name, kind in found["properties"].items()
    ]
    crumbs = [_start(base, lang), _list(base, lang), (f"{own}?f=html&lang={lang}", collection.title.say(lang))]
    table = element("table", element("thead", head), element("tbody", *rows))
    link = _json_link({"links": [{"rel": "self", "href": f"{own}/queryables?f=json"}]}, lang)
    return _page(FOR_FILTERS.say(lang), crumbs, [element("p", FILTERS.say(lang)), table, link], lang=lang)


def items_page(
    shown: Page, collection: Collection, links: Sequence[Mapping[str, str]], names: Names, *, base: str, lang: Lang
) -> str:
    """Return a page of features as a picture and a table, with columns called as services and seasons are."""
    features = [json.loads(line) for line in shown.lines()]
    title = collection.title.say(lang)
    first = shown.offset + 1 if features else 0
    counted = Text("共 {n} 个，本页 {a}–{b}", "{n} in all, {a} to {b} here")
    said = counted.fill(n=shown.matched, a=first, b=shown.offset + len(features)).say(lang)
    paging = element(
        "nav",
        *(element("a", LABELS[each["rel"]].say(lang), href=each["href"]) for each in links if each["rel"] in ("prev", "next")),
        class_="paging",
    )
    crumbs = [_start(base, lang), _list(base, lang)]
    address = next(each["href"] for each in links if each["rel"] == "collection")
    crumbs.append((f"{address}?f=html&lang={lang}", title))
    picture = None if shown.table is None else drawn(shown.table.lonlat[np.asarray(list(shown.rows), dtype=np.intp)], title)
    table = _table(features, links, collection.table, names, lang) if features else None
    body = [element("p", said), paging, picture, table, paging, _json_link({"links": links}, lang)]
    return _page(title, crumbs, body, lang=lang)


def item_page(found: Mapping[str, Any], shape: Any, collection: Collection, names: Names, *, base: str, lang: Lang) -> str:
    """Return one feature."""
    rows = [
        part
        for name, value in found["properties"].items()
        for part in (
            element("dt", heading(name, collection.table, lang, names), title=name),
            element("dd", told(value, name, collection.table, lang, names)),
        )
    ]
    address = next(each["href"] for each in found["links"] if each["rel"] == "collection")
    crumbs = [_start(base, lang), _list(base, lang), (f"{address}?f=html&lang={lang}", collection.title.say(lang))]
    crumbs.append((f"{address}/items?f=html&lang={lang}", FEATURES.say(lang)))
    return _page(
        str(found["id"]),
        crumbs,
        [drawn(np.array([shape]), str(found["id"])), element("dl", *rows), _json_link(found, lang)],
        lang=lang,
    )


def _table(features: Sequence[Mapping[str, Any]], links: Sequence[Mapping[str, str]], of: str, words: Names, lang: Lang) -> Html:
    own = next(each["href"] for each in links if each["rel"] == "self").partition("?")[0]
    names = list(features[0]["properties"])
    titles = (element("th", heading(name, of, lang, words), title=name, scope="col") for name in names)
    head = element("tr", element("th", ID.say(lang), scope="col"), *titles)
    rows = [
        element(
            "tr",
            element("td", element("a", each["id"], href=f"{own}/{quote(each['id'], safe='')}?f=html&lang={lang}")),
            *(element("td", told(each["properties"][name], name, of, lang, words)) for name in names),
        )
        for each in features
    ]
    return element("div", element("table", element("thead", head), element("tbody", *rows)), class_="wide", tabindex="0")


def drawn(shapes: Any, title: str) -> Html | None:
    """Return a picture of shapes in longitude and latitude; None where none has a place."""
    known = shapes[~shapely.is_missing(shapes)]
    if not len(known):
        return None
    west, south, east, north = shapely.total_bounds(known)
    narrow = float(np.cos(np.radians((south + north) / 2)))
    scale = min((WIDTH - 2 * MARGIN) / max((east - west) * narrow, 1e-6), (HEIGHT - 2 * MARGIN) / max(north - south, 1e-6))

    def placed(xy: Any) -> Any:
        x = WIDTH / 2 + (xy[:, 0] - (west + east) / 2) * narrow * scale
        return np.column_stack([x, HEIGHT / 2 - (xy[:, 1] - (south + north) / 2) * scale])

    paths = [_path(each) for each in shapely.transform(known, placed)]
    named = {"viewBox": f"0 0 {WIDTH:.0f} {HEIGHT:.0f}", "role": "img", "aria-label": title}
    return element("svg", *paths, class_="map", **named)


def _path(shape: Any) -> Html:
    steps, is_line = [], True
    for part in shapely.get_parts(shape).tolist():
        if part.geom_type == "Point":
            steps.append(f"M{part.x - 3:.1f},{part.y:.1f}a3,3 0 1,0 6,0a3,3 0 1,0 -6,0")
            is_line = False
            continue
        rings = [part.exterior, *part.interiors] if part.geom_type == "Polygon" else [part]
        is_line = is_line and part.geom_type != "Polygon"
        steps += [_steps(ring, is_closed=part.geom_type == "Polygon") for ring in rings]
    return element("path", d="".join(steps), class_="line" if is_line else None)


def _steps(ring: Any, *, is_closed: bool) -> str:
    points = shapely.get_coordinates(ring)
    told = "L".join(f"{x:.1f},{y:.1f}" for x, y in points.tolist())
    return f"M{told}{'Z' if is_closed else ''}"


def _linked(links: Iterable[Mapping[str, str]], lang: Lang) -> Html:
    items = (
        element("li", element("a", LABELS[each["rel"]].say(lang), href=_spoken(each, lang)), _titled(each)) for each in links
    )
    return element("ul", *items, class_="plain")


def _spoken(link: Mapping[str, str], lang: Lang) -> str:
    """Return a link's address, of what is a page in the reader's language."""
    if link["rel"] in ("data", "conformance", QUERYABLES):
        return f"{link['href']}?f=html&lang={lang}"
    if link["rel"] == "items":
        return f"{link['href']}&lang={lang}"
    return f"{link['href']}?lang={lang}" if link["rel"] == "service-doc" else link["href"]


def _titled(link: Mapping[str, str]) -> Html | None:
    return joined([" ", element("code", link["title"])]) if link.get("title") else None


def _json_link(found: Mapping[str, Any], lang: Lang) -> Html:
    address = next(each["href"] for each in found["links"] if each["rel"] == "self")
    said = Text("本页数据（JSON）", "This page as JSON").say(lang)
    return element("p", element("a", said, href=address.replace("f=html", "f=json")), class_="note")


def _home(base: str, lang: Lang) -> Crumb:
    return (f"{base.removesuffix('/api/v1')}/?lang={lang}", START.say(lang))


def _start(base: str, lang: Lang) -> Crumb:
    return (f"{base}?f=html&lang={lang}", TITLE.say(lang))


def _list(base: str, lang: Lang) -> Crumb:
    return (f"{base}/collections?f=html&lang={lang}", LABELS["data"].say(lang))


def _page(title: str, crumbs: Sequence[Crumb], parts: Iterable[Html | None], *, lang: Lang) -> str:
    other, name = OTHER[lang]
    switch = element("a", name, href=f"?f=html&lang={other}", hreflang=other, class_="switch")
    trail = element("nav", joined([joined([element("a", told, href=href), " / "]) for href, told in crumbs]), class_="crumbs")
    body = element("main", element("header", switch, trail, element("h1", title)), *parts)
    return page(f"{title} · geogrid", body, lang=lang, more_css=stylesheet() + STYLE)
