"""Options that every connector over HTTP shares.

Rule: what cannot be right is refused here, by name, before anything is sent.
"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, field_validator, model_validator


class HttpOptions(BaseModel, frozen=True, extra="forbid"):
    """``timeout_s`` bounds a connect, a silence and a whole write; a read may last four times as long.

    ``allow_private_networks`` are the CIDRs of self-hosted systems, e.g. ``["10.1.0.0/16"]``.
    ``ca_bundle`` is a PEM file for a company's own certificate authority; proxies and netrc are not used.
    """

    base_url: str
    allow_http: bool = False
    allow_private_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    timeout_s: float = Field(default=15.0, gt=0, le=600)
    ca_bundle: Path | None = None

    @field_validator("base_url")
    @classmethod
    def _plain_address(cls, value: str) -> str:
        parts = urlsplit(value.strip())
        if parts.scheme not in ("https", "http") or not parts.hostname:
            raise ValueError("must be an address such as https://desk.example.com")
        if parts.username or parts.password:
            raise ValueError("must not carry a user name or password: use the connector's own options")
        if parts.query or parts.fragment:
            raise ValueError("must not carry a query or fragment")
        return value.strip().rstrip("/")

    @model_validator(mode="after")
    def _https_unless_allowed(self) -> Self:
        if self.base_url.startswith("http:") and not self.allow_http:
            raise ValueError("base_url is http: use https, or set allow_http = true for a trusted network")
        return self
