"""Straight-line service radii: the office's older way of counting, beside walking, so that the difference can be seen."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from geogrid.crs import require_projected, require_same_crs
from geogrid.errors import InputError
from geogrid.words import Text

QUADRANT_SEGMENTS = 32
"""A circle is drawn with 128 corners; its sides lie at most 0.03 % of the radius inside the true circle."""


def service_radii(facilities: gpd.GeoDataFrame, radius_m: float | Mapping[str, float]) -> gpd.GeoDataFrame:
    """Draw the straight-line reach of every facility, once for each of its services.

    Parameters
    ----------
    facilities
        Points in a projected CRS: ``facility_id``, ``services`` (tuple of ids). A facility's own ``radius_m`` overrides the
        service's.
    radius_m
        Radius in metres, of every service or for each; services that a mapping leaves out are not drawn.

    Returns
    -------
    GeoDataFrame
        ``facility_id``, ``service``, ``radius_m`` and ``geometry`` (a circle), in the order of the facilities. The circles are
        pictures: `within_radius` measures distances.

    Raises
    ------
    CrsError
        If the CRS is missing or not in metres.
    InputError
        If a radius is not a number above zero.

    Examples
    --------
    >>> school = {"facility_id": ["F1"], "services": [("education",)]}
    >>> schools = gpd.GeoDataFrame(school, geometry=[shapely.Point(0, 0)], crs=4548)
    >>> radii = service_radii(schools, 1000)
    >>> radii["service"].tolist(), radii.area.round(-4).tolist()
    (['education'], [3140000.0])
    """
    require_projected(facilities)
    offered = facilities.explode("services", ignore_index=True).rename(columns={"services": "service"})
    usual = offered["service"].map(radius_m) if isinstance(radius_m, Mapping) else pd.Series(radius_m, index=offered.index)
    own = offered["radius_m"] if "radius_m" in offered else pd.Series(np.nan, index=offered.index)
    radius = own.astype("float64").fillna(usual.astype("float64"))
    asked = offered["service"].isin(radius_m) if isinstance(radius_m, Mapping) else offered["service"].notna()
    drawn = offered.assign(radius_m=radius)[asked.to_numpy()].reset_index(drop=True)
    _check_radii(drawn)
    circles = shapely.buffer(np.asarray(drawn.geometry), drawn["radius_m"].to_numpy(), quad_segs=QUADRANT_SEGMENTS)
    return gpd.GeoDataFrame(drawn[["facility_id", "service", "radius_m"]], geometry=circles, crs=facilities.crs)


def within_radius(households: gpd.GeoDataFrame, radii: gpd.GeoDataFrame) -> pd.DataFrame:
    """Say of every household whether a facility of each service is within its radius, as the crow flies.

    Parameters
    ----------
    households
        Points in the CRS of ``radii``.
    radii
        Circles from `service_radii`; the distance is measured to their centre, compared on metres rounded to 1 mm, inclusive.

    Returns
    -------
    DataFrame
        True or False on the index of ``households``, a column per service in the order of their names.

    Raises
    ------
    CrsError
        If a CRS is missing, or they differ.

    Examples
    --------
    >>> school = {"facility_id": ["F1"], "services": [("education",)]}
    >>> schools = gpd.GeoDataFrame(school, geometry=[shapely.Point(0, 0)], crs=4548)
    >>> homes = gpd.GeoDataFrame(geometry=[shapely.Point(0, 1000), shapely.Point(0, 1001)], crs=4548)
    >>> within_radius(homes, service_radii(schools, 1000))["education"].tolist()
    [True, False]
    """
    require_same_crs(households, radii)
    homes, row = shapely.get_coordinates(np.asarray(households.geometry), return_index=True)
    centre = shapely.get_coordinates(shapely.centroid(np.asarray(radii.geometry)))
    within = pd.DataFrame(index=households.index)
    for service in sorted(radii["service"].unique()):
        near = np.zeros(len(households), dtype=np.bool_)
        for radius_m in radii.loc[radii["service"] == service, "radius_m"].unique():
            same = ((radii["service"] == service) & (radii["radius_m"] == radius_m)).to_numpy()
            near[row] |= _near(homes, centre[same], radius_m)
        within[service] = near
    return within


def compare_with_walking(within: pd.DataFrame, statuses: pd.DataFrame) -> pd.DataFrame:
    """Set the straight-line radius against walking: whom does each count that the other does not.

    Parameters
    ----------
    within
        From `within_radius`.
    statuses
        Status of every household, a column per service, on the same index.

    Returns
    -------
    DataFrame
        A row per service of ``within``: ``service``, ``share_within_radius`` and ``share_walking`` (of all households, 0 to 1),
        ``both``, ``only_radius`` and ``only_walking`` (households).

    Examples
    --------
    >>> within = pd.DataFrame({"medical": [True, True, False, False]})
    >>> compare_with_walking(within, pd.DataFrame({"medical": ["covered", "uncovered", "uncovered", "unreached"]}))
       service  share_within_radius  share_walking  both  only_radius  only_walking
    0  medical                  0.5           0.25     1            1             0
    """
    rows = []
    for service in within:
        near, walking = within[service].to_numpy(dtype=bool), (statuses[service] == "covered").to_numpy(dtype=bool)
        rows.append(
            {
                "service": service,
                "share_within_radius": float(near.mean()) if len(near) else np.nan,
                "share_walking": float(walking.mean()) if len(walking) else np.nan,
                "both": int((near & walking).sum()),
                "only_radius": int((near & ~walking).sum()),
                "only_walking": int((~near & walking).sum()),
            }
        )
    columns = ["service", "share_within_radius", "share_walking", "both", "only_radius", "only_walking"]
    return pd.DataFrame(rows, columns=columns)


def _near(homes: npt.NDArray[np.float64], centres: npt.NDArray[np.float64], radius_m: float) -> npt.NDArray[np.bool_]:
    """Return True for homes within the radius of some centre."""
    distance, _ = cKDTree(centres).query(homes)
    near: npt.NDArray[np.bool_] = np.round(distance, 3) <= round(radius_m, 3)
    return near


def _check_radii(drawn: pd.DataFrame) -> None:
    """Refuse radii that are no lengths, naming the facility."""
    radius = drawn["radius_m"]
    wrong = drawn[~(np.isfinite(radius) & (radius > 0)).to_numpy()]
    if len(wrong):
        message = Text(
            "设施 {id} 的服务半径为 {value} 米，应为大于 0 的数。请改正 radius_m 或 --radius。",
            "the service radius of facility {id} is {value} m, expected a number above 0; correct radius_m or --radius",
        )
        raise InputError(message.fill(id=wrong["facility_id"].iloc[0], value=wrong["radius_m"].iloc[0]))
