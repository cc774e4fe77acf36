"""The reference of the service's addresses, made from its OpenAPI description, so that it is never out of date."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from api.callers import ROLE_NAMES
from api.conditions import OF
from api.pages import NEVER, TAGS, heading, stylesheet
from geogrid.words import Text
from maps.document import page
from maps.markup import Html, element, joined

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.words import Lang

TITLE = Text("接口文档", "API reference")
INTRODUCTION = (
    Text(
        "不认识的参数返回 400。标明角色的地址需要密钥（Authorization: Bearer …）或登录；角色只在其区域内有效，之外与公众相同。",
        "Unknown parameters are answered with 400. Addresses that state a role need a key (Authorization: Bearer …) or a login; "
        "a role holds within its areas, outside them a caller is the public.",
    ),
    Text(
        "公开的回答都有强 ETag：带上 If-None-Match 再问，没有变化就只回 304。可用 gzip。",
        "Public answers have a strong ETag: ask again with If-None-Match, and nothing new is a short 304. gzip is spoken.",
    ),
    Text(
        "改方案、写入导入必须带 If-Match（读取时的 ETag）：没有带返回 428，已被他人修改返回 412；其余修改要不要带，逐个写明。"
        "新建可带 Idempotency-Key，重发不会做两次。",
        "Changes of plans, and imports that write, need If-Match (the ETag that reading gave): without it 428, changed meanwhile "
        "412; each other change says whether it takes one. What creates takes an Idempotency-Key, so that sending it twice does "
        "it once.",
    ),
    Text(
        "出错时返回问题说明（application/problem+json，RFC 9457），语言随 lang 或 Accept-Language。",
        "Errors are problem details (application/problem+json, RFC 9457) in the language of lang or Accept-Language.",
    ),
    Text(
        "公开数据可供任何网站读取（不带凭据）。按地址返回 401、403、404、422、429、503 的情形各地址相同，下面只列其余的。",
        "Any site may read public data, without credentials. Every address may answer 401, 403, 404, 422, 429 and 503; only "
        "others are listed below.",
    ),
)
EVERYWHERE = frozenset({"200", "201", "202", "204", "304", "400", "401", "403", "404", "408", "413", "415", "422", "429", "503"})
KINDS: Mapping[str, Text] = {
    "string": Text("文字", "text"),
    "integer": Text("整数", "whole number"),
    "number": Text("数", "number"),
    "boolean": Text("是否（true 或 false）", "true or false"),
    "array": Text("列表", "list"),
    "object": Text("对象", "object"),
}
"""Kinds of JSON values."""
BASE = "http://127.0.0.1:8765"


def docs_page(openapi: Mapping[str, Any], *, lang: Lang) -> str:
    """Return the reference: every address, grouped, with its parameters, body, answers and an example."""
    title = TITLE.say(lang)
    groups: dict[str, list[Html]] = {}
    for path, operations in openapi["paths"].items():
        for method, operation in operations.items():
            groups.setdefault(operation["tags"][0], []).append(_operation(method.upper(), path, operation, lang))
    sections = [joined([element("h2", TAGS[tag].say(lang), id=tag), *parts]) for tag, parts in groups.items()]
    contents = element(
        "nav",
        element("ul", *(element("li", element("a", TAGS[tag].say(lang), href=f"#{tag}")) for tag in groups), class_="plain"),
    )
    footer = element(
        "footer",
        element("p", NEVER.say(lang)),
        element("p", f"geogrid {openapi['info']['version']} · OpenAPI {openapi['openapi']}"),
    )
    body = element("main", heading("geogrid", title, "docs", lang), _introduction(lang), contents, *sections, footer)
    return page(f"geogrid · {title}", body, lang=lang, more_css=stylesheet())


def _introduction(lang: Lang) -> Html:
    home = element(
        "p",
        element("a", Text("← 首页", "← Start page").say(lang), href=f"./?lang={lang}"),
        " · ",
        element("a", "OpenAPI", href="api/v1/openapi.json"),
    )
    return joined([element("ul", *(element("li", line.say(lang)) for line in INTRODUCTION), class_="plain"), home])


def _operation(method: str, path: str, operation: Mapping[str, Any], lang: Lang) -> Html:
    named = element("code", path)
    is_link = method == "GET" and "{" not in path and operation["x-role"] == "public"
    shown = element("a", named, href=path.lstrip("/") or "./") if is_link else named
    role = operation["x-role"]
    needs = (
        element("p", Text("角色：", "Role: ").say(lang), ROLE_NAMES[role].say(lang), class_="note") if role != "public" else None
    )
    return element(
        "section",
        element("h3", element("span", method, class_="method"), " ", shown),
        element("p", operation["x-zh"] if lang == "zh" else operation["summary"]),
        needs,
        _condition(f"{method} {path}", lang),
        _parameters(operation.get("parameters", []), lang),
        _body(operation, lang),
        _answers(operation, lang),
        element("pre", element("code", _example(method, path, operation))),
        class_="operation",
    )


def _condition(address: str, lang: Lang) -> Html | None:
    """Say what a change rests on."""
    return element("p", OF[address].says.say(lang), class_="note") if address in OF else None


def _answers(operation: Mapping[str, Any], lang: Lang) -> Html:
    """Say what comes back, and which errors are this address's own."""
    done = min(operation["responses"])
    types = ", ".join(sorted(operation["responses"][done].get("content", {}))) or Text("无内容", "no content").say(lang)
    own = sorted(set(operation["responses"]) - EVERYWHERE)
    also = f"; {', '.join(own)}" if own else ""
    return element("p", Text("返回：", "Answers: ").say(lang), element("code", f"{done} {types}{also}"), class_="note")


