"""Who may be asked for titles: a chat model that speaks the OpenAI dialect, or, as it comes, nobody."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


class TitleSettings(BaseModel):
    """Off while ``endpoint`` is empty. ``min_likeness``: cosine of a proposal to the middle of its issue; what is
    less like the tickets than that is dropped.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    endpoint: str = ""
    model: str = ""
    api_key: SecretStr = SecretStr("")
    timeout: float = Field(default=10.0, gt=0, le=60)
    allow_http: bool = False
    allow_private_networks: Annotated[tuple[str, ...], BeforeValidator(_split)] = ()
    min_likeness: float = Field(default=0.4, ge=-1, le=1)
