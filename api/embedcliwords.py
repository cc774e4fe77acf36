"""What the command line says of maps for portals, in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.optionword import Option
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMANDS: Mapping[str, Text] = {
    "embed-folder": Text(
        "把覆盖地图或专题地图写成一个文件夹，供连不到本服务的门户使用：放到任何网站下或直接双击 index.html 都能打开；"
        "只含公开汇总。",
        "Write the coverage map, or that of the place, as a folder, for portals that cannot reach this service: it works on any "
        "web server and opened as a file; it holds published totals only.",
    ),
}

OPTIONS: Mapping[str, Option] = {
    "embed_out": Option(
        "DIR", Text("写到哪个文件夹；其中同名的文件会被替换", "folder to write; files of the same names are replaced")
    ),
    "embed_map": Option("MAP", Text("哪张地图：coverage（默认）或 place", "which map: coverage unless place is given")),
    "embed_area": Option("ID", Text("只显示这个区域，默认全部", "show this area alone; everything unless given")),
    "embed_level": Option(
        "LEVEL", Text("按哪一级着色：grid（默认）或某级区域", "what is coloured: grid unless a level of areas is given")
    ),
}
