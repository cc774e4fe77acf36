"""The map of a place's themes: one offline document that shows the point of each at a glance, at one time or between two.

It holds what the themes hold and nothing else; a page with a theme for the office alone says so and asks not to be indexed. Built
as the coverage map is: scripts and styles inline and allowed by their hashes, data in one inert block, no request.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geogrid import __version__
from geogrid.crs import to_wgs84
from geogrid.errors import InputError, NotFoundError
from geogrid.words import Text
from maps import assets
from maps.layers import streets_layer
from maps.packing import UNITS, pack_lines, pack_points, pack_polygons
from maps.placewords import LABELS
from maps.style import CLASS_COLOURS, LINES, STREETS, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import geopandas as gpd
    import pandas as pd

    from geogrid.themes import Theme, ThemeClass
    from geogrid.words import Lang

SCRIPTS = ("decode.js", "symbols.js", "controls.js", "labels.js", "search.js", "place.js", "placepaper.js", "placepanel.js")
STYLES = ("coverage.css", "place.css")
START = "geogrid.start();"
NOINDEX = '<meta name="robots" content="noindex">'
NONE = -1
"""In place of the number of a class or text: there is none."""
COLUMNS = ("id", "name")
TIMED = ("class_", "value_", "advice_")
CHANGES = ("rose", "fell", "same", "unclear", "new", "gone")
"""What may become of a feature from one time to another, as the legend lists it."""

_HEX = re.compile("#[0-9a-fA-F]{6}")


def place_page(
    themes: Sequence[Theme],
    *,
    title: Text,
    lang: Lang,
    first: str = "",
    streets: gpd.GeoDataFrame | None = None,
    notes: Sequence[Text] = (),
) -> str:
    """Return the map of a place's themes as one HTML document that works without a network.

    Parameters
    ----------
    themes : sequence of Theme
        In the order of the chooser. A class's colour is ``#rrggbb`` or a name of `maps.style.CLASS_COLOURS`. What has advice is
        listed as to act on, in the order of its frame. A page with a theme that is not public is for the office only: write it
        below ``private/``.
    title : Text
        The place's name.
    lang : "zh" or "en"
        The language to begin with; the page can switch.
    first : str
        Id of the theme to begin with; the first one if "". With ``/`` and a time of it, or ``/changes``, the time to begin with.
    streets : GeoDataFrame, optional
        As `geogrid.publish.streets_of` returns them.
    notes : sequence of Text
        What a reader must know: that a territory is made up, whom streets come from, what is to be confirmed.

    Raises
    ------
    InputError
        When there is no theme, or themes, classes, columns or colours are not as `geogrid.themes.Theme` says; all are named.
    NotFoundError
        When there is no theme or time ``first``.
    CrsError
        When a frame has no CRS.
    """
    _checked(themes, first)
    data = place_data(themes, title=title, streets=streets, notes=notes) | {"lang": lang, "first": _start(themes, first)}
    run, look = (*assets.scripts(SCRIPTS), START), assets.styles(STYLES)
    return assets.document(data, "place.html", run, look, head=NOINDEX if data["office"] else "")


def place_data(
    themes: Sequence[Theme],
    *,
    title: Text,
    streets: gpd.GeoDataFrame | None = None,
    notes: Sequence[Text] = (),
    units: int = UNITS,
) -> dict[str, Any]:
    """Return what the page shows of themes, but for its language and what it begins with; JSON-ready.

    Parameters
    ----------
    themes, title, streets, notes
        As for `place_page`.
    units : int
        Coordinate units per degree.
    """
    packing, texts = _Sets({}, {}), _Texts({})
    rows = [_theme(theme, packing, texts) for theme in themes]
    arcs, shapes = pack_polygons(packing.arrays, units=units)
    return {
        "format": "geogrid-place",
        "version": __version__,
        "title": title,
        "office": not all(theme.is_public for theme in themes),
        "notes": list(notes),
        "arcs": arcs,
        "shapes": shapes,
        "shapeOrder": list(shapes),
        "sets": {key: _open_shapes(array) for key, array in packing.arrays.items()},
        "themes": rows,
        "texts": list(texts.numbers),
        "layers": {"streets": {} if streets is None else streets_layer(streets).payload},
        "style": {
            "text": LABELS,
            "lines": LINES,
            "streets": STREETS,
            "unknown": UNKNOWN,
            "changes": {key: CLASS_COLOURS[key] for key in CHANGES},
        },
    }


@dataclass(frozen=True)
class _Sets:
    """Geometries by key, each list of them once: several themes of the same grids share one."""

    arrays: dict[str, Any]
    keys: dict[str, str]

    def key_of(self, frame: gpd.GeoDataFrame) -> str:
        """Return the key of a frame's geometries, which are kept in degrees."""
        array = to_wgs84(frame).geometry.to_numpy()
        known = hashlib.sha256(b"\0".join(each or b"" for each in shapely.to_wkb(array))).hexdigest()
        if known not in self.keys:
            self.keys[known] = f"s{len(self.keys)}"
            self.arrays[self.keys[known]] = array
        return self.keys[known]


