"""config.toml + environment + *_FILE -> one frozen, validated Settings.

An unknown key is an error; every error names the file or the variable, the section, the key and what to do.
Secrets never stand in config.toml: they come from ``BRIDGE__CONNECTIONS__NAME__TOKEN`` or, with ``_FILE`` behind
it, from the file that the variable names.
"""

from __future__ import annotations

from bridge.settings.load import load_settings
from bridge.settings.model import (
    ConnectionSettings,
    DatabaseSettings,
    DeliverSettings,
    ModelSettings,
    PublishSettings,
    Settings,
    WorkerSettings,
    WorkspaceSettings,
)
from bridge.settings.notices import AlertSettings, NoticeSettings
from bridge.settings.publishing import FACTS, INTERNAL_FACTS, Bar, LabelRule, Route, Rule, TrackerPublishing
from bridge.settings.sources import CONFIG_NAME, PREFIX, SettingsError

__all__ = [
    "CONFIG_NAME",
    "FACTS",
    "INTERNAL_FACTS",
    "PREFIX",
    "AlertSettings",
    "Bar",
    "ConnectionSettings",
    "DatabaseSettings",
    "DeliverSettings",
    "LabelRule",
    "ModelSettings",
    "NoticeSettings",
    "PublishSettings",
    "Route",
    "Rule",
    "Settings",
    "SettingsError",
    "TrackerPublishing",
    "WorkerSettings",
    "WorkspaceSettings",
    "load_settings",
]
