"""The description of the service: complete in both languages, valid, and true to what a run gives."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest

from api.app import create_app
from api.docspage import docs_page
from api.settings import Settings
from tests.builders import paper_town
from tests.described import contents, fits, run
from tests.service import office

if TYPE_CHECKING:
    from pathlib import Path

    from tests.described import Told
    from tests.service import Office

CHINESE = re.compile(r"[\u4e00-\u9fff]")
SCHEMA = "#/components/schemas/"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """An office, whose service has every address."""
    return office(tmp_path_factory.mktemp("described"))


@pytest.fixture(scope="module")
def openapi(town: Office) -> dict[str, Any]:
    """What it says of itself."""
    return town.app.openapi()


@pytest.fixture(scope="module")
def told(town: Office) -> dict[str, Told]:
    """What it answers, of everything once."""
    return run(town)


def operations(openapi: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(f"{method.upper()} {path}", each) for path, of in openapi["paths"].items() for method, each in of.items()]


def resolved(openapi: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in part:
        return part
    found: dict[str, Any] = openapi
    for name in part["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return found


def in_both(zh: str, en: str) -> bool:
    """Return whether a sentence is there in both languages, each in its own."""
    return bool(CHINESE.search(zh)) and bool(re.search(r"[a-z]", en)) and not CHINESE.search(en)


def test_the_description_is_openapi_31_and_that_for_older_programs_is_30(town: Office, openapi: dict[str, Any]) -> None:
    definitions = pytest.importorskip("schemathesis.specs.openapi.definitions")
    wrong = [str(error)[:300] for error in jsonschema_rs.Draft202012Validator(definitions.OPENAPI_31).iter_errors(openapi)]
    assert (openapi["openapi"][:3], wrong) == ("3.1", [])
    older = town.ask("/api/v1/openapi-3.0.json").json()
    wrong = [str(error)[:300] for error in jsonschema_rs.Draft4Validator(definitions.OPENAPI_30).iter_errors(older)]
    assert (older["openapi"][:3], wrong) == ("3.0", [])


def test_every_operation_says_in_both_languages_what_it_does(openapi: dict[str, Any]) -> None:
    assert [key for key, each in operations(openapi) if not in_both(each["x-zh"], each["summary"])] == []
    assert [key for key, each in operations(openapi) if each["description"] != f"{each['x-zh']}\n\n{each['summary']}"] == []
    assert [tag for tag in openapi["tags"] if not in_both(tag["x-zh"], tag["description"])] == []
    names = [each["operationId"] for _, each in operations(openapi)]
    assert len(names) == len(set(names))


def test_every_parameter_is_described_in_both_languages(openapi: dict[str, Any]) -> None:
    every = [(key, each) for key, of in operations(openapi) for each in of.get("parameters", [])]
    wrong = [
        (key, each["name"]) for key, each in every if not in_both(each["schema"].get("x-zh", ""), each.get("description", ""))
    ]
    assert wrong == []


def test_every_answer_is_described_and_errors_are_problem_details(openapi: dict[str, Any]) -> None:
    for key, each in operations(openapi):
        for status, answer in each["responses"].items():
            found = resolved(openapi, answer)
            assert in_both(found["x-zh"], found["description"]), (key, status)
            if int(status) >= 400:
                (media_type,) = found["content"]
                assert media_type == "application/problem+json"
                assert found["content"][media_type]["example"]["status"] == int(status)


def test_who_needs_a_key_is_told_how_to_send_it(openapi: dict[str, Any]) -> None:
    for key, each in operations(openapi):
        assert ("security" in each) == (each["x-role"] != "public"), key
        assert each.get("security", []) == ([{"key": []}, {"session": []}] if "security" in each else [])
    schemes = openapi["components"]["securitySchemes"]
    assert set(schemes) == {"key", "session"}
    assert all(in_both(each["x-zh"], each["description"]) for each in schemes.values())


def test_every_body_and_every_answer_of_json_has_an_example(openapi: dict[str, Any]) -> None:
    bodies = [(key, each["requestBody"]["content"]) for key, each in operations(openapi) if "requestBody" in each]
    assert len(bodies) > 10
    assert [key for key, content in bodies if "example" not in content.get("application/json", {"example": None})] == []
    assert [key for key, content in contents(openapi) if "example" not in content] == []


def test_examples_are_what_their_schemas_want(openapi: dict[str, Any]) -> None:
    for key, each in operations(openapi):
        for media_type, content in each.get("requestBody", {}).get("content", {}).items():
            if "example" in content:
                wrong = list(jsonschema_rs.Draft202012Validator(content["schema"]).iter_errors(content["example"]))
                assert wrong == [], (key, media_type)
    problem = jsonschema_rs.Draft202012Validator(openapi["components"]["schemas"]["Problem"])
    for answer in openapi["components"]["responses"].values():
        assert list(problem.iter_errors(answer["content"]["application/problem+json"]["example"])) == []


def test_bodies_that_are_shown_are_taken_and_answers_are_as_described(openapi: dict[str, Any], told: dict[str, Told]) -> None:
    documented = {key: each["responses"] for key, each in operations(openapi)}
    for key, answer in told.items():
        done = next(status for status in documented[key] if status.startswith("2"))
        assert str(answer.status) == done, (key, answer)
        types = {name.partition(";")[0] for name in documented[key][done]["content"]}
        assert answer.media_type in types, key


def test_examples_of_answers_say_what_a_run_gives(openapi: dict[str, Any], told: dict[str, Told]) -> None:
    shown = {key: content["example"] for key, content in contents(openapi) if not key.startswith("DELETE")}
    assert sorted(set(shown) - set(told)) == []
    assert [(key, line) for key, each in shown.items() for line in fits(each, told[key].body)] == []


def test_an_example_that_is_not_true_is_found() -> None:
    assert fits({"a": 1, "b": [{"c": ""}]}, {"a": 2.5, "b": [{"c": "x", "d": 1}]}) == []
    assert fits({"a": "1"}, {"a": 1}) == [".a: '1' is not like 1"]
    assert fits({"b": [{"c": ""}]}, {"b": [{"d": ""}]}) == [".b[].c: no such key"]


def test_a_folder_is_described_too(tmp_path: Path) -> None:
    from geogrid.report import check  # noqa: PLC0415

    check(**paper_town()).write(tmp_path)
    openapi = create_app(Settings(folder=tmp_path)).openapi()
    assert [key for key, content in contents(openapi) if "example" not in content] == []
    assert not [path for path in openapi["paths"] if "plans" in path]


# The page


def text_of(page: str) -> list[str]:
    """Return what stands on a page besides code, piece by piece."""
    body = re.sub(r"<(style|script|code|pre)\b.*?</\1>", "", page[page.index("<main") :], flags=re.DOTALL)
    return [line for line in (part.strip() for part in re.split(r"<[^>]+>", body)) if line]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_speaks_one_language(openapi: dict[str, Any], lang: Any) -> None:
    lines = text_of(docs_page(openapi, lang=lang))
    assert len(lines) > 300
    if lang == "en":
        assert [line for line in lines if CHINESE.search(line) and line != "中文"] == []
    else:
        assert [line for line in lines if len(re.findall(r"[A-Za-z]{2,}", line)) > 2 and not CHINESE.search(line)] == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_has_every_address_with_its_parameters_role_and_an_example(openapi: dict[str, Any], lang: Any) -> None:
    page = docs_page(openapi, lang=lang)
    sections = page.split('<section class="operation">')[1:]
    assert len(sections) == len(operations(openapi))
    for key, each in operations(openapi):
        method, path = key.split(" ")
        (section,) = [one for one in sections if f'<span class="method">{method}</span>' in one and f"<code>{path}</code>" in one]
        assert [one["name"] for one in each.get("parameters", []) if f"<dt><code>{one['name']}</code></dt>" not in section] == []
        assert ("Bearer KEY" in section) == (each["x-role"] != "public"), key
        assert ("-X " in section) == (method != "GET"), key


def test_the_page_is_sent_in_the_language_asked_for(town: Office) -> None:
    assert '<html lang="zh' in town.ask("/docs").text
    english = town.ask("/docs?lang=en")
    assert '<html lang="en' in english.text
    assert english.headers["content-security-policy"].startswith("default-src 'none'")
    assert "<script>" not in english.text.replace('<script src="', "")
