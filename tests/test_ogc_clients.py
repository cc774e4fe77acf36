"""Programs that others use read our collections: GDAL by geopandas and ogrinfo, OWSLib, QGIS."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import geopandas as gpd
import pyogrio
import pytest
from owslib.ogcapi.features import Features  # type: ignore[import-untyped]
from pyproj import CRS

from tests.live import live
from tests.service import office

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.service import Office

PUBLIC = ["grids", "areas", "gaps", "facilities", "defects", "streets", "service_radii"]
WEST_END = (117.0, 28.285, 117.004, 28.29)
"""A box within grid G1."""
PYTHON_OF_QGIS = "/usr/bin/python3"
QGIS_REASON = "QGIS: install python3-qgis and qgis-providers"
OGRINFO_REASON = "ogrinfo: install gdal-bin"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """The paper town's workspace."""
    return office(tmp_path_factory.mktemp("clients"))


@pytest.fixture(scope="module")
def root(made: Office) -> Iterator[str]:
    """The landing page of its service."""
    with live(workspace=made.path) as address:
        yield f"{address}/api/v1"


def test_gdal_lists_and_pages_through_everything(root: str) -> None:
    assert pyogrio.list_layers(f"OAPIF:{root}")[:, 0].tolist() == PUBLIC
    grids = gpd.read_file(f"OAPIF:{root}", layer="grids", PAGE_SIZE="1")
    assert grids["grid_id"].tolist() == ["G1", "G2", "G3", "G4"]
    assert grids["households"].tolist() == [20, 20, 20, 20]
    assert grids.crs.equals(CRS.from_user_input("OGC:CRS84"))


def test_gdal_filters_by_place_and_by_property(root: str) -> None:
    assert gpd.read_file(f"OAPIF:{root}", layer="grids", bbox=WEST_END)["grid_id"].tolist() == ["G1"]
    assert gpd.read_file(f"OAPIF:{root}", layer="grids", where="grid_id = 'G2' OR name = '第3网格'")["grid_id"].tolist() == [
        "G2",
        "G3",
    ]


def test_gdal_reads_a_page_of_a_day(root: str) -> None:
    asked = [f"{root}/collections/grids/items?f=json&datetime={day}" for day in ("2023-01-01", "2024-03-01")]
    assert [len(gpd.read_file(each)) for each in asked] == [0, 4]


@pytest.mark.parametrize("code", [4326, 4490, 4548, 3857])
def test_gdal_gets_every_system_right(root: str, code: int) -> None:
    there = gpd.read_file(f"OAPIF:{root}", layer="grids", CRS=f"EPSG:{code}")
    assert there.crs.equals(CRS.from_user_input("OGC:CRS84") if code == 4326 else CRS.from_epsg(code))  # GDAL writes x first
    plain = gpd.read_file(f"OAPIF:{root}", layer="grids").set_crs("EPSG:4326", allow_override=True).to_crs(code)
    assert there.geometry.to_numpy().tolist() != []
    assert max(one.hausdorff_distance(other) for one, other in zip(there.geometry, plain.geometry, strict=True)) < 0.05


def test_gdal_reads_what_a_key_allows(root: str, made: Office) -> None:
    pyogrio.set_gdal_config_options({"GDAL_HTTP_AUTH": "BEARER", "GDAL_HTTP_BEARER": made.keys["viewer_v1"]})
    try:
        homes = gpd.read_file(f"OAPIF:{root}", layer="households")
    finally:
        pyogrio.set_gdal_config_options({"GDAL_HTTP_AUTH": None, "GDAL_HTTP_BEARER": None})
    assert len(homes) == 40


def test_ogrinfo(root: str) -> None:
    if not shutil.which("ogrinfo"):
        pytest.skip(OGRINFO_REASON)
    told = subprocess.run(["ogrinfo", "-ro", "-so", f"OAPIF:{root}", "grids"], capture_output=True, text=True, check=True).stdout
    assert "Feature Count: 4" in told
    assert "Geometry: Polygon" in told


def test_owslib(root: str) -> None:
    client = Features(root)
    assert client.feature_collections() == PUBLIC
    assert client.api()["openapi"].startswith("3.0.")
    assert "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs" in client.conformance()["conformsTo"]
    assert "households" in client.collection_queryables("grids")["properties"]
    found = client.collection_items("grids", bbox=list(WEST_END), datetime_="2024-02-02", limit=1)
    assert (found["numberMatched"], found["features"][0]["id"]) == (1, "G1")
    assert client.collection_items("grids", filter="grid_id IN ('G2','G4')")["numberMatched"] == 2
    assert client.collection_item("grids", "G4")["properties"]["grid_id"] == "G4"


IN_QGIS = """
import json, sys
from qgis.core import QgsApplication, QgsFeatureRequest, QgsRectangle, QgsVectorLayer
application = QgsApplication([], False)
application.initQgis()
def layer(name, more=""):
    return QgsVectorLayer(f"url='{sys.argv[1]}' typename='{name}' pageSize='2' {more}", name, "OAPIF")
grids, homes = layer("grids"), layer("facilities")
box = QgsRectangle(117.0, 28.285, 117.004, 28.29)
told = {
    "valid": grids.isValid() and homes.isValid(),
    "crs": grids.crs().authid(),
    "ids": sorted(each["grid_id"] for each in grids.getFeatures()),
    "inside": [each["grid_id"] for each in grids.getFeatures(QgsFeatureRequest(box))],
    "west": round(grids.extent().xMinimum(), 5),
    "south": round(grids.extent().yMinimum(), 5),
}
print("TOLD" + json.dumps(told))
sys.stdout.flush()
import os
os._exit(0)
"""


def test_qgis(root: str, tmp_path: Path) -> None:
    if (
        not shutil.which(PYTHON_OF_QGIS)
        or subprocess.run([PYTHON_OF_QGIS, "-c", "import qgis.core"], capture_output=True, check=False).returncode
    ):
        pytest.skip(QGIS_REASON)
    clean = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen", "XDG_RUNTIME_DIR": str(tmp_path)}
    ran = subprocess.run(
        [PYTHON_OF_QGIS, "-c", IN_QGIS, root], capture_output=True, text=True, check=True, env=clean, timeout=120
    )
    told = json.loads(ran.stdout.partition("TOLD")[2])
    assert told["valid"]
    assert told["ids"] == ["G1", "G2", "G3", "G4"]
    assert told["inside"] == ["G1"]
    assert (told["west"], told["south"]) == (117.0, 28.28476)
    assert told["crs"] in ("OGC:CRS84", "EPSG:4326")
