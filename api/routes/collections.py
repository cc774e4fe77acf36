"""OGC API - Features: the landing page, and collections of features as JSON and as pages."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from api import answers
from api.audit import note
from api.errors import LANGUAGE_TAGS
from api.holdings import NothingPublishedError
from api.ogc import documents, html
from api.ogc.asked import crs_of
from api.ogc.asking import BASE, Asking
from api.ogc.catalogue import COLLECTIONS, Collection, collection_of, seen_by
from api.ogc.crs import Crs, offered
from api.ogc.features import features_of, table_at_hand, table_of, time_zone
from api.ogc.items import (
    GEOJSON,
    Page,
    address_of,
    content_crs,
    days_of,
    document,
    feature,
    is_quick,
    item_links,
    link,
    page_links,
    page_of,
)
from api.ogc.oas30 import as_openapi_30
from api.ogc.parameters import (
    Box,
    BoxCrs,
    CrsAsked,
    F,
    Fid,
    Filter,
    FilterCrs,
    FilterLang,
    LangAsked,
    Limit,
    Name,
    Offset,
    Sort,
    Time,
)
from api.replies import reply
from api.routes.common import Offered, offer
from api.routing import straight
from api.tilewords import TILESETS, TILING_SCHEMES
from geogrid.errors import NotFoundError
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Hashable

    from starlette.responses import Response

    from api.ogc.table import Table

router = APIRouter()
VARIES = "Accept, Accept-Encoding, Accept-Language"
BY_CALLER = f"{VARIES}, Authorization, Cookie"
NO_FEATURE = Text("图层“{name}”中没有这个要素", "there is no such feature in {name!r}")


DATA_HEADERS = {
    **answers.ANY_ORIGIN,
    "Access-Control-Expose-Headers": "ETag, Content-Crs",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Vary": VARIES,
}


def _send(
    asking: Asking, found: Any, page: Callable[[], str], *, media_type: str = answers.JSON, by_caller: bool = False
) -> Response:
    """Send a document as JSON or as a page: the same bytes for all, or, where it depends on who calls, to them alone."""
    varies = {"Vary": BY_CALLER if by_caller else VARIES, "Content-Language": LANGUAGE_TAGS[asking.lang]}
    made = answers.page(page(), language=asking.lang) if asking.shown == "html" else answers.data(found, media_type)
    if by_caller and asking.caller.may("viewer"):
        return _private(asking, made.body, made.media_type, dict(made.headers))
    return answers.Answer(made.body, made.media_type, {**made.headers, **varies}).send(asking.request)


def _private(asking: Asking, body: bytes, media_type: str, headers: dict[str, str]) -> Response:
    kept = {
        name: value
        for name, value in headers.items()
        if name not in ("Vary", "Access-Control-Allow-Origin", "Access-Control-Expose-Headers")
    }
    return reply(asking.request, body, media_type=media_type, headers=kept)


def _table(asking: Asking, collection: Collection) -> Table | None:
    given = asking.given
    zone = time_zone(asking.holdings) if "datetime" in given else None
    days = days_of(given, zone) if zone is not None else None
    return table_of(asking.features, asking.holdings, collection, asking.caller, days)


JSON_OR_PAGE = Offered(also=("text/html",))
TILES = ((TILESETS, "tiles"), (TILING_SCHEMES, "tileMatrixSets"))


@offer(
    router,
    "GET",
    f"{BASE}/",
    says=Text("入口（带斜杠）", "The landing page, for clients that end addresses with a slash"),
    tag="data",
    answer=Offered(also=("text/html",), is_described=False),
)
@offer(router, "GET", BASE, says=Text("入口：通往各图层", "The landing page of the API"), tag="data", answer=JSON_OR_PAGE)
def landing(request: Request, f: F = None, lang: LangAsked = None) -> Response:  # noqa: ARG001 -- read by `Asking.of`
    """Send the landing page."""
    asking = Asking.of(request)
    tiles = [link(rel, f"{asking.base}/{path}", answers.JSON) for rel, path in TILES]
    found = documents.landing(asking.base, asking.lang, tiles)
    return _send(asking, found, lambda: html.landing_page(found, base=asking.base, lang=asking.lang))


@offer(
    router,
    "GET",
    f"{BASE}/openapi-3.0.json",
    says=Text("接口描述（OpenAPI 3.0）", "The description of the API as OpenAPI 3.0"),
    tag="data",
    answer=Offered(media_type=documents.OPENAPI30),
)
def openapi_30(request: Request, lang: LangAsked = None) -> Response:  # noqa: ARG001 -- likewise
    """Send the description that programs of the standard read."""
    Asking.of(request)
    made = features_of(request).pages.get(
        "openapi", lambda: answers.data(as_openapi_30(request.app.openapi()), documents.OPENAPI30)
    )
    return made.send(request)


@offer(
    router,
    "GET",
    f"{BASE}/conformance",
    says=Text("符合哪些标准", "Which standards are kept to"),
    tag="data",
    answer=JSON_OR_PAGE,
)
def conformance(request: Request, f: F = None, lang: LangAsked = None) -> Response:  # noqa: ARG001 -- likewise
    """Send the classes of the standards."""
    asking = Asking.of(request)
    found = documents.conformance(asking.base)
    return _send(asking, found, lambda: html.conformance_page(found, base=asking.base, lang=asking.lang))


@offer(
    router, "GET", f"{BASE}/collections", says=Text("图层列表", "The collections of features"), tag="data", answer=JSON_OR_PAGE
)
def collections(request: Request, f: F = None, lang: LangAsked = None) -> Response:  # noqa: ARG001 -- likewise
    """Send the collections that the caller may know of."""
    asking = Asking.of(request)
    found = documents.collections(asking.base, list(_shown(asking)), asking.lang)
    page = lambda: html.collections_page(found, base=asking.base, lang=asking.lang)  # noqa: E731 -- made only when wanted
    return _send(asking, found, page, by_caller=True)


def _shown(asking: Asking) -> Any:
    """Yield each collection that the caller may know of, with its table; without a publication there are no public ones."""
    for each in seen_by(asking.caller):
        try:
            yield each, _table(asking, _land_of(each))
        except NothingPublishedError:
            continue


def _land_of(collection: Collection) -> Collection:
    """Return the collection whose extent describes another: an office's rows are not read to say where they may lie."""
    return collection if collection.is_public else COLLECTIONS["workspace_grids"]


