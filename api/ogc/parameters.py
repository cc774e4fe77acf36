"""The parameters of requests for features. Each is taken as text, for the standard wants 400 where a value cannot be used."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import WithJsonSchema

from api.ogc.asked import DEFAULT_LIMIT, FLAT, HIGH
from api.ogc.filters import LANGS as FILTER_LANGS
from geogrid.words import LANGS

FORMATS = ("json", "html")
MOST = 10_000
"""Features a page at most; of a larger ``limit`` so many are sent, and fewer where the setting `items` says so."""


def _is(zh: str, **schema: Any) -> WithJsonSchema:
    """Return how the description shows a parameter."""
    return WithJsonSchema({"type": "string", **schema, "x-zh": zh})


def _uri(zh: str) -> WithJsonSchema:
    return _is(zh, format="uri")


F = Annotated[
    str | None, _is("格式；不给则按 Accept", enum=list(FORMATS)), Query(description="Format; without it Accept decides.")
]
LangAsked = Annotated[
    str | None,
    _is("语言；不给则按 Accept-Language", enum=list(LANGS)),
    Query(description="Language; without it Accept-Language decides."),
]
Limit = Annotated[
    str | None,
    _is("一页最多几个", type="integer", minimum=1, maximum=MOST, default=DEFAULT_LIMIT),
    Query(description="Features a page; of more than 10,000, as many.", default_factory=lambda: None),  # keeps the default shown
]
Offset = Annotated[str | None, _is("跳过几个", type="integer", minimum=0), Query(description="Features to pass over.")]
Box = Annotated[
    str | None,
    _is(
        "范围：4 个或 6 个数，以逗号分开；跨 180° 时西大于东",
        type="array",
        items={"type": "number"},
        oneOf=[{"minItems": each, "maxItems": each} for each in (FLAT, HIGH)],
        example=[117.2, 28.2, 117.3, 28.4],
    ),
    Query(description="Four or six numbers with commas: west, south, east, north; west is larger across the 180th meridian."),
]
BoxCrs = Annotated[
    str | None,
    _uri("bbox 的坐标系，默认 CRS84"),
    Query(alias="bbox-crs", description="Reference system of bbox, one of the collection's crs."),
]
Time = Annotated[
    str | None,
    _is("日期、时刻或区间（.. 表示不限）：取其最后一天有效的状态", example="2024-05-01"),
    Query(description="A day, a moment or an interval (.. is open): what was in force on its last day."),
]
CrsAsked = Annotated[
    str | None,
    _uri("回答的坐标系，默认 CRS84"),
    Query(description="Reference system of the answer, one of the collection's crs."),
]
Filter = Annotated[
    str | None, _is("CQL2 条件", example="name LIKE '%'"), Query(alias="filter", description="A condition in CQL2.")
]
FilterLang = Annotated[
    str | None,
    _is("filter 的写法", enum=list(FILTER_LANGS)),
    Query(alias="filter-lang", description="How the filter is written."),
]
FilterCrs = Annotated[
    str | None,
    _uri("filter 中形状的坐标系，默认 CRS84"),
    Query(alias="filter-crs", description="Reference system of the filter's shapes, one of the collection's crs."),
]
Sort = Annotated[
    str | None,
    _is("排序的属性，以逗号分开，- 为降序"),
    Query(description="Properties to sort by, with commas, - before one for downwards."),
]
Name = Annotated[str, Path(description="A collection.", json_schema_extra={"x-zh": "图层", "example": "grids"})]
Fid = Annotated[str, Path(description="A feature's id.", json_schema_extra={"x-zh": "要素编号", "example": "G1"})]
