"""Settings of the service, from the command line, the environment (prefix ``GEOGRID_``) or a file: one frozen object."""

from __future__ import annotations

import json
import os
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from api import settingwords
from api.addresses import networks
from api.settingtables import Access, Framed, Limits, Running, Served
from geogrid.errors import InputError
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

ORIGIN = re.compile(r"https?://(\*\.)?[A-Za-z0-9.-]+(:[0-9]{1,5})?|'self'|'none'")
"""What may stand in ``frame-ancestors``: an origin, 'self' or 'none'."""

PUBLIC = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?")
"""What may be the public address: nothing that asks for something or names a user."""

CONFIG = "GEOGRID_CONFIG"
"""The variable that names the file of settings."""

TOKEN = re.compile(r"[\x21-\x7e]{24,1000}")
"""What may be a token of the staff: long, and of signs that stand in a header."""


class Settings(Served, Framed, Access, Limits, Running, BaseSettings):
    """How the service runs; each field is also an environment variable, such as ``GEOGRID_PORT``, or a key of a TOML file.

    The environment goes before the file, which ``GEOGRID_CONFIG`` or the option ``--config`` names.

    Examples
    --------
    >>> Settings(frame_ancestors="https://portal.example.cn https://*.example.gov.cn").frame_ancestors
    ('https://portal.example.cn', 'https://*.example.gov.cn')
    """

    model_config = SettingsConfigDict(
        env_prefix="GEOGRID_", frozen=True, hide_input_in_errors=True, enable_decoding=False, extra="forbid"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- read nowhere
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- likewise
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let what is given go before the environment, and that before the file."""
        file = os.environ.get(CONFIG, "")
        files = (TomlConfigSettingsSource(settings_cls, Path(file)),) if file else ()
        return (init_settings, env_settings, *files)

    @property
    def base_url(self) -> str:
        """Return the address that links begin with: what is set, never what a request says."""
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url.rstrip("/") or f"http://{shown}:{self.port}"

    def framers(self, area_id: str = "") -> tuple[str, ...]:
        """Return who may frame a page: everybody's portals, or those of an area."""
        return self.portals.get(area_id, self.frame_ancestors)

    @field_validator("workspace", "data_dir")
    @classmethod
    def _from_here(cls, value: Path | None) -> Path | None:
        """Take a relative path from the folder that the program was started in, once: its processes have others."""
        return None if value is None else value.absolute()

    @field_validator("portals", mode="before")
    @classmethod
    def _parse_portals(cls, value: object) -> object:
        """Take a JSON object of lists, or of origins separated by spaces."""
        table = json.loads(value) if isinstance(value, str) else value
        return {key: _split(origins) for key, origins in table.items()} if isinstance(table, dict) else table

    @field_validator("frame_ancestors", "trusted_proxies", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        """Take names separated by spaces or commas."""
        return _split(value)

    @field_validator("trusted_proxies")
    @classmethod
    def _check_proxies(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """Refuse what is no address and no network: such a proxy would never be believed."""
        networks(value)
        return value

    @field_validator("public_url")
    @classmethod
    def _check_url(cls, value: str) -> str:
        """Refuse an address that no link can begin with."""
        if value and not PUBLIC.fullmatch(value):
            raise ValueError("expected an address such as https://grid.example.cn")
        return value

    @field_validator("staff_token")
    @classmethod
    def _check_token(cls, value: SecretStr | None) -> SecretStr | None:
        """Refuse a token that could be guessed, or that no header can carry."""
        if value is not None and not TOKEN.fullmatch(value.get_secret_value()):
            raise ValueError("expected at least 24 letters, digits or signs, without spaces")
        return value

    @field_validator("frame_ancestors")
    @classmethod
    def _check(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """Refuse anything that could end the header or say something else in it."""
        return _origins(value)

    @field_validator("portals")
    @classmethod
    def _check_portals(cls, value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        """Refuse the same for each township."""
        return {area_id: _origins(origins) for area_id, origins in value.items()}


def _split(value: object) -> object:
    return tuple(re.split(r"[\s,]+", value.strip())) if isinstance(value, str) else value


def _origins(value: tuple[str, ...]) -> tuple[str, ...]:
    wrong = [origin for origin in value if not ORIGIN.fullmatch(origin)]
    if wrong or ("'none'" in value and len(value) > 1):
        raise ValueError(
            f"{', '.join(wrong) or value}: expected origins such as https://portal.example.cn, or 'self', or 'none' alone"
        )
    return value


class SettingsError(InputError):
    """Settings, from options or the environment, that cannot be used."""


def settled(given: Mapping[str, Any]) -> Settings:
    """Return the settings that options give, on top of the environment.

    Raises
    ------
    SettingsError
        When one of them cannot be used, or the file of settings.
    """
    _require_file()
    try:
        return Settings(**given)
    except ValidationError as error:
        told = [_wrong(problem) for problem in error.errors()]
        raise SettingsError(Text("；".join(text.zh for text in told), "; ".join(text.en for text in told))) from error


def _wrong(problem: Mapping[str, Any]) -> Text:
    """Say what is wrong with one setting: its value, or that there is none of that name."""
    name = str(problem["loc"][0])
    known = name in Settings.model_fields
    return settingwords.wrong_setting(name, problem["input"]) if known else settingwords.UNKNOWN.fill(name=name[:80])


def _require_file() -> None:
    """Refuse a file of settings that is named, and is not there or cannot be read: it would else be passed over."""
    file = os.environ.get(CONFIG, "")
    try:
        if file:
            tomllib.loads(Path(file).read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(settingwords.NO_FILE.fill(file=file)) from error
    except ValueError as error:  # what is no TOML, or no text
        raise SettingsError(settingwords.NO_TOML.fill(file=file, detail=error)) from error
