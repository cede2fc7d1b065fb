"""Which connector types there are. Rule: a type's module is imported only when it is asked for."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points
from inspect import get_annotations
from typing import Any

from connectors.base import AccountSource, HelpDesk, IssueTracker, RemedySink
from connectors.notices import Notifier

TYPES = {
    "files": "connectors.files:Files",
    "files_sink": "connectors.files_sink:FilesSink",
    "files_tracker": "connectors.files_tracker:FilesTracker",
    "memory": "connectors.memory:MemoryDesk",
    "memory_sink": "connectors.memory:MemorySink",
    "memory_tracker": "connectors.memory_tracker:MemoryTracker",
    "redmine": "connectors.redmine:Redmine",
    "request_tracker": "connectors.request_tracker:RequestTracker",
    "slack": "connectors.slack:Slack",
    "slack_webhook": "connectors.slack:SlackWebhook",
    "smtp": "connectors.smtp:Smtp",
    "webhook": "connectors.webhook:Webhook",
}
ENTRY_POINTS = "issue_bridge.connectors"
ROLES: dict[str, type[Any]] = {
    "help_desk": HelpDesk,
    "account_source": AccountSource,
    "remedy_sink": RemedySink,
    "tracker": IssueTracker,
    "notifier": Notifier,
}


def known_types() -> dict[str, str]:
    """Type name -> dotted path, ours before those of other packages."""
    others = {point.name: point.value for point in entry_points(group=ENTRY_POINTS)}
    return {**others, **TYPES}


def load(type_name: str) -> type[Any]:
    """The class of a connector type; it has a nested ``Options`` model and is made by ``cls(options,
    name=...)``.

    Raises LookupError naming the known types, or what is wrong with the type's module.
    """
    # Looking through every installed package takes longer than all else that a start does.
    known = TYPES if type_name in TYPES else known_types()
    if type_name not in known:
        raise LookupError(f"unknown connector type {type_name!r}: known are {', '.join(sorted(known))}")
    module_name, _, class_name = known[type_name].partition(":")
    try:
        found: type[Any] = getattr(import_module(module_name), class_name)
    except (ImportError, AttributeError) as error:
        raise LookupError(f"connector type {type_name!r} ({known[type_name]}) cannot be loaded: {error}") from error
    return found


def roles_of(cls: type[Any]) -> frozenset[str]:
    """The roles of ROLES that ``cls`` plays: those whose members it all has."""
    return frozenset(name for name, role in ROLES.items() if all(hasattr(cls, m) for m in _members(role)))


def _members(role: type[Any]) -> set[str]:
    own = {name for base in role.__mro__ for name in vars(base) if not name.startswith("_")}
    noted = {name for base in role.__mro__ for name in get_annotations(base)}
    return (own | noted) - {"name"}