@dataclass(frozen=True)
class _Texts:
    """Texts by number, each once."""

    numbers: dict[Text, int]

    def number_of(self, cell: Any) -> int:
        """Return the number of a text; NONE where a cell has none."""
        return self.numbers.setdefault(Text(*cell), len(self.numbers)) if isinstance(cell, tuple) else NONE


def _theme(theme: Theme, packing: _Sets, texts: _Texts) -> dict[str, Any]:
    """Return what a theme says and shows, features as columns."""
    frame, keys = theme.frame, {row.key: i for i, row in enumerate(theme.classes)}
    ids = _strings(frame["id"])
    names = [name or known for name, known in zip(_strings(frame["name"]), ids, strict=True)]
    return {
        "id": theme.id,
        "name": theme.name,
        "note": theme.note,
        "office": not theme.is_public,
        "facts": list(theme.facts),
        "times": [{"id": key, "name": name} for key, name in theme.times.items()],
        "start": list(theme.times).index(theme.start or next(iter(theme.times))),
        "classes": [
            {"name": row.name, "colour": _colour(row), "hatched": row.is_hatched, "beside": row.is_beside, "key": row.key}
            for row in theme.classes
        ],
        "set": packing.key_of(frame),
        "background": _background(theme, packing),
        "ids": ids,
        "names": names,
        "class": [[keys.get(cell, NONE) for cell in frame[f"class_{time}"]] for time in theme.times],
        "value": [[texts.number_of(cell) for cell in frame[f"value_{time}"]] for time in theme.times],
        "advice": [[texts.number_of(cell) for cell in frame[f"advice_{time}"]] for time in theme.times],
    }


def _background(theme: Theme, packing: _Sets) -> dict[str, Any] | None:
    """Return the borders under a theme."""
    if theme.background is None or theme.background.empty:
        return None
    return {"set": packing.key_of(theme.background), "names": _strings(theme.background["name"])}


def _open_shapes(array: Any) -> dict[str, Any]:
    """Return the lines and points among geometries, and how many each has; polygons are packed with all others."""
    parts, owner = shapely.get_parts(array, return_index=True)
    kinds = shapely.get_type_id(parts)
    lines, points = kinds == shapely.GeometryType.LINESTRING, (kinds == shapely.GeometryType.POINT) & ~shapely.is_empty(parts)
    found: dict[str, Any] = {}
    if lines.any():
        found |= {"lines": pack_lines(parts[lines]), "lineParts": np.bincount(owner[lines], minlength=len(array)).tolist()}
    if points.any():
        found |= {"points": pack_points(parts[points]), "pointParts": np.bincount(owner[points], minlength=len(array)).tolist()}
    return found


def _strings(column: pd.Series) -> list[str]:
    return ["" if missing else str(cell) for cell, missing in zip(column, column.isna(), strict=True)]


def _colour(row: ThemeClass) -> str:
    return CLASS_COLOURS.get(row.colour, row.colour)


# What may be wrong with the themes


