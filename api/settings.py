"""Settings of the service, from the environment (prefix ``GEOGRID_``) or the command line: one frozen object."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from api import words
from geogrid.errors import InputError
from geogrid.words import Lang, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

ORIGIN = re.compile(r"https?://(\*\.)?[A-Za-z0-9.-]+(:[0-9]{1,5})?|'self'|'none'")
"""What may stand in ``frame-ancestors``: an origin, 'self' or 'none'."""

TOKEN = re.compile(r"[\x21-\x7e]{24,1000}")
"""What may be a token of the staff: long, and of signs that stand in a header."""


class Settings(BaseSettings):
    """How the service runs; each field is also an environment variable, such as ``GEOGRID_PORT``.

    Examples
    --------
    >>> Settings(frame_ancestors="https://portal.example.cn https://*.example.gov.cn").frame_ancestors
    ('https://portal.example.cn', 'https://*.example.gov.cn')
    """

    model_config = SettingsConfigDict(env_prefix="GEOGRID_", frozen=True, hide_input_in_errors=True)

    folder: Annotated[Path, Field(description="Folder that geogrid check wrote; only its public files are read.")] = Path(
        "geogrid-demo"
    )
    host: Annotated[str, Field(description="Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="Port to listen on; 0 takes a free one.")] = 8765
    lang: Annotated[Lang, Field(description="Language for callers that ask for none.")] = "zh"
    frame_ancestors: Annotated[
        tuple[str, ...], NoDecode, Field(min_length=1, description="Origins whose pages may frame /embed/*, separated by spaces.")
    ] = ("'self'",)
    busy_after_s: Annotated[
        float, Field(gt=0, le=60, description="Seconds to wait for a page being made before answering 503.")
    ] = 10.0
    staff_token: Annotated[
        SecretStr | None, Field(description="Token of the staff, who may see households; without it there is nothing for staff.")
    ] = None

    @field_validator("frame_ancestors", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        """Take origins separated by spaces or commas."""
        return tuple(re.split(r"[\s,]+", value.strip())) if isinstance(value, str) else value

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
        When one of them cannot be used.
    """
    try:
        return Settings(**given)
    except ValidationError as error:
        told = [words.wrong_setting(str(problem["loc"][0]), problem["input"]) for problem in error.errors()]
        raise SettingsError(Text("；".join(text.zh for text in told), "; ".join(text.en for text in told))) from error
