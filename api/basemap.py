"""The basemap by setting: none, tiles of one's own, or Tianditu, which this server asks so that its key stays here.

Tianditu is asked at one host that stands here, for pictures only, within a time and a size, and only for tiles near the place:
so nobody can use the key for anything else. Its ``_w`` layers are in Web Mercator on CGCS2000, which differs from WGS 84 by far
less than a metre and is drawn as such; the map says so.
"""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from urllib.parse import urlencode, urlsplit

from api import settingwords
from api.answers import Answer
from api.errors import BusyError
from api.settings import SettingsError
from geogrid.errors import NotFoundError
from geogrid.webmercator import Limits, Tile, limits
from geogrid.words import Text
from maps.basemap import Basemap

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.settings import Settings
    from api.tilecache import TileCache
    from geogrid.webmercator import Box

Sheet = Literal["vec", "cva", "img", "cia"]
"""Tianditu's layers: streets, their names, pictures from the air, their names."""

HOST = "https://t0.tianditu.gov.cn"
DEEPEST = 18
TIMEOUT_S = 8.0
MOST_BYTES = 1 << 20
AT_ONCE = 8
REST_S = 15.0
"""How long nobody is asked after there was no answer."""
NOT_FOUND = 404
KEPT_S = 7 * 86_400
AROUND_TILES = 2
"""Tiles round the place that are shown too."""
PICTURES = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"RIFF": "image/webp"}
"""How pictures begin."""
HEADERS = {"Cache-Control": f"public, max-age={KEPT_S}", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}
TIANDITU = Text("底图：天地图（CGCS2000，按 WGS 84 绘制）", "Basemap: Tianditu (CGCS2000, drawn as WGS 84)")
NO_BASEMAP = Text("这里没有底图：见设置 GEOGRID_BASEMAP。", "there is no basemap here: see the setting GEOGRID_BASEMAP.")
NOT_NEAR = Text("底图只提供本地附近的瓦片。", "the basemap has tiles near the place only.")
NO_PICTURE = Text("底图没有这个瓦片。", "the basemap has no such tile.")
NO_ANSWER = Text("底图暂时没有回应，请稍后再试。", "the basemap does not answer; try again in a moment.")


class Fetched(NamedTuple):
    """What another server answered."""

    body: bytes
    media_type: str


def basemap_of(settings: Settings) -> Basemap | None:
    """Return what lies under maps by the settings.

    Raises
    ------
    SettingsError
        When the address is none, or the key is missing.

    Examples
    --------
    >>> from api.settings import Settings
    >>> basemap_of(Settings(basemap="tiles", basemap_url="/own/{z}/{x}/{y}.png")).urls
    ('/own/{z}/{x}/{y}.png',)
    """
    if settings.basemap == "none":
        return None
    if settings.basemap == "tianditu":
        if settings.tianditu_key is None:
            raise SettingsError(settingwords.wrong_setting("tianditu_key", ""))
        start = urlsplit(settings.public_url).path.rstrip("/")
        return Basemap(tuple(f"{start}/basemap/{{z}}/{{x}}/{{y}}?layer={each}" for each in ("vec", "cva")), "wgs84", TIANDITU)
    url, parts = settings.basemap_url, urlsplit(settings.basemap_url)
    is_ours = not parts.scheme and not parts.netloc and url.startswith("/")
    if not all(part in url for part in ("{z}", "{x}", "{y}")) or not (is_ours or parts.scheme in ("http", "https")):
        raise SettingsError(settingwords.wrong_setting("basemap_url", url))
    if not is_ours and not _is_host(parts.netloc):
        raise SettingsError(settingwords.wrong_setting("basemap_url", url))
    return Basemap((url,), settings.basemap_datum, Text(settings.basemap_attribution, settings.basemap_attribution))


def _is_host(netloc: str) -> bool:
    """Return whether it is a plain host: it stands in a policy, where a sign could say something else."""
    return bool(netloc) and all(letter.isascii() and (letter.isalnum() or letter in ".-:") for letter in netloc)


