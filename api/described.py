"""The OpenAPI description, completed: problem details, who may come in, parameters of paths, and examples from a run."""

from __future__ import annotations

import json
from functools import cache, partial
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI

from api.errors import DETAILS, MEDIA_TYPE, TITLES
from api.pages import TAGS
from api.sessions import COOKIE, CSRF_HEADER, HOST_COOKIE
from api.statuswords import WRONG
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PARAMETERS: Mapping[str, Text] = {
    "plan_id": Text("方案编号。", "Id of a plan."),
    "grid_id": Text("网格编号。", "Id of a grid."),
    "job_id": Text("任务编号。", "Id of a job."),
    "check_id": Text("检查编号（即任务编号）。", "Id of a check, which is that of its job."),
    "proposal_id": Text("建议编号（即任务编号）。", "Id of a proposal, which is that of its job."),
    "export_id": Text("导出编号（即任务编号）。", "Id of an export, which is that of its job."),
    "import_id": Text("导入编号（即任务编号）。", "Id of an import, which is that of its job."),
    "upload_id": Text("上传文件的编号。", "Id of an uploaded file."),
    "layer": Text("图层。", "A layer."),
    "name": Text("文件名，见 files。", "Name of a file, as files lists them."),
}
"""What parameters of paths are that their routes do not describe, by name."""

OF_OGC = frozenset({"limit", "bbox", "bbox-crs", "datetime", "crs"})
FORM: Mapping[str, Any] = {"style": "form", "explode": False}
"""How parameters of the OGC's standards are written: several values with commas."""
SAYS = Text(
    "网格化治理的开放服务：公开的汇总、地图和图层；凭密钥在自己的区域内读、改和发布。",
    "An open service for grid governance: public aggregates, maps and layers; with a key, reading, redrawing and publishing "
    "within one's areas.",
)
SCHEMES: Mapping[str, Any] = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": "A key, as `geogrid key create` or POST /api/v1/keys showed it.",
        "x-zh": "密钥：geogrid key create 或 POST /api/v1/keys 显示一次的那个。",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": f"The session of a browser, which POST /login begins; over HTTPS the cookie is {HOST_COOKIE}. Changes "
        f"need the header {CSRF_HEADER} besides; GET /api/v1/me tells its value.",
        "x-zh": f"浏览器的会话，由 POST /login 开始；用 HTTPS 时 cookie 名为 {HOST_COOKIE}。修改还要带请求头 {CSRF_HEADER}，"
        "其值见 GET /api/v1/me。",
    },
}
"""How one says who one is: with either."""

PROBLEM: Mapping[str, Any] = {
    "type": "object",
    "description": "Problem details (RFC 9457) in the caller's language.",
    "x-zh": "问题说明（RFC 9457），用调用者的语言。",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 300, "maximum": 599},
        "detail": {"type": "string"},
    },
}
WAITS = frozenset({429, 503})


class DescribedApp(FastAPI):
    """An application whose OpenAPI description is complete."""

    def openapi(self) -> dict[str, Any]:
        """Return the description, made once."""
        if not self.openapi_schema:
            self.openapi_schema = completed(super().openapi())
        return self.openapi_schema


def completed(openapi: Mapping[str, Any]) -> dict[str, Any]:
    """Return a description with everything that a reader needs.

    Parameters
    ----------
    openapi : mapping
        As the framework makes it of the routes.

    Returns
    -------
    dict
        Errors are those of ``components``; every parameter says in both languages what it is; an answer whose route gives no
        example has the one of a run (`examples`).
    """
    paths = {
        path: {method: _operation(method, path, each) for method, each in operations.items()}
        for path, operations in openapi["paths"].items()
    }
    info = {**openapi["info"], "description": f"{SAYS.zh}\n\n{SAYS.en}", "x-zh": SAYS.zh}
    tags = [{"name": name, "description": text.en, "x-zh": text.zh} for name, text in TAGS.items() if name in _tags(paths)]
    problems = {problem_name(status): _problem(status) for status in WRONG}
    components = {"schemas": {"Problem": dict(PROBLEM)}, "responses": problems, "securitySchemes": dict(SCHEMES)}
    return {**openapi, "info": info, "tags": tags, "paths": paths, "components": components}


def problem_name(status: int) -> str:
    """Return what an error is called among the description's components."""
    return f"Problem{status}"


@cache
def examples() -> Mapping[str, Any]:
    """Return answers of a service of the paper town, cut short, by method and path; tests/described.py writes them."""
    read: Mapping[str, Any] = json.loads((files("api") / "static" / "examples.json").read_text(encoding="utf-8"))
    return read


def _tags(paths: Mapping[str, Any]) -> set[str]:
    return {tag for operations in paths.values() for each in operations.values() for tag in each["tags"]}


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> dict[str, Any]:
    whole = {**operation, "description": f"{operation['x-zh']}\n\n{operation['summary']}"}
    whole["responses"] = {status: _response(status, each) for status, each in operation["responses"].items()}
    if operation.get("parameters"):
        whole["parameters"] = [_parameter(each) for each in sorted(operation["parameters"], key=partial(_place, path))]
    if operation.get("x-role", "public") != "public":
        whole["security"] = [{name: []} for name in SCHEMES]
    shown = examples().get(f"{method.upper()} {path}")
    for content in () if shown is None else _without_example(whole["responses"]):
        content["example"] = shown
    return whole


def _without_example(responses: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for status, each in responses.items():
        if status.startswith("2"):
            main = list(each.get("content", {}).values())[:1]  # the others are the same as pages for people, or as other files
            yield from (content for content in main if "example" not in content)


def _response(status: str, response: Mapping[str, Any]) -> dict[str, Any]:
    if MEDIA_TYPE in response.get("content", {}):
        return {"$ref": f"#/components/responses/{problem_name(int(status))}"}
    content = {name: dict(each) for name, each in response.get("content", {}).items()}
    return {**response, "content": content} if content else dict(response)


def _parameter(parameter: Mapping[str, Any]) -> dict[str, Any]:
    told, form = PARAMETERS.get(parameter["name"]), FORM if parameter["name"] in OF_OGC else {}
    if told is None or "x-zh" in parameter["schema"]:
        return {**parameter, **form}
    return {**parameter, **form, "description": told.en, "schema": {**parameter["schema"], "x-zh": told.zh}}


def _place(path: str, parameter: Mapping[str, Any]) -> tuple[bool, int]:
    """Return where a parameter is named: those of the path in its order, then the others as they are."""
    return parameter["in"] != "path", path.find(f"{{{parameter['name']}}}")


def _problem(status: int) -> dict[str, Any]:
    shown = {"type": "about:blank", "title": TITLES.get(status, TITLES[500]).zh, "status": status}
    shown |= {"detail": DETAILS[status].zh} if status in DETAILS else {"detail": WRONG[status].zh}
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": shown}}
    told: dict[str, Any] = {"description": WRONG[status].en, "x-zh": WRONG[status].zh, "content": content}
    waits = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "string"}}}
    return told | ({"headers": waits} if status in WAITS else {})
