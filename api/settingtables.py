"""The settings of the service by subject: what each is, its default, and what it must be. `api.settings` joins them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, SecretStr

from geogrid.words import Lang  # noqa: TC001 -- pydantic reads it

MIB = 1 << 20
Bytes = Annotated[int, Field(ge=1024)]
Seconds = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]


def says(zh: str, en: str) -> Any:
    """Return a setting's description: English, with Chinese beside it."""
    return Field(description=en, json_schema_extra={"x-zh": zh})


class Served(BaseModel):
    """What is served, and where."""

    folder: Annotated[Path, says("check 写出的结果文件夹", "folder that `check` wrote")] = Path("geogrid-demo")
    workspace: Annotated[Path | None, says("工作区文件；有它就不看 folder", "workspace file; it goes before `folder`")] = None
    data_dir: Annotated[
        Path | None,
        says(
            "服务自己的文件夹（密钥、任务、发布的版本），默认在工作区旁",
            "the service's own folder (keys, jobs, what is published); beside the workspace unless given",
        ),
    ] = None
    key_file: Annotated[Path | None, says("工作区台账的密钥文件", "key file of the workspace's ledger")] = None
    host: Annotated[str, says("监听的地址", "address to listen on")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535), says("监听的端口，0 为任选", "port to listen on; 0 takes a free one")] = 8765
    workers: Annotated[int, Field(ge=1, le=64), says("进程数", "processes")] = 1
    lang: Annotated[Lang, says("未指明语言时所用的语言", "language for callers that ask for none")] = "zh"
    public_url: Annotated[
        str, says("本服务的公开网址，链接和二维码都用它", "public address of the service, in links and QR codes")
    ] = ""
    trusted_proxies: Annotated[
        tuple[str, ...], says("可信的反向代理地址，以空格分开", "addresses of reverse proxies to believe, separated by spaces")
    ] = ()


class Framed(BaseModel):
    """Who may embed what."""

    frame_ancestors: Annotated[
        tuple[str, ...],
        Field(min_length=1),
        says(
            "可嵌入 /embed/* 和 /grids/* 的网站，以空格分开", "origins whose pages may frame `/embed/*` and `/grids/*`, by spaces"
        ),
    ] = ("'self'",)
    portals: Annotated[
        dict[str, tuple[str, ...]],
        says("各乡镇门户：区域编号到网站的表（JSON）", "portals of townships: area id to origins (JSON)"),
    ] = Field(default_factory=dict)
    basemap: Annotated[
        Literal["none", "tiles", "tianditu"], says("底图：无、自有瓦片、天地图", "basemap: none, your own tiles, Tianditu")
    ] = "none"
    basemap_url: Annotated[str, says("瓦片网址，含 {z}、{x}、{y}", "address of tiles with {z}, {x}, {y}")] = ""
    basemap_datum: Annotated[Literal["wgs84", "gcj02"], says("瓦片的坐标系", "datum of the tiles")] = "wgs84"
    basemap_attribution: Annotated[str, says("底图的版权说明", "attribution of the basemap")] = ""
    tianditu_key: Annotated[SecretStr | None, says("天地图密钥，只在服务器上", "Tianditu key; it stays on the server")] = None


class Access(BaseModel):
    """Who may come in, and how long that lasts."""

    staff_token: Annotated[
        SecretStr | None,
        says("结果文件夹的工作人员令牌（24 字符以上）", "staff token for a check's folder (24 characters or more)"),
    ] = None
    loopback_role: Annotated[
        Literal["public", "viewer", "planner", "admin"],
        says("本机访问免密钥所得的角色；页面上会注明", "role of callers on this machine without a key; pages say so"),
    ] = "public"
    session_hours: Annotated[float, Field(gt=0, le=720), says("登录保持的小时数", "hours that a login lasts")] = 8.0
    requests_per_minute: Annotated[Count, says("每个密钥或地址每分钟的请求数", "requests a minute by key or address")] = 6000
    logins_per_minute: Annotated[Count, says("每个地址每分钟的错误登录数", "wrong keys or logins a minute by address")] = 10
    backup_days: Annotated[Count, says("备份保留的天数，删除住户时告知", "days that backups are kept, told when erasing")] = 30


class Limits(BaseModel):
    """What the service takes on."""

    busy_after_s: Annotated[
        float, Field(gt=0, le=60), says("等候生成页面的秒数，之后回 503", "seconds to wait for a page being made, then 503")
    ] = 10.0
    concurrency: Annotated[Count, says("同时处理的请求数，再多回 503", "requests at once; more are answered 503")] = 64
    body_bytes: Annotated[Bytes, says("请求正文的最大字节数", "largest body of a request, bytes")] = MIB
    body_seconds: Annotated[Seconds, says("收完请求正文的秒数", "seconds for a body to arrive")] = 30.0
    upload_bytes: Annotated[Bytes, says("上传文件的最大字节数", "largest uploaded file, bytes")] = 512 * MIB
    uploads_bytes: Annotated[Bytes, says("全部上传文件的最大字节数", "all uploaded files together, bytes")] = 2048 * MIB
    upload_seconds: Annotated[Seconds, says("收完上传文件的秒数", "seconds for an upload to arrive")] = 600.0
    upload_hours: Annotated[Seconds, says("上传文件保留的小时数", "hours that uploads are kept")] = 24.0
    parse_seconds: Annotated[Seconds, says("解析一个文件的秒数", "seconds to parse a file")] = 120.0
    parse_mib: Annotated[Annotated[int, Field(ge=768)], says("解析进程的内存（MiB）", "memory of the parsing process, MiB")] = (
        2048
    )
    parses: Annotated[Count, says("同时解析的文件数", "files parsed at once")] = 1
    items: Annotated[Count, says("limit 的最大值", "largest `limit`")] = 10_000
    filter_bytes: Annotated[Count, says("filter 的最大字节数", "longest `filter`, bytes")] = 8192
    tile_cache_mib: Annotated[Count, says("瓦片缓存（MiB）", "cache of tiles, MiB")] = 128
    jobs: Annotated[Count, says("同时进行的任务数", "jobs at once")] = 1
    jobs_waiting: Annotated[Count, says("等候的任务数，再多回 503", "jobs that may wait; more are answered 503")] = 32
    job_seconds: Annotated[Seconds, says("一个任务的秒数", "seconds for a job")] = 3600.0
    job_mib: Annotated[Annotated[int, Field(ge=512)], says("任务进程的内存（MiB）", "memory of a job's process, MiB")] = 8192
    job_days: Annotated[Count, says("任务结果保留的天数", "days that results of jobs are kept")] = 30


class Running(BaseModel):
    """What it tells those who run it."""

    log: Annotated[
        Literal["json", "text", "none"], says("请求日志的格式，不含个人数据", "format of the log of requests; no personal data")
    ] = "none"
    metrics: Annotated[bool, says("是否提供 /metrics（Prometheus）", "whether there is `/metrics` (Prometheus)")] = False
    stop_seconds: Annotated[Seconds, says("停止时等候进行中请求的秒数", "seconds that stopping waits for requests under way")] = (
        15.0
    )
