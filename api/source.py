"""What the service serves: one published report, read from the public files of a check's folder when the service starts."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from api.answers import Shelf
from api.recent import Recent
from geogrid.errors import InputError, NotFoundError
from geogrid.outputs import SUMMARY, read_public
from geogrid.plain import plain
from geogrid.summary import FORMAT, VERSION
from geogrid.words import Text

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

    from api.settings import Settings
    from geogrid.privacy import PublicReport
    from geogrid.publications import Publication


@dataclass(frozen=True)
class Source:
    """The published report, the answers made from it, the settings, and which publication it is; None for a check's folder.

    Answers of a few addresses stand on the shelf for good; of those with thousands, such as pages of grids, the last are kept.
    """

    settings: Settings
    public: PublicReport
    shelf: Shelf
    publication: Publication | None = None
    recent: Recent = field(default_factory=Recent)

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Read the public files of the folder; household rows are in files that nothing here opens.

        Raises
        ------
        InputError
            If the folder holds no report that can be read.
        """
        return cls(settings, read_folder(settings.folder), Shelf(settings.busy_after_s))

    @cached_property
    def digest(self) -> str:
        """Return what tells this report from others."""
        return hashlib.sha256(json.dumps(self.public.summary, sort_keys=True).encode()).hexdigest()

    @cached_property
    def services(self) -> list[str]:
        """Return the services that can be asked for, "all" (at once) last."""
        return [*(service["id"] for service in self.public.summary["services"]), "all"]

    def known_service(self, service: str) -> str:
        """Return a service that was asked for.

        Raises
        ------
        NotFoundError
            If the report has none of that name.
        """
        if service in self.services:
            return service
        message = Text("没有服务“{service}”：可选 {known}", "there is no service {service!r}: choose {known}")
        raise NotFoundError(message.fill(service=service[:80], known=", ".join(self.services)))


def read_folder(folder: Path) -> PublicReport:
    """Return the published report of a folder.

    Raises
    ------
    InputError
        If there is none, or it cannot be read.
    """
    if not (folder / SUMMARY).is_file():
        message = Text(
            "{folder} 中没有检查结果（缺 {file}）：请先运行 geogrid check --out {folder}，或 geogrid demo",
            "{folder} holds no check (no {file}): run geogrid check --out {folder} first, or geogrid demo",
        )
        raise InputError(message.fill(folder=folder, file=SUMMARY))
    try:
        public = read_public(folder)
        is_ours = (public.summary["format"], public.summary["version"]) == (FORMAT, VERSION)
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = Text(
            "{folder} 中的检查结果读不出来：请重新运行 geogrid check",
            "the check in {folder} cannot be read: run geogrid check again",
        )
        raise InputError(message.fill(folder=folder)) from error
    if not is_ours:
        message = Text(
            "{folder} 不是本版本的检查结果：请重新运行 geogrid check", "{folder} is of another version: run geogrid check again"
        )
        raise InputError(message.fill(folder=folder))
    return public


def feature_collection(table: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return a published frame as GeoJSON; a withheld geometry is null.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> feature_collection(gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.Point(1, 2)]))["features"][0]["geometry"]
    {'type': 'Point', 'coordinates': (1.0, 2.0)}
    """
    names = [name for name in table.columns if name != "geometry"]
    rows = zip(table[names].itertuples(index=False, name=None), table.geometry, strict=True)
    features = [
        {"type": "Feature", "properties": plain(dict(zip(names, row, strict=True))), "geometry": _geometry(shape)}
        for row, shape in rows
    ]
    return {"type": "FeatureCollection", "features": features}


def _geometry(shape: Any) -> Any:
    return None if shape is None else shape.__geo_interface__
