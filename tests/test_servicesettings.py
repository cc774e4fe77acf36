"""Settings of the service from a file, and what is said of those that cannot be used."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest

from api.cli import main
from api.settings import Settings, SettingsError, settled
from api.settingwords import SECRET, SETTINGS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Write a file of settings, and name it in the environment."""

    def write(content: str) -> Path:
        file = tmp_path / "geogrid.toml"
        file.write_text(content, encoding="utf-8")
        monkeypatch.setenv("GEOGRID_CONFIG", str(file))
        return file

    return write


def test_a_file_says_what_neither_options_nor_environment_do(
    written: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    written(
        'port = 1\nhost = "::1"\nlog = "json"\n'
        'portals = { A01 = ["https://a01.example.cn"] }\ntrusted_proxies = "10.0.0.1 10.1.0.0/16"'
    )
    monkeypatch.setenv("GEOGRID_HOST", "127.0.0.2")
    monkeypatch.setenv("GEOGRID_PORT", "2")
    made = settled({"port": 3})
    assert (made.port, made.host, made.log, made.lang) == (3, "127.0.0.2", "json", "zh")
    assert made.framers("A01") == ("https://a01.example.cn",)
    assert made.trusted_proxies == ("10.0.0.1", "10.1.0.0/16")


@pytest.mark.parametrize(
    ("content", "en", "zh"),
    [
        ("prot = 1", "there is no setting 'prot': check its spelling", "没有设置项“prot”"),
        (
            "port = 70000",
            "GEOGRID_PORT (or its option) is '70000': expected a whole number from 0 to 65535",
            "应为：0 到 65535 的整数",
        ),
        ("port = ", "is not TOML: Invalid value", "不是 TOML"),
        (
            'tianditu_key = ["canary-key"]',
            "GEOGRID_TIANDITU_KEY is not usable: expected a key of Tianditu",
            "GEOGRID_TIANDITU_KEY 不能用",
        ),
    ],
)
def test_a_file_that_is_wrong_is_refused_and_says_where(written: Callable[[str], Path], content: str, en: str, zh: str) -> None:
    written(content)
    with pytest.raises(SettingsError) as caught:
        settled({})
    assert en in str(caught.value)
    assert zh in caught.value.say("zh")
    assert "canary" not in str(caught.value)


def test_a_file_that_is_not_there_is_no_empty_one(written: Callable[[str], Path]) -> None:
    written("port = 1").unlink()
    with pytest.raises(SettingsError, match=r"the settings file .*geogrid\.toml cannot be opened"):
        settled({})


def test_the_option_names_the_file_and_the_file_may_say_the_language(
    written: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written('lang = "en"\nfolder = "nowhere"')
    monkeypatch.delenv("GEOGRID_LANG", raising=False)
    monkeypatch.delenv("GEOGRID_CONFIG")
    asked: list[Settings] = []

    def stop(wanted: Settings) -> None:
        asked.append(wanted)
        sys.exit(7)

    monkeypatch.setattr("api.jobs.service.create_app", stop)
    for more in ([], ["--lang", "zh"]):
        with pytest.raises(SystemExit):
            main(["serve", "--config", str(file), "--port", "0", *more])
    assert [(one.lang, str(one.folder)) for one in asked] == [("en", "nowhere"), ("zh", "nowhere")]
    monkeypatch.delenv("GEOGRID_CONFIG")


def test_every_setting_says_what_it_must_be() -> None:
    assert set(SETTINGS) == set(Settings.model_fields)
    secret = {name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)}
    assert secret == SECRET
    assert [
        name
        for name, text in SETTINGS.items()
        if not re.search(r"[\u4e00-\u9fff]", text.zh) or re.search(r"[\u4e00-\u9fff]", text.en)
    ] == []