@offer(
    router,
    "GET",
    f"{BASE}/collections/{{collection}}",
    says=Text("一个图层的说明", "What there is to know about a collection"),
    tag="data",
    answer=JSON_OR_PAGE,
)
def one(request: Request, collection: Name, f: F = None, lang: LangAsked = None) -> Response:  # noqa: ARG001 -- likewise
    """Send the description of a collection."""
    asking = Asking.of(request)
    known = collection_of(collection, asking.caller)
    found = documents.description(asking.base, known, _table(asking, _land_of(known)), asking.lang)
    page = lambda: html.collection_page(found, time_zone(asking.holdings), base=asking.base, lang=asking.lang)  # noqa: E731 -- likewise
    return _send(asking, found, page, by_caller=not known.is_public)


@offer(
    router,
    "GET",
    f"{BASE}/collections/{{collection}}/queryables",
    says=Text("可用于筛选的属性（JSON Schema）", "Properties that filters may use (JSON Schema)"),
    tag="data",
    answer=Offered(media_type=documents.SCHEMA, also=("text/html",)),
)
def queryables(request: Request, collection: Name, f: F = None, lang: LangAsked = None) -> Response:  # noqa: ARG001 -- likewise
    """Send the queryables of a collection."""
    asking = Asking.of(request)
    known = collection_of(collection, asking.caller)
    found = documents.queryables(asking.base, cast("Table", _table(asking, known)), asking.lang)
    page = lambda: html.queryables_page(found, known, _names(asking, known), base=asking.base, lang=asking.lang)  # noqa: E731 -- likewise
    return _send(asking, found, page, media_type=documents.SCHEMA, by_caller=not known.is_public)


ITEMS = Offered(media_type=GEOJSON, also=("text/html",))


@offer(
    router,
    "GET",
    f"{BASE}/collections/{{collection}}/items",
    says=Text("一个图层的要素（GeoJSON）", "The features of a collection (GeoJSON)"),
    tag="data",
    answer=ITEMS,
)
@straight
async def items(  # noqa: PLR0917 -- each is a parameter of the standard
    request: Request,
    collection: Name,
    limit: Limit,  # noqa: ARG001 -- these are read by `page_of`
    offset: Offset = None,  # noqa: ARG001
    bbox: Box = None,  # noqa: ARG001
    bbox_crs: BoxCrs = None,  # noqa: ARG001
    datetime: Time = None,  # noqa: ARG001
    crs: CrsAsked = None,  # noqa: ARG001
    filter_: Filter = None,  # noqa: ARG001
    filter_lang: FilterLang = None,  # noqa: ARG001
    filter_crs: FilterCrs = None,  # noqa: ARG001
    sortby: Sort = None,  # noqa: ARG001
    f: F = None,  # noqa: ARG001
    lang: LangAsked = None,  # noqa: ARG001
) -> Response:
    """Send a page of features: what lies in a box, on a day, meets a filter; in any of the collection's systems."""
    asking = Asking.of(request)
    known = collection_of(collection, asking.caller)
    at_once = _at_once(asking, known)
    return at_once if at_once is not None else await run_in_threadpool(_items, asking, known)


def _at_once(asking: Asking, known: Collection) -> Response | None:
    """Return a page that takes next to no time: a thread for it would take longer, and keep others waiting no less."""
    if not known.is_public or "datetime" in asking.given:
        return None
    table = table_at_hand(asking.features, asking.holdings, known)
    if table is None:
        return None
    key = _page_key(asking, known, table)
    answer = asking.features.pages.found(key)
    if answer is None and asking.shown == "json" and is_quick(asking.given):
        answer = asking.features.pages.get(key, lambda: _page(asking, known, table)[0])
    return answer.send(asking.request) if answer is not None and answer.is_quick(asking.request) else None


