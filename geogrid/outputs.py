"""A check's folder: public data files in it, everything with household rows in ``private/`` inside it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from geogrid.crs import to_wgs84
from geogrid.io import safe_cell
from geogrid.labels import CODED, code_label, column_label
from geogrid.modes import MODES
from geogrid.plain import plain
from geogrid.privacy import PublicReport
from geogrid.replacing import PRIVATE, PRIVATE_FILE, private_folder, replacing
from geogrid.settinglabels import key_label, said
from geogrid.totals import by_node
from geogrid.workbook import write_workbook

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from geogrid.report import Report
    from geogrid.words import Lang, Text

LAYERS = {
    "grids": "grids.geojson",
    "areas": "areas.geojson",
    "gaps": "gaps.geojson",
    "facilities": "facilities.geojson",
    "defects": "defects.geojson",
    "streets": "streets.geojson",
    "radii": "service_radii.geojson",
}
"""Public layers of a check's folder, by the field of `PublicReport`."""

SUMMARY = "report.json"
HOUSEHOLDS, EXACT = "households.parquet", "coverage.parquet"
"""Private: every household with its grid and minutes, and the coverage table with its small counts."""
REASON = {"code": "reason"}
"""What is wrong with a row: in other tables a code is that of an area or grid."""
COORDINATE_DECIMALS = 7
"""About a centimetre."""


def write_public(public: PublicReport, folder: Path, *, lang: Lang) -> list[Path]:
    """Write report.json, report.xlsx and the layers.

    Parameters
    ----------
    public : PublicReport
        What may leave the office.
    folder : Path
        An existing folder; files of the same names are replaced, each in one step.
    lang : "zh" or "en"
        Language of the workbook.

    Returns
    -------
    list of Path
    """
    with replacing(folder / SUMMARY) as part:
        part.write_text(json.dumps(public.summary, ensure_ascii=False, indent=1, allow_nan=False), encoding="utf-8")
    for field, name in LAYERS.items():
        with replacing(folder / name) as part:
            part.write_text(_geojson(getattr(public, field)), encoding="utf-8")
    with replacing(folder / "report.xlsx") as part:
        write_workbook(_public_tables(public, lang), part, lang=lang, services=_names(public.summary))
    return [folder / name for name in (SUMMARY, *LAYERS.values(), "report.xlsx")]


def write_private(report: Report, folder: Path, *, lang: Lang) -> list[Path]:
    """Write what holds household rows or exact small counts, readable by its owner alone.

    Parameters
    ----------
    report : Report
        The exact report.
    folder : Path
        The check's folder; files go to ``private/`` inside it.
    lang : "zh" or "en"
        Language of the workbook.

    Returns
    -------
    list of Path
    """
    private = private_folder(folder / PRIVATE)
    with replacing(private / HOUSEHOLDS, mode=PRIVATE_FILE) as part:
        to_wgs84(report.households).to_parquet(part)
    with replacing(private / EXACT, mode=PRIVATE_FILE) as part:
        report.coverage.to_parquet(part)
    tables = _private_tables(report, lang)
    services = {s: report.settings.profile.services[s].name for s in report.settings.services}
    for name in ("rejected", "unreached", "outside", "disagreements"):
        with replacing(private / f"{name}.csv", mode=PRIVATE_FILE) as part:
            _for_readers(tables[name], lang, services).to_csv(part, index=False, encoding="utf-8-sig")
    with replacing(private / "report.xlsx", mode=PRIVATE_FILE) as part:
        write_workbook(tables, part, lang=lang, services=services)
    names = (HOUSEHOLDS, EXACT, "rejected.csv", "unreached.csv", "outside.csv", "disagreements.csv", "report.xlsx")
    return [private / name for name in names]


def read_public(folder: Path) -> PublicReport:
    """Read a check's public files back.

    Parameters
    ----------
    folder : Path
        Written by `write_public`.

    Returns
    -------
    PublicReport
    """
    summary = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
    layers = {field: _layer(folder / name) for field, name in LAYERS.items()}
    return PublicReport(summary=summary, **layers)


