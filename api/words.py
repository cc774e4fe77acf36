"""What the command line says, in both languages: commands, options, and the lines around them."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from api import embedcliwords, keyswords, profilewords, proposewords, workwords
from api.optionword import Option
from geogrid.accesswords import DECAY_NAMES, METHODS, SUPPLIES
from geogrid.modetable import MODES
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.words import Lang


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
    "place": Text(
        "生成一个地方的样例（虚构，规模与资料相同）并检查：标准、层级、人员、等级、盲区、公示牌，写出报告、地图和表。",
        "Make the example of a place (made up, of the stated size) and check it: standards, levels, staff, grades, blind spots, "
        "notice cards; write report, maps and tables.",
    ),
    "network": Text(
        "街道数据可靠吗：断开的街道、差一点相连的断头、没有路口的交叉、缺街道的地方、没人用的街道；也可加上自己画的路看变化。",
        "How good is the street data: loose pieces, near misses, crossings without a junction, stretches without streets, "
        "streets nobody uses; also what your own paths would change.",
    ),
    "explain": Text(
        "这一户为什么够得着或够不着：到最近三处设施的路线、分钟、路程与直线。",
        "Why is this household covered or not: its ways to the nearest three facilities, in minutes, metres and as the crow "
        "flies.",
    ),
    "reach": Text(
        "多远能到：各服务、各设施的等时圈（只是图，覆盖与否看住户自己的时间）和服务范围。",
        "How far one gets: bands of equal time by service and facility (pictures: coverage goes by each household's own time), "
        "and catchments.",
    ),
    "access": Text(
        "够不够用：大家共用时每人分到多少，谁要去更远的地方，网格和年龄之间差多少。",
        "Is there room for everyone: what each person can count on when all share it, who must go farther, how unequal grids "
        "and ages are.",
    ),
    "whatif": Text(
        "假如新增、移动、关闭或开放设施：谁够得着了，谁够不着了。依次为 --changes 文件、移动、开放、关闭、新增。",
        "What if facilities were added, moved, closed or opened: who gains, who loses. In this order: the --changes file, moves, "
        "openings, closings, additions.",
    ),
    "close": Text(
        "街道封闭（洪水、施工）的影响：谁够不着了，谁要绕远。",
        "What closed streets (flood, road works) do: who loses a service, who has a longer way.",
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
        "提供网站和接口：检查结果文件夹（只读公开文件，--staff 除外），或工作区（发布的结果、办公室的工作、登录）。",
        "Serve a web site and API: a check's folder (public files only, but for --staff), or a workspace (what is published, the "
        "office's work, logins).",
    ),
    **workwords.COMMANDS,
    **profilewords.COMMANDS,
    **proposewords.COMMANDS,
    **keyswords.COMMANDS,
    **embedcliwords.COMMANDS,
}

FILE, FOLDER = "FILE", "DIR"


def _choices(known: Mapping[str, Text], lang: Lang) -> str:
    """Name choices and what they mean, the first of them the default."""
    default = {"zh": "（默认）", "en": " (default)"}[lang]
    told = [f"{key}{default if not i else ''} {says.say(lang)}" for i, (key, says) in enumerate(known.items())]
    return {"zh": "；", "en": "; "}[lang].join(told)


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
    "cards": Option(
        "",
        Text(
            "另写公示牌和联系卡到 cards/，每个乡镇（街道）一个打印文件；二维码用 GEOGRID_PUBLIC_URL 所设的公开网址",
            "also write notice and contact cards to cards/, a print file per township; QR codes lead to the public address in "
            "GEOGRID_PUBLIC_URL",
        ),
    ),
    "strict": Option("", Text("有标准不达标时退出码为 3，供脚本使用", "exit with code 3 where a standard fails, for scripts")),
    "place_id": Option("PLACE", Text("地方，如 fushan；见 geogrid profiles", "the place, such as fushan; see geogrid profiles")),
    "out": Option(
        FOLDER, Text("结果写到哪里（住户数据在其中的 private/）", "where results go (household rows in private/ inside it)")
    ),
    "services": Option(
        "A,B", Text("检查哪些服务，默认为设施表中出现的全部", "services to check; all that the facilities offer unless given")
    ),
    "cutoff": Option(
        "MIN|S=MIN,…",
        Text(
            "时限（分钟，含），可按服务给，如 medical=30,education=15；默认按配置",
            "cutoff in minutes, inclusive; also by service, as medical=30,education=15; the profile's unless given",
        ),
    ),
    "mode": Option(
        "MODE|S=MODE,…",
        Text(
            f"出行方式：{', '.join(MODES)}；可按服务给，如 medical=car,education=walk；默认按配置",
            f"way of travelling: {', '.join(MODES)}; also by service, as medical=car,education=walk; the profile's unless given",
        ),
    ),
    "add_streets": Option(
        FILE, Text("自己画的街道或小路（线），与街道相连", "your own streets or paths (lines), joined to the streets")
    ),
    "closures": Option(FILE, Text("封闭范围（面或线）：洪水、施工等", "closures (polygons or lines): floods, road works")),
    "on": Option(
        "DATE",
        Text(
            "按哪一天计算：当天的街道封闭，到当天未办结、超期的事项；如 2026-07-02，默认今天",
            "the day that counts, for closures and for open and overdue matters, as 2026-07-02; today unless given",
        ),
    ),
    "join_crossings": Option(
        "", Text("同一层面交叉而没有路口的街道，一律连通", "join streets of one level that cross without a junction")
    ),
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
    "place_datum": Option(
        "DATUM",
        Text(
            "--add 和 --move 所给位置的坐标基准：wgs84（默认）、gcj02、bd09",
            "datum of the places given with --add and --move: wgs84 (default), gcj02, bd09",
        ),
    ),
    "to_datum": Option(
        "DATUM", Text("新文件的坐标基准：wgs84（默认）、gcj02、bd09", "datum of the output: wgs84 (default), gcj02, bd09")
    ),
    "crs": Option("CRS", Text("新文件的坐标系，如 EPSG:4548", "coordinate reference system of the output, such as EPSG:4548")),
    "table": Option(
        "TABLE",
        Text(
            "按哪种表读：grids、areas、units、households、facilities、roads、points；不可用的行另存",
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
    "staff": Option(
        "",
        Text(
            "同时开放工作人员功能（看得到住户），令牌只在启动时显示一次",
            "also serve the staff (who see households), with a token that is shown once, now",
        ),
    ),
    "config": Option(
        "FILE", Text("设置文件（TOML），键同环境变量去掉 GEOGRID_", "file of settings (TOML); keys as in the README")
    ),
    "source": Option("IN", Text("原文件", "the file to read")),
    "target": Option("OUT", Text("新文件，格式由扩展名决定", "the file to write; its extension decides the format")),
    "served": Option(
        "SERVED",
        Text(
            "检查结果的文件夹，默认 ./geogrid-demo（没有就先做一份）；或工作区文件",
            "folder of a check, ./geogrid-demo unless given; or the file of a workspace",
        ),
    ),
    "checked": Option(FOLDER, Text("geogrid check 写出的文件夹", "the folder that geogrid check wrote")),
    "into": Option(
        FOLDER,
        Text("结果写到哪个文件夹，默认 DIR（住户数据在其中的 private/）", "where results go; DIR unless given (private/ in it)"),
    ),
    "geojson": Option(
        "F.geojson", Text("把路线另存为 GeoJSON（含住户位置，勿外传）", "write the ways as GeoJSON (it shows the household)")
    ),
    "household": Option("ID", Text("户编号", "the household's id")),
    "service": Option("SERVICE", Text("哪项服务，如 medical 或 医疗", "which service, such as medical")),
    "later": Option("", Text("把规划中的设施也算上", "count planned facilities too")),
    "chosen": Option("ID,ID|all", Text("另画哪些设施，all 为全部", "facilities to draw one by one too; all for every one")),
    "minutes": Option("MIN,MIN", Text("各圈的时限（分钟），默认 5,10,15", "limits of the bands; 5,10,15 unless given")),
    "over": Option(
        "units|grids",
        Text("服务范围按单元还是网格画，默认有单元面就用单元", "draw catchments over these; units where there are polygons"),
    ),
    "method": Option("METHOD", Text(_choices(METHODS, "zh"), _choices(METHODS, "en"))),
    "decay": Option(
        "DECAY",
        Text(
            f"e2sfca 的衰减：{', '.join(DECAY_NAMES)}，默认 step",
            f"decay of e2sfca: {', '.join(DECAY_NAMES)}; step unless given",
        ),
    ),
    "supply": Option("SUPPLY", Text(_choices(SUPPLIES, "zh"), _choices(SUPPLIES, "en"))),
    "demand": Option(
        "DEMAND",
        Text(
            "谁来用：persons（默认）、aged_65、children_0_14、persons_<季节>",
            "who asks: persons (default), aged_65, children_0_14, persons_<season>",
        ),
    ),
    "reach_min": Option(
        "MIN", Text("多少分钟以内算够得着，默认为该服务的时限", "reach in minutes; the service's cutoff unless given")
    ),
    "changes": Option(
        FILE,
        Text(
            "变更文件（.json 或 .csv），如上次的 private/whatif.json",
            "changes (.json or .csv), such as the last private/whatif.json",
        ),
    ),
    "move": Option("ID@LON,LAT", Text("移动设施，可多次", "move a facility; may be repeated")),
    "reopen": Option("ID", Text("开放规划中或已关闭的设施，可多次", "open a planned or closed facility; may be repeated")),
    "shut": Option("ID", Text("关闭设施，可多次", "close a facility; may be repeated")),
    "add": Option(
        "ID@LON,LAT:S+S:NAME",
        Text("新增设施及其服务，名称可省，可多次", "add a facility with services; the name may be left out"),
    ),
    "width": Option(
        "M", Text("线状封闭向两侧各算多少米，默认 5", "how far a closure drawn as a line reaches to each side; 5 unless given")
    ),
    "version": Option("", Text("显示版本", "show the version")),
    "help": Option("", Text("显示帮助", "show this help")),
    **workwords.OPTIONS,
    **profilewords.OPTIONS,
    **proposewords.OPTIONS,
    **keyswords.OPTIONS,
    **embedcliwords.OPTIONS,
}

USAGE = Text("用法", "Usage")
OPTIONS_TITLE = Text("选项", "Options")
COMMANDS_TITLE = Text("命令", "Commands")
REQUIRED = Text("必填", "required")
MORE_HELP = Text("每个命令的说明：{path} 命令 --help", "Help on a command: {path} COMMAND --help")
EXIT_CODES = Text(
    "退出码：0 完成；2 输入或用法有误，可以改正；3 检查出了问题（check --strict、validate、codes、verify、audit、plan rebase、"
    "publish）；"
    "1 程序自身出错；130 被中断。",
    "Exit codes: 0 done; 2 unusable input or usage, which you can mend; 3 what was tested is not in order (check --strict, "
    "validate, codes, verify, audit, plan rebase, publish); 1 our fault; 130 interrupted.",
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
NOT_READABLE = Text("{name} 所指的文件或文件夹没有读取权限", "what {name} names may not be read: permission denied")
WRONG_VALUES: Mapping[str, Text] = {
    **dict.fromkeys(("MIN", "KM/H", "M", "MIN|S=MIN,…", "MIN,MIN"), ABOVE_0),
    **dict.fromkeys(("FILE", "DIR", "SERVED", "IN", "OUT"), NOT_READABLE),
    **dict.fromkeys(("STEPS", "VERSION"), workwords.WHOLE),
}
"""What is said of a wrong value, by what stands after its option."""
WITHIN = Text("{name} 后面应为：{low} 到 {high} 的整数", "{name} must be followed by a whole number from {low} to {high}")
FROM_ON = Text("{name} 后面应为：不小于 {low} 的整数", "{name} must be followed by a whole number, {low} or more")
"""What is said of a number outside its limits."""

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
    errno.ELOOP: Text("链接成圈", "links in a circle"),
    errno.EFBIG: Text("文件超过允许的大小", "file larger than allowed"),
    errno.EIO: Text("磁盘读写出错", "the disk failed"),
    errno.EMFILE: Text("打开的文件过多", "too many open files"),
    errno.ENFILE: Text("打开的文件过多", "too many open files"),
    errno.EADDRINUSE: Text("端口已被占用", "the port is in use"),
    errno.EADDRNOTAVAIL: Text("本机没有这个地址", "this machine has no such address"),
}
"""Failures of the system that the user can mend."""


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
