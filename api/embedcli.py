"""The command ``geogrid embed-folder``: thin, the maps are made elsewhere."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path  # noqa: TC003 -- typer reads it
from typing import TYPE_CHECKING, Annotated

import typer

from api.questions import FolderArgument, LangOption  # noqa: TC001 -- typer reads it
from api.terminal import Terminal
from geogrid.late import Late

if TYPE_CHECKING:
    from api import embedfolder
else:
    embedfolder = Late("api.embedfolder")


class EmbeddedMap(StrEnum):
    """A map that can be embedded."""

    COVERAGE = "coverage"
    PLACE = "place"


def embed_folder(  # noqa: PLR0913 -- a command has its options
    context: typer.Context,
    checked: FolderArgument,
    *,
    embed_out: Annotated[Path, typer.Option("--out")],
    embed_map: Annotated[EmbeddedMap, typer.Option("--map")] = EmbeddedMap.COVERAGE,
    embed_area: Annotated[str, typer.Option("--area")] = "",
    embed_level: Annotated[str, typer.Option("--level")] = "grid",
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Write a map as a folder."""
    embedfolder.write(Terminal.open(context.obj), checked, embed_out, name=embed_map.value, area=embed_area, level=embed_level)