def _layer(path: Path) -> gpd.GeoDataFrame:
    """Read one of our own GeoJSON files: a null stays a null and a list a list."""
    content = json.loads(path.read_text(encoding="utf-8"))
    columns = ["geometry", *content["columns"]]
    frame = gpd.GeoDataFrame.from_features(content["features"], crs="EPSG:4326", columns=columns)
    for column in frame.columns.drop("geometry"):
        if column.startswith(("share_", "deviation", "minutes", "width_m", "area_m2", "radius_m", "floor_area_m2")):
            frame[column] = frame[column].astype("float64")
        elif column.startswith(COUNT_PREFIXES):
            frame[column] = frame[column].astype("Int64")
    return frame


COUNT_PREFIXES = ("households", "persons", "aged_65", "children_0_14", "covered_", "uncovered_", "unreached_", "facilities_")


def _geojson(frame: gpd.GeoDataFrame) -> str:
    """Return a frame as GeoJSON; the member ``columns`` keeps the schema of an empty layer."""
    columns = [c for c in frame.columns if c != "geometry"]
    shapes = frame.geometry.set_precision(10.0**-COORDINATE_DECIMALS, mode="pointwise")
    features = [
        {"type": "Feature", "properties": plain(dict(zip(columns, row, strict=True))), "geometry": _geometry(shape)}
        for row, shape in zip(frame[columns].itertuples(index=False, name=None), shapes, strict=True)
    ]
    return json.dumps(
        {"type": "FeatureCollection", "columns": columns, "features": features}, ensure_ascii=False, allow_nan=False
    )


def _geometry(shape: Any) -> dict[str, Any] | None:
    return None if shape is None or shape.is_empty else shape.__geo_interface__


def _names(summary: Mapping[str, Any]) -> dict[str, Text]:
    from geogrid.words import Text  # noqa: PLC0415

    return {s["id"]: Text(s["zh"], s["en"]) for s in summary["services"]}


def _public_tables(public: PublicReport, lang: Lang) -> dict[str, pd.DataFrame]:
    """Return the workbook's tables: the summary's lists and the layers' columns."""
    summary = public.summary
    inputs = [{k: v for k, v in row.items() if k not in ("datum", "notes")} for row in summary["inputs"]]
    names = {**_names(summary), **{mode: each.name for mode, each in MODES.items()}}
    totals, settings = (
        [{"key": key_label(key, lang, names), "value": said(value, lang, names)} for key, value in summary[part].items()]
        for part in ("totals", "settings")
    )
    return {
        "totals": pd.DataFrame(totals),
        "coverage": pd.DataFrame(summary["coverage"]),
        "grids": public.grids,
        "areas": public.areas,
        "gaps": pd.DataFrame(summary["gaps"]),
        "facilities": pd.DataFrame(summary["facilities"]),
        "facilities_by_grid": pd.DataFrame(summary["facilities_by_grid"]),
        "facility_list": public.facilities,
        "radius": pd.DataFrame(summary["radius"]),
        "sensitivity": pd.DataFrame(summary["sensitivity"]),
        **_public_seasons(summary, lang),
        "defects": pd.DataFrame(summary["defects"]),
        **_public_standards(summary, lang),
        "rejected": pd.DataFrame(summary["rejected"]).rename(columns=REASON),
        "inputs": pd.DataFrame(inputs),
        "settings": pd.DataFrame(settings),
        "notes": pd.DataFrame({"note": [note[lang] for note in summary["notes"]]}),
    }


def _public_seasons(summary: Mapping[str, Any], lang: Lang) -> dict[str, pd.DataFrame]:
    """Return the seasons with their names, if there are any."""
    rows = [{**row, "season": row[lang]} for row in summary.get("seasons", [])]
    return {"seasons": pd.DataFrame(rows).drop(columns=["zh", "en"])} if rows else {}


def _public_standards(summary: Mapping[str, Any], lang: Lang) -> dict[str, pd.DataFrame]:
    """Return what became of standards, what to mend as far as it may be named, and stated sizes; if there are any."""
    rules, sizes = summary.get("standards", []), summary.get("stated", [])
    standards = [_standard_row(row, lang) for row in rules]
    to_mend = [_failure_row(row, one, lang) for row in rules for one in row["failures"]]
    stated = [_size_row(row, lang) for row in sizes]
    tables = {"standards": standards, "to_mend": to_mend, "stated": stated}
    return {key: pd.DataFrame(rows) for key, rows in tables.items() if rows}


