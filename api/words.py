"""What the command line says, in both languages: commands, options, and the lines around them."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, NamedTuple

from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping


class Option(NamedTuple):
    """What stands after an option, and what it does."""

    value: str
    says: Text


PROGRAM = Text(
    "网格化治理的空间检查：网格有没有空洞和重叠，谁能在 15 分钟内步行到达哪些服务，缺口在哪里。",
    "A spatial check for grid governance: holes and overlaps between grids, who reaches which service within 15 minutes on foot, "
    "where the gaps are.",
)

COMMANDS: Mapping[str, Text] = {
    "geogrid": PROGRAM,
    "demo": Text(
        "用自带的样例镇（虚构）运行一次检查，写出报告和地图。",
        "Check the sample town that comes along (it does not exist), and write report and map.",
    ),
    "check": Text(
        "检查网格、住户、设施和街道，写出报告、地图和数据。可读 GeoJSON, GeoPackage, Shapefile（可压缩）, KML, FlatGeobuf, "
        "GeoParquet, CSV, XLSX；街道还可用 .osm 和 .osm.pbf。",
        "Check grids, households, facilities and streets; write report, map and data. Takes GeoJSON, GeoPackage, Shapefile "
        "(zipped or not), KML, FlatGeobuf, GeoParquet, CSV, XLSX; streets also as .osm and .osm.pbf.",
    ),
    "draft-grids": Text(
        "用村、社区或小组的中心点，在区域内划出草拟网格（最近点单元，不留空洞、不重叠）。",
        "Draft grids from the centres of villages, communities or groups inside areas: nearest-point cells that tile exactly.",
    ),
    "convert": Text(
        "把任何可读的文件转成另一种格式、坐标基准或坐标系。",
        "Turn any accepted file into another format, datum or coordinate reference system.",
    ),
    "serve": Text(
        "把检查结果作为网站提供：首页、地图、可嵌入的地图、报告和数据接口。只读取公开文件。",
        "Serve a check as a web site: start page, map, embeddable map, report and data. Only public files are read.",
    ),
}

FILE, FOLDER = "FILE", "DIR"

OPTIONS: Mapping[str, Option] = {
    "grids": Option(FILE, Text("网格（面）", "grids (polygons)")),
    "households": Option(
        FILE, Text("住户（点，或有经纬度列的表）", "households (points, or a table with longitude and latitude)")
    ),
    "facilities": Option(
        FILE, Text("服务设施（点，或有经纬度列的表）", "facilities (points, or a table with longitude and latitude)")
    ),
    "roads": Option(FILE, Text("街道（线，或 OpenStreetMap 摘录）", "streets (lines, or an OpenStreetMap extract)")),
    "areas": Option(
        FILE, Text("村、社区、乡镇等上级区域（面）", "areas that grids nest in: villages, communities, townships (polygons)")
    ),
    "units": Option(FILE, Text("村民小组、小区、楼栋等单元", "units: villager groups, estates, buildings")),
    "out": Option(
        FOLDER, Text("结果写到哪里（住户数据在其中的 private/）", "where results go (household rows in private/ inside it)")
    ),
    "services": Option(
        "A,B", Text("检查哪些服务，默认为设施表中出现的全部", "services to check; all that the facilities offer unless given")
    ),
    "cutoff": Option("MIN", Text("时限（分钟，含），默认按配置", "cutoff in minutes, inclusive; the profile's unless given")),
    "speed": Option("KM/H", Text("步行速度（公里/小时），默认按配置", "walking speed in km/h; the profile's unless given")),
    "radius": Option(
        "M", Text("直线服务半径（米），默认按配置", "straight-line service radius in metres; the profile's unless given")
    ),
    "max_snap": Option("M", Text("离街道多远以内才测算（米），默认按配置", "farthest from a street that is measured, metres")),
    "datum": Option(
        "DATUM",
        Text(
            "坐标基准：auto（默认，自动识别）、wgs84、gcj02、bd09；也可按表给，如 households=gcj02,grids=wgs84",
            "datum: auto (default: found out), wgs84, gcj02, bd09; or by table, such as households=gcj02,grids=wgs84",
        ),
    ),
    "from_datum": Option(
        "DATUM", Text("原文件的坐标基准：wgs84（默认）、gcj02、bd09", "datum of the input: wgs84 (default), gcj02, bd09")
    ),
    "to_datum": Option(
        "DATUM", Text("新文件的坐标基准：wgs84（默认）、gcj02、bd09", "datum of the output: wgs84 (default), gcj02, bd09")
    ),
    "crs": Option("CRS", Text("新文件的坐标系，如 EPSG:4548", "coordinate reference system of the output, such as EPSG:4548")),
    "table": Option(
        "TABLE",
        Text(
            "按哪种表读：grids、areas、units、households、facilities、roads、points；不合格的行另存",
            "read it as grids, areas, units, households, facilities, roads or points; rejected rows are written beside",
        ),
    ),
    "profile": Option(
        "NAME|FILE", Text("配置：名称或 .toml 文件，默认 generic", "profile: a name or a .toml file; generic unless given")
    ),
    "points": Option(FILE, Text("中心点", "centres (points)")),
    "lang": Option("zh|en", Text("语言；也可设环境变量 GEOGRID_LANG", "language; also the environment variable GEOGRID_LANG")),
    "serve": Option("", Text("检查完后启动网站", "serve the result when done")),
    "host": Option("ADDRESS", Text("监听地址，默认 127.0.0.1", "address to listen on; 127.0.0.1 unless given")),
    "port": Option("N", Text("端口，默认 8765", "port; 8765 unless given")),
    "frame_ancestors": Option(
        "ORIGINS",
        Text(
            "哪些网站可以嵌入地图，如 https://portal.example.cn",
            "sites that may embed the map, such as https://portal.example.cn",
        ),
    ),
    "source": Option("IN", Text("原文件", "the file to read")),
    "target": Option("OUT", Text("新文件，格式由扩展名决定", "the file to write; its extension decides the format")),
    "folder": Option(
        FOLDER,
        Text("检查结果所在文件夹，默认 ./geogrid-demo（没有就先做一份）", "folder of a check; ./geogrid-demo unless given"),
    ),
    "version": Option("", Text("显示版本", "show the version")),
    "help": Option("", Text("显示帮助", "show this help")),
}

USAGE = Text("用法", "Usage")
OPTIONS_TITLE = Text("选项", "Options")
COMMANDS_TITLE = Text("命令", "Commands")
REQUIRED = Text("必填", "required")
MORE_HELP = Text("每个命令的说明：geogrid 命令 --help", "Help on a command: geogrid COMMAND --help")
EXIT_CODES = Text(
    "退出码：0 完成；2 输入或用法有误，可以改正；1 程序自身出错；130 被中断。",
    "Exit codes: 0 done; 2 unusable input or usage, which you can mend; 1 our fault; 130 interrupted.",
)

USAGE_ERRORS: Mapping[str, Text] = {
    "MissingParameter": Text("缺少 {name}", "missing: {name}"),
    "NoSuchOption": Text("没有选项 {name}", "there is no option {name}"),
    "BadOptionUsage": Text("{name} 后面要给一个值", "{name} needs a value after it"),
    "BadParameter": Text("{name} 的值不对：{detail}", "{name} has a wrong value: {detail}"),
    "UsageError": Text("用法不对：{detail}", "wrong usage: {detail}"),
}
"""By the class of the library's error; others are told as wrong usage."""

