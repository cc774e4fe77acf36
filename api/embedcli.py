"""The command ``geogrid embed-folder``: thin, the maps are made elsewhere."""

from __future__ import annotations

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


def embed_folder(
    context: typer.Context,
    checked: FolderArgument,
    *,
    embed_out: Annotated[Path, typer.Option("--out")],
    embed_area: Annotated[str, typer.Option("--area")] = "",
    embed_level: Annotated[str, typer.Option("--level")] = "grid",
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Write a map as a folder."""
    embedfolder.write(Terminal.open(context.obj), checked, embed_out, area=embed_area, level=embed_level)
