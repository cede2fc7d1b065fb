"""Sign-in by an OpenID provider of the company: where it is, who we are there, and which group is which role."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from bridge.words import Role

_LOCAL = ("localhost", "127.0.0.1", "::1")


class GroupRole(BaseModel):
    """What members of a group are; a supplier's people need the supplier's name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    group: str = Field(min_length=1)
    role: Role
    supplier: str | None = None


class OidcSettings(BaseModel):
    """Off while ``issuer`` is empty. ``roles`` are tried in their order: the first group that a person has decides."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuer: str = ""
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    scopes: str = "openid profile email"
    name_claim: str = "name"
    group_claim: str = "groups"
    button: str = "Sign in with your company account"
    roles: tuple[GroupRole, ...] = ()

    @field_validator("issuer")
    @classmethod
    def _safe(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOCAL)):
            raise ValueError("must begin with https:// (http:// on this machine only)")
        return value

    @model_validator(mode="after")
    def _whole(self) -> OidcSettings:
        if self.issuer and not (self.client_id and self.client_secret.get_secret_value()):
            raise ValueError("needs client_id, and the secret by BRIDGE__OIDC__CLIENT_SECRET or .._FILE")
        if "openid" not in self.scopes.split():
            raise ValueError("scopes must contain openid")
        return self

    @property
    def is_on(self) -> bool:
        return bool(self.issuer)
