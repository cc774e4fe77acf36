"""The commands that ask a checked town a question: each takes the folder that ``check`` wrote, and reads no file twice."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.options import above_0, changes_asked, limits, listed
from api.terminal import Terminal
from geogrid.late import Late

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from api import asking
    from geogrid import settings
else:
    asking, settings = Late("api.asking"), Late("geogrid.settings")

FolderArgument = Annotated[Path, typer.Argument(metavar="DIR")]
IntoOption = Annotated[Path | None, typer.Option("--out")]
LangOption = Annotated[str | None, typer.Option("--lang")]
DatumOption = Annotated[str, typer.Option("--datum")]


def network(
    context: typer.Context,
    checked: FolderArgument,
    *,
    add_streets: Annotated[Path | None, typer.Option("--add-streets")] = None,
    from_datum: DatumOption = "wgs84",
    into: IntoOption = None,
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Say how good the street data is."""
    asking.network(Terminal.open(context.obj), checked, into or checked, add_streets=add_streets, datum=from_datum)


def explain(
    context: typer.Context,
    checked: FolderArgument,
    *,
    household: Annotated[str, typer.Option("--household")],
    service: Annotated[str, typer.Option("--service")],
    later: Annotated[bool, typer.Option("--later")] = False,
    geojson: Annotated[Path | None, typer.Option("--out")] = None,
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Say why a household is covered or not."""
    asking.explain(Terminal.open(context.obj), checked, household, service, later=later, target=geojson)


def reach(
    context: typer.Context,
    checked: FolderArgument,
    *,
    services: Annotated[str, typer.Option("--services")] = "",
    chosen: Annotated[str, typer.Option("--facilities")] = "",
    minutes: Annotated[str, typer.Option("--minutes")] = "5,10,15",
    over: Annotated[str | None, typer.Option("--over")] = None,
    into: IntoOption = None,
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Draw how far one gets."""
    asked = asking.Pictured(listed(services), listed(chosen), limits(minutes), over)
    asking.reach(Terminal.open(context.obj), checked, into or checked, asked)


def access(
    context: typer.Context,
    checked: FolderArgument,
    *,
    service: Annotated[str, typer.Option("--service")],
    method: Annotated[str, typer.Option("--method")] = "2sfca",
    decay: Annotated[str | None, typer.Option("--decay")] = None,
    supply: Annotated[str, typer.Option("--supply")] = "capacity",
    demand: Annotated[str, typer.Option("--demand")] = "persons",
    reach_min: Annotated[str | None, typer.Option("--cutoff")] = None,
    into: IntoOption = None,
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Say whether there is room for everyone."""
    asked: dict[str, Any] = {"method": method, "decay": decay, "supply": supply, "demand": demand}
    asked |= {} if reach_min is None else {"cutoff_min": above_0(reach_min)}
    asking.access(Terminal.open(context.obj), checked, into or checked, service, asked)


def whatif(
    context: typer.Context,
    checked: FolderArgument,
    *,
    changes: Annotated[Path | None, typer.Option("--changes")] = None,
    move: Annotated[list[str] | None, typer.Option("--move")] = None,
    reopen: Annotated[list[str] | None, typer.Option("--open")] = None,
    shut: Annotated[list[str] | None, typer.Option("--close")] = None,
    add: Annotated[list[str] | None, typer.Option("--add")] = None,
    place_datum: DatumOption = "wgs84",
    into: IntoOption = None,
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Try out facilities."""
    asked = changes_asked(add=add or [], move=move or [], close=shut or [], reopen=reopen or [], datum=place_datum)
    asking.whatif(Terminal.open(context.obj), checked, into or checked, file=changes, asked=asked)


def close(
    context: typer.Context,
    checked: FolderArgument,
    *,
    closures: Annotated[Path, typer.Option("--closures")],
    width: Annotated[str, typer.Option("--width")] = "5",
    on: Annotated[str | None, typer.Option("--on")] = None,
    from_datum: DatumOption = "wgs84",
    into: IntoOption = None,
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Say what closed streets do."""
    asked: dict[str, Any] = {"width_m": above_0(width), "on": settings.day_asked(on)}
    asking.close(Terminal.open(context.obj), checked, into or checked, closures, asked=asked, datum=from_datum)


QUESTIONS: Mapping[str, Callable[..., None]] = {
    "network": network,
    "explain": explain,
    "reach": reach,
    "access": access,
    "whatif": whatif,
    "close": close,
}
"""Every question by the name of its command."""
