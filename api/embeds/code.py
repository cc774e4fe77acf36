"""The code that a portal pastes to show a map: an iframe that may run scripts and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.embeds.making import with_parameters
from maps.embedmaps import MAPS
from maps.markup import element

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.privacy import PublicReport
    from geogrid.words import Lang
    from maps.embedmaps import MapName

SANDBOX = "allow-scripts"
HEIGHT = 640
"""Pixels; the width is the portal's."""


def map_address(base_url: str, name: MapName, chosen: Mapping[str, str]) -> str:
    """Return the address of a map with what is chosen.

    Examples
    --------
    >>> map_address("https://grid.example.cn", "coverage", {"service": "medical", "area": "", "lang": "zh"})
    'https://grid.example.cn/embed/coverage?service=medical&lang=zh'
    """
    return with_parameters(f"{base_url}/embed/{name}", **chosen)


def iframe(address: str, *, name: MapName, place: str, lang: Lang, height: int = HEIGHT) -> str:
    """Return the code to paste: as wide as its place, named for screen readers, without rights, cookies or referrer.

    Text, which a page that shows it must escape.

    Examples
    --------
    >>> print(iframe("https://grid.example.cn/embed/coverage?a=1&b=2", name="coverage", place="甲镇", lang="zh"))
    <iframe src="https://grid.example.cn/embed/coverage?a=1&amp;b=2" title="甲镇 · 服务覆盖地图" width="100%" height="640"
    sandbox="allow-scripts" referrerpolicy="no-referrer" loading="lazy"></iframe>
    """
    title = " · ".join(filter(None, (place, MAPS[name].name.say(lang))))
    sizes = {"width": "100%", "height": height}
    return str(
        element("iframe", src=address, title=title, **sizes, sandbox=SANDBOX, referrerpolicy="no-referrer", loading="lazy")
    )


def title_of(public: PublicReport, area: str, lang: Lang) -> str:
    """Return what a frame is called besides its map: the place, and the area that is shown."""
    names = dict(zip(public.areas["area_id"].astype(str), public.areas["name"].astype(str), strict=True))
    place = str(public.summary["place"][lang])
    return " · ".join(dict.fromkeys(filter(None, (place, names.get(area, "")))))
