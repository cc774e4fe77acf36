"""What the map of a place can show: a theme is a layer whose features fall into named classes, at one time or several.

Themes hold nothing about single households: whoever makes one decides what may be shown; the map only draws it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from geogrid.words import Text  # noqa: TC001 - a named tuple's annotation

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd


class ThemeClass(NamedTuple):
    """One class of a theme: its key, what it is called, its colour; ``is_hatched`` tells it apart without colour.

    ``is_beside`` is for features of another kind (villages beside the zones): counted apart, without a share of the whole.
    """

    key: str
    name: Text
    colour: str
    is_hatched: bool = False
    is_beside: bool = False


@dataclass(frozen=True, eq=False)
class Theme:
    """One theme of a map.

    Attributes
    ----------
    id : str
        Unique on its map.
    name, note : Text
        What it is called, and one sentence on what it shows and where the rule comes from.
    frame : GeoDataFrame
        WGS 84 polygons, lines or points with ``id``, ``name`` and, for every key of ``times``, the columns ``class_<time>`` (a
        key of ``classes`` or NA: not drawn), ``value_<time>`` (in words, Text or None) and ``advice_<time>`` (Text or None).
    classes : tuple of ThemeClass
        In the order of the legend, the best first.
    times : mapping
        What the times are called (now and when finished; quarters), in order; one time where nothing changes.
    start : str
        The time that its map begins with; the first one if "".
    facts : tuple of Text
        Sentences of figures beside the legend: shares, totals, stated sizes and what was found.
    is_public : bool
        False is for the office alone.
    background : GeoDataFrame or None
        Borders drawn under it (WGS 84 polygons with ``name``), without classes.
    """

    id: str
    name: Text
    note: Text
    frame: gpd.GeoDataFrame
    classes: tuple[ThemeClass, ...]
    times: Mapping[str, Text]
    facts: tuple[Text, ...] = ()
    is_public: bool = True
    background: gpd.GeoDataFrame | None = None
    start: str = ""
