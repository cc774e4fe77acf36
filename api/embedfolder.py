"""A map as a folder of files, for portals that cannot call us."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.source import read_folder
from geogrid.replacing import replacing
from geogrid.words import Text
from maps.embed import embed_files
from maps.embedmaps import MAPS, MapName

if TYPE_CHECKING:
    from pathlib import Path

    from api.terminal import Terminal

DONE = Text(
    "地图已写入 {folder}（{n} 个文件）：整个放到门户下，嵌入 index.html；参数与 /embed/{name} 相同（除 area、level 外）。",
    "the map is in {folder} ({n} files): put all of it under the portal and frame index.html, with the parameters of "
    "/embed/{name} but area and level.",
)


def write(terminal: Terminal, checked: Path, out: Path, *, name: MapName, area: str, level: str) -> None:
    """Write the map of a check's folder.

    Parameters
    ----------
    terminal : Terminal
    checked : Path
        Folder that `geogrid check` wrote; only its public files are read.
    out : Path
        Made where it is not. The page is replaced last, so that it never names data that are not there.
    name : str
        Which map: a key of `maps.embedmaps.MAPS`.
    area, level : str
        As for `maps.embed.embed_data`.

    Raises
    ------
    InputError, NotFoundError
        When it is no check's folder, or has no such area or level.
    """
    data = MAPS[name].data(read_folder(checked), area=area, level=level, basemap=None)
    files = embed_files(data, lang=terminal.lang, drawing=MAPS[name].drawing)
    out.mkdir(parents=True, exist_ok=True)
    for each in reversed(files):
        with replacing(out / each) as file:
            file.write_text(files[each], encoding="utf-8", newline="\n")
    terminal.say(DONE.fill(folder=out, n=len(files), name=name))
