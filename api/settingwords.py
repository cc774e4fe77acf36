"""What is said of settings that cannot be used: what each must be, in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

A_PORT = Text("0 到 65535 的整数", "a whole number from 0 to 65535")
A_PATH = Text("文件或文件夹的路径", "a path")
AN_ADDRESS = Text("http:// 或 https:// 开头的网址，如 https://grid.example.cn", "an address such as https://grid.example.cn")
COUNT = Text("1 以上的整数", "a whole number, 1 or more")
SECONDS = Text("大于 0 的秒数", "seconds, above 0")
HOURS = Text("大于 0 的小时数", "hours, above 0")
BYTES = Text("字节数，1024 以上的整数", "bytes: a whole number, 1024 or more")
SWITCH = Text("true 或 false", "true or false")
SOME_TEXT = Text("一段文字", "text")

SETTINGS: Mapping[str, Text] = {
    **dict.fromkeys(("folder", "workspace", "data_dir", "key_file"), A_PATH),
    **dict.fromkeys(
        ("requests_per_minute", "logins_per_minute", "backup_days", "concurrency", "parses", "items", "filter_bytes"), COUNT
    ),
    **dict.fromkeys(("tile_cache_mib", "jobs", "jobs_waiting", "job_days"), COUNT),
    **dict.fromkeys(("body_seconds", "upload_seconds", "parse_seconds", "job_seconds", "stop_seconds"), SECONDS),
    **dict.fromkeys(("body_bytes", "upload_bytes", "uploads_bytes"), BYTES),
    "host": Text("本机的一个地址，如 127.0.0.1", "an address of this machine, such as 127.0.0.1"),
    "port": A_PORT,
    "workers": Text("1 到 64 的整数", "a whole number from 1 to 64"),
    "lang": Text("zh 或 en", "zh or en"),
    "public_url": AN_ADDRESS,
    "trusted_proxies": Text("以空格分开的 IP 地址或网段", "IP addresses or networks, separated by spaces"),
    "frame_ancestors": Text(
        "以空格分开的网站地址，如 https://portal.example.cn；或单独的 'self'、'none'",
        "origins such as https://portal.example.cn, separated by spaces, or 'self', or 'none' alone",
    ),
    "portals": Text(
        '区域编号到网站地址的 JSON 表，如 {"A01": ["https://portal.example.cn"]}',
        'a JSON object from area ids to origins, such as {"A01": ["https://portal.example.cn"]}',
    ),
    "basemap": Text("none、tiles 或 tianditu", "none, tiles or tianditu"),
    "basemap_url": Text(
        "瓦片网址，含 {z}、{x}、{y}，如 https://tiles.example.cn/{z}/{x}/{y}.png",
        "an address with {z}, {x} and {y}, such as https://tiles.example.cn/{z}/{x}/{y}.png",
    ),
    "basemap_datum": Text("wgs84 或 gcj02", "wgs84 or gcj02"),
    "basemap_attribution": SOME_TEXT,
    "tianditu_key": Text("天地图的密钥", "a key of Tianditu"),
    "staff_token": Text("至少 24 个字母、数字或符号，不含空格", "at least 24 letters, digits or signs, without spaces"),
    "loopback_role": Text("public、viewer、planner 或 admin", "public, viewer, planner or admin"),
    "session_hours": Text("0 到 720 之间的小时数", "hours, above 0 and up to 720"),
    "upload_hours": HOURS,
    "busy_after_s": Text("0 到 60 之间的秒数", "seconds, above 0 and up to 60"),
    "parse_mib": Text("256 以上的整数（MiB）", "a whole number of MiB, 256 or more"),
    "job_mib": Text("512 以上的整数（MiB）", "a whole number of MiB, 512 or more"),
    "log": Text("json、text 或 none", "json, text or none"),
    "metrics": SWITCH,
}
"""What a setting of the service must be."""
SECRET = frozenset({"staff_token", "tianditu_key"})
"""Settings whose values no message repeats."""

NO_FILE = Text(
    "设置文件 {file} 打不开：请核对 --config 或 GEOGRID_CONFIG",
    "the settings file {file} cannot be opened: check --config or GEOGRID_CONFIG",
)
NO_TOML = Text("设置文件 {file} 不是 TOML：{detail}", "the settings file {file} is not TOML: {detail}")
UNKNOWN = Text(
    "没有设置项“{name}”：请核对设置文件中的写法（小写，不带 GEOGRID_）",
    "there is no setting {name!r}: check its spelling in the settings file (lower case, without GEOGRID_)",
)


def wrong_setting(name: str, value: object) -> Text:
    """Say which setting is wrong, in terms of its environment variable.

    Examples
    --------
    >>> wrong_setting("port", "high").en
    "GEOGRID_PORT (or its option) is 'high': expected a whole number from 0 to 65535"
    """
    expected = SETTINGS[name]
    variable, shown = f"GEOGRID_{name.upper()}", " ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    if name in SECRET:
        return Text(f"{variable} 不能用，应为：{expected.zh}", f"{variable} is not usable: expected {expected.en}")
    return Text(
        f"{variable}（或对应的选项）的值“{shown}”不对，应为：{expected.zh}",
        f"{variable} (or its option) is {shown!r}: expected {expected.en}",
    )