def _standard_row(row: Mapping[str, Any], lang: Lang) -> dict[str, Any]:
    counts = {key: row.get(key) for key in ("is_judged", "subjects", "passed", "failed", "incomplete", "withheld")}
    named = {"standard": row["id"], "name": row[lang], "bound": row["bound"][lang]}
    return {**named, **counts, "share_passed": row["share"], "source": row["source"][lang], "is_confirmed": row["is_confirmed"]}


def _failure_row(row: Mapping[str, Any], one: Mapping[str, Any], lang: Lang) -> dict[str, Any]:
    advice = None if one["said"] is None else one["said"][lang]
    named = {"standard": row[lang], "is_judged": row["is_judged"], "subject_id": one["id"], "name": one["name"]}
    return {**named, "result": one["result"], "shown": one["value"][lang], "bound": row["bound"][lang], "advice": advice}


def _size_row(row: Mapping[str, Any], lang: Lang) -> dict[str, Any]:
    shares = {"share_stated": row["share"], "share_found": row["share_found"]}
    known = {key: row[key] for key in ("is_equal", "is_assumed", "is_confirmed")}
    return {"name": row[lang], "n": row["n"], "found": row["found"], **shares, **known, "source": row["source"][lang]}


def _rejected(rows: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    """Return the rejected rows in one language, each source row as readable text."""
    other = {"zh": "en", "en": "zh"}[lang]
    kept_as = {f"expected_{lang}": "expected", f"remedy_{lang}": "remedy", **REASON}
    kept = rows.drop(columns=[f"expected_{other}", f"remedy_{other}"]).rename(columns=kept_as)
    return kept.assign(row=[_row_said(row, lang) for row in kept["row"]])


def _row_said(row: str, lang: Lang) -> str:
    """Return a source row, which is JSON, as its cells with their columns."""
    cells = json.loads(row)
    if isinstance(cells, list):
        return {"zh": "，", "en": ", "}[lang].join(map(str, cells))
    between, after = {"zh": ("：", "；"), "en": (": ", "; ")}[lang]
    return after.join(f"{name}{between}{'' if cell is None else cell}" for name, cell in cells.items())


def _private_tables(report: Report, lang: Lang) -> dict[str, pd.DataFrame]:
    """Return exact counts and the lists of households that need someone's attention."""
    exact = by_node(report.coverage, report.coverage["level"] == "grid").reset_index(names="grid_id")
    named = report.inputs["grids"][["grid_id", "name"]].merge(exact, on="grid_id")
    ids = report.households["household_id"]
    return {
        "coverage": report.coverage,
        "grids": named.drop(columns="suppressed"),
        "gaps": report.gaps.table.drop(columns="geometry").assign(gap_id=report.public_gaps["gap_id"]),
        **{name: report.tables[name] for name in ("seasons", "seasons_by_grid") if name in report.tables},
        "rejected": _rejected(report.rejected, lang),
        "unreached": _listed(report.unreached),
        "outside": _listed(report.outside),
        "disagreements": report.tables["disagreements"].join(ids),
    }


def _listed(households: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return households with where they are and how far from a street."""
    places = to_wgs84(households).geometry
    columns = households[["household_id", "persons", "grid_id", "street_m", "source_line"]]
    return pd.DataFrame(columns).assign(lon=places.x.round(COORDINATE_DECIMALS), lat=places.y.round(COORDINATE_DECIMALS))


def _for_readers(table: pd.DataFrame, lang: Lang, services: Mapping[str, Text]) -> pd.DataFrame:
    """Return a table with its columns, and the reasons in it, called by name, and no text that runs as a formula."""
    named = {column: [code_label(cell, lang, services) for cell in table[column]] for column in CODED if column in table}
    safe = table.assign(**named).map(lambda value: safe_cell(plain(value)))
    return safe.rename(columns={column: column_label(column, lang, services) for column in table})