@dataclass(eq=False)
class Tianditu:
    """Tianditu's tiles, asked for with the office's key.

    Attributes
    ----------
    key : str
    cache : TileCache
    fetch : callable
        From an address to what is there; tests put another in.
    """

    key: str
    cache: TileCache
    fetch: Callable[[str], Fetched]
    host: str = HOST
    _asking: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(AT_ONCE))
    _rests_until: float = 0.0

    @classmethod
    def of(cls, settings: Settings, cache: TileCache) -> Tianditu | None:
        """Return it where the settings want it."""
        if settings.basemap != "tianditu" or settings.tianditu_key is None:
            return None
        return cls(settings.tianditu_key.get_secret_value(), cache, fetched)

    def tile(self, sheet: Sheet, tile: Tile, near: Box | None) -> Answer:
        """Return one tile near a place.

        Parameters
        ----------
        sheet : Sheet
        tile : Tile
        near : Box or None
            The place, in degrees.

        Raises
        ------
        NotFoundError
            When the tile does not exist, lies elsewhere, or what came is no picture.
        BusyError
            When Tianditu does not answer.
        """
        if not (tile.exists and 1 <= tile.z <= DEEPEST and near is not None and is_near(tile, limits(near, tile.z))):
            raise NotFoundError(NOT_NEAR)
        return self.cache.get(("basemap", sheet, tile, int(monotonic() // KEPT_S)), lambda: self._asked(sheet, tile))

    def _asked(self, sheet: Sheet, tile: Tile) -> Answer:
        if monotonic() < self._rests_until or not self._asking.acquire(timeout=TIMEOUT_S):
            raise BusyError(NO_ANSWER)
        try:
            got = self.fetch(self._address(sheet, tile))
        except OSError:  # what went wrong may tell the address, and so the key
            self._rests_until = monotonic() + REST_S
            raise BusyError(NO_ANSWER) from None
        finally:
            self._asking.release()
        kind = picture(got)
        if not kind:
            raise NotFoundError(NO_PICTURE)
        return Answer(got.body, kind, HEADERS)

    def _address(self, sheet: Sheet, tile: Tile) -> str:
        asked: dict[str, Any] = {
            "SERVICE": "WMTS",
            "REQUEST": "GetTile",
            "VERSION": "1.0.0",
            "LAYER": sheet,
            "STYLE": "default",
            "TILEMATRIXSET": "w",
            "FORMAT": "tiles",
            "TILEMATRIX": tile.z,
            "TILEROW": tile.row,
            "TILECOL": tile.column,
            "tk": self.key,
        }
        return f"{self.host}/{sheet}_w/wmts?{urlencode(asked)}"


def is_near(tile: Tile, place: Limits) -> bool:
    """Return whether a tile is among those of a place, or a few beside.

    Examples
    --------
    >>> place = Limits(9, 10, 12, 20, 20)
    >>> is_near(Tile(9, 14, 18), place), is_near(Tile(9, 15, 20), place)
    (True, False)
    """
    across = place.first_column - AROUND_TILES <= tile.column <= place.last_column + AROUND_TILES
    return across and place.first_row - AROUND_TILES <= tile.row <= place.last_row + AROUND_TILES


def picture(got: Fetched) -> str:
    r"""Return the type of a picture by how it begins; "" when it is none, too large, or called something else.

    Examples
    --------
    >>> picture(Fetched(b"\x89PNG...", "image/png")), picture(Fetched(b"<html>", "image/png"))
    ('image/png', '')
    """
    found = next((kind for start, kind in PICTURES.items() if got.body.startswith(start)), "")
    return found if got.media_type.startswith("image/") and len(got.body) <= MOST_BYTES else ""


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follow nothing: another address is another host."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Return that there is nowhere to go."""


def fetched(address: str) -> Fetched:
    """Return what stands at an address of Tianditu; nothing where there is no such tile.

    Raises
    ------
    OSError
        When there is no answer in time, or an error.
    """
    opener = urllib.request.build_opener(_Stay())
    asked = urllib.request.Request(address, headers={"User-Agent": "geogrid", "Accept": "image/*"})  # noqa: S310 -- the host is ours
    try:
        with opener.open(asked, timeout=TIMEOUT_S) as answer:
            return Fetched(answer.read(MOST_BYTES + 1), str(answer.headers.get("Content-Type", "")))
    except urllib.error.HTTPError as error:
        with error:
            if error.code != NOT_FOUND:
                raise
        return Fetched(b"", "")
