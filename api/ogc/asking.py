"""One request of OGC API - Features: who asks, about what, and how the answer is to look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from api.access import caller_of
from api.errors import asked_language
from api.holdings import Holdings, holdings_of
from api.ogc.asked import one_of
from api.ogc.features import Features, features_of
from api.ogc.items import GEOJSON
from api.ogc.parameters import FORMATS
from geogrid.words import LANGS, Lang

if TYPE_CHECKING:
    from starlette.requests import Request

    from api.callers import Caller

BASE = "/api/v1"


@dataclass(frozen=True)
class Asking:
    """One request: what it is about, and how the answer is to look."""

    request: Request
    holdings: Holdings
    caller: Caller
    shown: str
    lang: Lang

    @classmethod
    def of(cls, request: Request) -> Asking:
        """Read the format and the language.

        Raises
        ------
        InvalidParameterError
            When one of them is unknown.
        """
        holdings, given = holdings_of(request), request.query_params
        lang = one_of("lang", given.get("lang"), LANGS, asked_language(request, holdings.settings.lang))
        shown = one_of("f", given.get("f"), FORMATS, "html" if prefers_html(request.headers.get("accept", "")) else "json")
        return cls(request, holdings, caller_of(request), shown, cast("Lang", lang))

    @property
    def base(self) -> str:
        """Return what links begin with."""
        return f"{self.holdings.settings.base_url}{BASE}"

    @property
    def features(self) -> Features:
        """Return the tables that are kept."""
        return features_of(self.request)

    @property
    def given(self) -> dict[str, str]:
        """Return the parameters."""
        return dict(self.request.query_params)


def prefers_html(accept: str) -> bool:
    """Return whether an Accept header wants a page rather than JSON.

    Examples
    --------
    >>> [prefers_html(each) for each in ("text/html,*/*;q=0.8", "*/*", "application/json, text/html;q=0.5")]
    [True, False, False]
    """
    weights: dict[str, float] = {}
    for part in accept.split(","):
        name, _, rest = part.partition(";")
        weight = rest.strip().removeprefix("q=")
        weights[name.strip().lower()] = float(weight) if weight.replace(".", "", 1).isdecimal() else 1.0
    data = max((weights.get(each, 0.0) for each in ("application/json", GEOJSON, "application/*", "*/*")), default=0.0)
    return weights.get("text/html", 0.0) > data