def _page_key(asking: Asking, known: Collection, table: Table | None) -> Hashable:
    return table, known.name, asking.request.scope["query_string"], asking.shown, asking.lang


def _items(asking: Asking, known: Collection) -> Response:
    table = _table(asking, known)
    if known.is_public:
        made = asking.features.pages.get(_page_key(asking, known, table), lambda: _page(asking, known, table)[0])
        return made.send(asking.request)
    answer, page = _page(asking, known, table)
    _note(asking, known, len(page.rows))
    return _private(asking, answer.body, answer.media_type, dict(answer.headers))


def _page(asking: Asking, known: Collection, table: Table | None) -> tuple[answers.Answer, Page]:
    limits = asking.holdings.settings
    page = page_of(table, asking.given, _systems(asking, known, table), most=limits.items, filter_bytes=limits.filter_bytes)
    address, own = address_of(asking.base, known.name), f"{asking.base}/collections/{known.name}"
    links = page_links(address, asking.given, page, collection=own, shown=asking.shown)
    if asking.shown == "html":
        shown = html.items_page(page, known, links, _names(asking, known), base=asking.base, lang=asking.lang)
        return _written(asking, shown.encode(), page.crs), page
    return _written(asking, document(page, links), page.crs), page


def _systems(asking: Asking, known: Collection, table: Table | None) -> Sequence[Crs]:
    """Return the systems that a collection is offered in: of a day on which nothing was in force, today's."""
    if table is not None:
        return table.systems
    try:
        today = table_of(asking.features, asking.holdings, _land_of(known), asking.caller, None)
    except NothingPublishedError:
        today = None
    return offered(None if today is None else today.local)


def _names(asking: Asking, known: Collection) -> Mapping[str, Text]:
    """Return what services and seasons are called: in what is published, or to staff in the workspace."""
    if not known.is_public:
        with asking.holdings.workspace() as opened:
            return {each.id: each.name for each in (*opened.profile.services.values(), *opened.profile.seasons)}
    try:
        summary = asking.holdings.source().public.summary
    except NothingPublishedError:
        return {}
    seasons = [row | {"id": row["season"]} for row in summary.get("seasons", []) if row["season"]]
    return {row["id"]: Text(row["zh"], row["en"]) for row in (*summary["services"], *seasons)}


def _written(asking: Asking, body: bytes, crs: Crs) -> answers.Answer:
    """Return features as an answer for everybody, with the headers of data or of a page."""
    if asking.shown == "html":
        made = answers.page(body.decode(), language=asking.lang)
        return answers.Answer(made.body, made.media_type, {**made.headers, "Vary": VARIES, **content_crs(crs)})
    return answers.Answer(body, GEOJSON, {**DATA_HEADERS, **content_crs(crs)})


def _note(asking: Asking, known: Collection, count: int) -> None:
    """Write into the audit trail that rows of households were read."""
    if known.is_personal:
        note(asking.holdings.require_state(), asking.caller, "read_households", known.name, {"rows": count})


@offer(
    router,
    "GET",
    f"{BASE}/collections/{{collection}}/items/{{fid:path}}",
    says=Text("一个要素（GeoJSON）", "One feature (GeoJSON)"),
    tag="data",
    answer=ITEMS,
)
def item(  # noqa: PLR0917 -- likewise
    request: Request,
    collection: Name,
    fid: Fid,
    datetime: Time = None,  # noqa: ARG001 -- likewise
    crs: CrsAsked = None,
    f: F = None,  # noqa: ARG001
    lang: LangAsked = None,  # noqa: ARG001
) -> Response:
    """Send one feature."""
    asking = Asking.of(request)
    known = collection_of(collection, asking.caller)
    table = _table(asking, known)
    row = None if table is None else table.place.get(fid)
    if table is None or row is None:
        raise NotFoundError(NO_FEATURE.fill(name=known.name))
    answer = _item(asking, table, row, crs_of("crs", crs, offered(table.local)))
    if known.is_public:
        return answer.send(request)
    _note(asking, known, 1)
    return _private(asking, answer.body, answer.media_type, dict(answer.headers))


def _item(asking: Asking, table: Table, row: int, crs: Crs) -> answers.Answer:
    known = table.collection
    address = address_of(asking.base, known.name, item=table.ids[row])
    links = item_links(address, asking.given, collection=f"{asking.base}/collections/{known.name}", shown=asking.shown)
    body = feature(table, row, crs, links)
    if asking.shown == "html":
        found, named = json.loads(body), _names(asking, known)
        body = html.item_page(found, table.lonlat[row], known, named, base=asking.base, lang=asking.lang).encode()
    return _written(asking, body, crs)