def _body(operation: Mapping[str, Any], lang: Lang) -> Html | None:
    """List what a body of JSON may hold, or of which type it is."""
    content = operation.get("requestBody", {}).get("content", {})
    if not content:
        return None
    rows = [
        part
        for name, schema in content.get("application/json", {}).get("schema", {}).get("properties", {}).items()
        for part in (element("dt", element("code", name)), element("dd", _kind(schema, lang)))
    ]
    title = element("p", Text("正文：", "Body: ").say(lang), element("code", ", ".join(content)), class_="note")
    return joined([title, element("dl", *rows)]) if rows else title


def _kind(schema: Mapping[str, Any], lang: Lang) -> Html:
    """Return the kind of value that a schema takes, in a word or a list of choices."""
    parts = [schema, *schema.get("anyOf", ()), *schema.get("oneOf", ())]
    choices = [str(each) for part in parts for each in part.get("enum", [part["const"]] if "const" in part else [])]
    if choices:
        return joined([part for choice in choices for part in (element("code", choice), " ")][:-1])
    kinds = [KINDS[part["type"]].say(lang) for part in parts if part.get("type") in KINDS]
    return joined([Text("、", ", ").say(lang).join(kinds)])


def _example(method: str, path: str, operation: Mapping[str, Any]) -> str:
    """Return a command that asks for it."""
    words = ["curl", "--compressed"]
    words += [] if method == "GET" else ["-X", method]
    words += [] if operation["x-role"] == "public" else ["-H", "'Authorization: Bearer KEY'"]
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" in content:
        sample = content["application/json"].get("example", content["application/json"].get("schema", {}).get("example", {}))
        words += ["-H", "'Content-Type: application/json'", "-d", f"'{json.dumps(sample, ensure_ascii=False)}'"]
    elif content:
        words += ["-H", f"'Content-Type: {next(iter(content))}'", "--data-binary", "@FILE"]
    return " ".join([*words, f"'{BASE}{path}{_query(operation)}'"])


def _query(operation: Mapping[str, Any]) -> str:
    names = [parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "query"]
    return "?service=all" if "service" in names and "household" not in names else ""


def _parameters(parameters: list[Mapping[str, Any]], lang: Lang) -> Html | None:
    rows = [_parameter(parameter, lang) for parameter in parameters]
    return element("dl", *(part for row in rows for part in row)) if rows else None


def _parameter(parameter: Mapping[str, Any], lang: Lang) -> tuple[Html, Html]:
    schema = parameter["schema"]
    choices: list[str] = next((part["enum"] for part in schema.get("anyOf", [schema]) if "enum" in part), [])
    told = parameter.get("description", schema.get("description", ""))
    said = schema.get("x-zh", told) if lang == "zh" else told
    listed = [element("span", " · ", *(element("code", choice) for choice in choices))] if choices else []
    return element("dt", element("code", parameter["name"])), element("dd", said, *listed)