ABOVE_0 = Text("{name} 后面应为大于 0 的数字", "{name} must be followed by a number above 0")
A_PORT = Text("0 到 65535 的整数", "a whole number from 0 to 65535")
NOT_READABLE = Text("{name} 所指的文件或文件夹没有读取权限", "what {name} names may not be read: permission denied")
WRONG_VALUES: Mapping[str, Text] = {
    **dict.fromkeys(("MIN", "KM/H", "M"), ABOVE_0),
    **dict.fromkeys(("FILE", "DIR", "IN", "OUT"), NOT_READABLE),
    "N": Text(f"{{name}} 后面应为：{A_PORT.zh}", f"{{name}} must be followed by {A_PORT.en}"),
}
"""What is said of a wrong value, by what stands after its option."""

SETTINGS: Mapping[str, Text] = {
    "port": A_PORT,
    "lang": Text("zh 或 en", "zh or en"),
    "frame_ancestors": Text(
        "以空格分开的网站地址，如 https://portal.example.cn；或单独的 'self'、'none'",
        "origins such as https://portal.example.cn, separated by spaces, or 'self', or 'none' alone",
    ),
    "busy_after_s": Text("0 到 60 之间的秒数", "seconds, above 0 and up to 60"),
}
"""What a setting of the service must be."""
NO_COMMAND = Text("没有命令 {name}：可用 {known}", "there is no command {name!r}: choose {known}")

REASONS: Mapping[int, Text] = {
    errno.EACCES: Text("没有权限", "permission denied"),
    errno.EPERM: Text("不允许这样做", "operation not permitted"),
    errno.ENOSPC: Text("磁盘已满", "no space left on the disk"),
    errno.EDQUOT: Text("磁盘配额已用完", "disk quota exceeded"),
    errno.EROFS: Text("磁盘只能读", "read-only disk"),
    errno.ENOENT: Text("上级文件夹不存在", "no such folder"),
    errno.ENOTDIR: Text("上级不是文件夹", "not a folder"),
    errno.EISDIR: Text("这是一个文件夹", "it is a folder"),
    errno.ENAMETOOLONG: Text("名称太长", "name too long"),
    errno.EADDRINUSE: Text("端口已被占用", "the port is in use"),
    errno.EADDRNOTAVAIL: Text("本机没有这个地址", "this machine has no such address"),
}
"""Failures of the system that the user can mend."""


def wrong_setting(name: str, value: object) -> Text:
    """Say which setting is wrong, in terms of its environment variable.

    Examples
    --------
    >>> wrong_setting("port", "high").en
    "GEOGRID_PORT (or its option) is 'high': expected a whole number from 0 to 65535"
    """
    expected = SETTINGS.get(name, Text("另一个值", "another value"))
    variable, shown = f"GEOGRID_{name.upper()}", " ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return Text(
        f"{variable}（或对应的选项）的值“{shown}”不对，应为：{expected.zh}",
        f"{variable} (or its option) is {shown!r}: expected {expected.en}",
    )


def reason(error: OSError) -> Text:
    """Return why the system refused, in both languages.

    Examples
    --------
    >>> reason(OSError(errno.ENOSPC, "No space left on device")).zh
    '磁盘已满'
    """
    said = str(error.strerror or error)
    return REASONS.get(error.errno or 0, Text(said, said))


ERROR = Text("错误", "Error")
SEE_HELP = Text("查看说明：{command} --help", "See: {command} --help")
INTERRUPTED = Text("已中断。", "Interrupted.")
FAULT = Text(
    "程序自身出错（{kind}），这不是您的文件的问题。\n详情写在 {file}，请连同版本号 {version} 一起反馈。",
    "This is our fault ({kind}), not that of your files.\nDetails are in {file}; please report them with the version, {version}.",
)
LANG_WRONG = Text("语言 {lang} 不支持：请用 zh 或 en", "language {lang} is not known: use zh or en")
