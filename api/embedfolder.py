"""A map as a folder of files, for portals that cannot call us."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.source import read_folder
from geogrid.replacing import replacing
from geogrid.words import Text
from maps.embed import embed_data, embed_files

if TYPE_CHECKING:
    from pathlib import Path

    from api.terminal import Terminal

DONE = Text(
    "地图已写入 {folder}（{n} 个文件）：整个放到门户下，嵌入 index.html；参数与 /embed/coverage 相同（除 area、level 外）。",
    "the map is in {folder} ({n} files): put all of it under the portal and frame index.html, with the parameters of "
    "/embed/coverage but area and level.",
)


def write(terminal: Terminal, checked: Path, out: Path, *, area: str, level: str) -> None:
    """Write the map of a check's folder.

    Parameters
    ----------
    terminal : Terminal
    checked : Path
        Folder that `geogrid check` wrote; only its public files are read.
    out : Path
        Made where it is not. The page is replaced last, so that it never names data that are not there.
    area, level : str
        As for `maps.embed.embed_data`.

    Raises
    ------
    InputError, NotFoundError
        When it is no check's folder, or has no such area or level.
    """
    files = embed_files(embed_data(read_folder(checked), area=area, level=level), lang=terminal.lang)
    out.mkdir(parents=True, exist_ok=True)
    for name in reversed(files):
        with replacing(out / name) as file:
            file.write_text(files[name], encoding="utf-8", newline="\n")
    terminal.say(DONE.fill(folder=out, n=len(files)))