def _checked(themes: Sequence[Theme], first: str) -> None:
    """Refuse themes that cannot be drawn, with all that is wrong."""
    if not themes:
        raise InputError(Text("没有主题可画，请至少给出一个", "there is no theme to draw: give at least one"))
    problems = [*_repeated(themes), *(problem for theme in themes for problem in _problems(theme))]
    if problems:
        raise InputError(Text("；".join(each.zh for each in problems), "; ".join(each.en for each in problems)))
    known = [*(theme.id for theme in themes), *(key for theme in themes for key in _states(theme))]
    if first and first not in known:
        listed = ", ".join(known)
        raise NotFoundError(
            Text(f"没有主题或时间 {first!r}，可选：{listed}", f"there is no theme or time {first!r}: take one of {listed}")
        )


def _states(theme: Theme) -> list[str]:
    """Return how the page may begin with a theme: each time and, where there are several, the changes."""
    return [f"{theme.id}/{time}" for time in (*theme.times, *(["changes"] if len(theme.times) > 1 else []))]


def _start(themes: Sequence[Theme], first: str) -> list[int]:
    """Return the numbers of the theme and of the time to begin with; the changes come after all times."""
    found = [(i, theme, state) for i, theme in enumerate(themes) for state in (theme.id, *_states(theme)) if state == first]
    i, theme, state = found[0] if found else (0, themes[0], "")
    states = _states(theme)
    return [i, states.index(state) if state in states else states.index(f"{theme.id}/{theme.start or next(iter(theme.times))}")]


def _repeated(themes: Sequence[Theme]) -> list[Text]:
    ids = [theme.id for theme in themes]
    return [
        Text(f"主题编号 {key!r} 出现多次，应各不相同", f"theme id {key!r} stands more than once: give each its own")
        for key in _twice(ids)
    ]


def _problems(theme: Theme) -> Iterable[Text]:
    """Name what is wrong with one theme."""
    if not theme.times or not theme.classes:
        yield Text(
            f"主题 {theme.id!r} 没有时间或类别，各需至少一个",
            f"theme {theme.id!r} has no times or no classes: it needs one of each",
        )
    if theme.start and theme.start not in theme.times:
        yield Text(
            f"主题 {theme.id!r} 没有开始的时间 {theme.start!r}，有：{_names(theme.times)}",
            f"theme {theme.id!r} cannot begin with time {theme.start!r}: it has {_names(theme.times)}",
        )
    for key in _twice([row.key for row in theme.classes]):
        yield Text(
            f"主题 {theme.id!r} 的类别 {key!r} 出现多次",
            f"theme {theme.id!r} has class {key!r} more than once: give each its own key",
        )
    known = _names(CLASS_COLOURS)
    for row in theme.classes:
        if row.colour not in CLASS_COLOURS and not _HEX.fullmatch(row.colour):
            yield Text(
                f"主题 {theme.id!r} 类别 {row.key!r} 的颜色 {row.colour!r} 应写成 #rrggbb 或 {known} 之一",
                f"theme {theme.id!r}, class {row.key!r}: colour {row.colour!r} should be #rrggbb or one of {known}",
            )
    yield from _column_problems(theme)


def _column_problems(theme: Theme) -> Iterable[Text]:
    """Name the columns that a theme's tables lack, and classes that it does not have."""
    wanted = [*COLUMNS, *(f"{prefix}{time}" for time in theme.times for prefix in TIMED)]
    missing = [column for column in wanted if column not in theme.frame]
    if theme.background is not None and "name" not in theme.background:
        missing = [*missing, "background.name"]
    if missing:
        listed = ", ".join(missing)
        yield Text(f"主题 {theme.id!r} 的表缺少列：{listed}", f"theme {theme.id!r}: its table lacks the columns {listed}")
    keys = {row.key for row in theme.classes}
    columns = [f"class_{time}" for time in theme.times if f"class_{time}" in theme.frame]
    unknown = {str(cell) for column in columns for cell in theme.frame[column].dropna().unique() if cell not in keys}
    if unknown:
        listed = ", ".join(sorted(unknown))
        yield Text(
            f"主题 {theme.id!r} 没有类别 {listed}，有：{_names(keys)}",
            f"theme {theme.id!r} has no class {listed}: it has {_names(keys)}",
        )


def _twice(keys: Sequence[str]) -> list[str]:
    return sorted({key for key in keys if keys.count(key) > 1})


def _names(keys: Iterable[str]) -> str:
    return ", ".join(sorted(keys))
