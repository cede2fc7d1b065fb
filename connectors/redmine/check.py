"""Whether a connection can work, and what to mend. Rule: names the page of Redmine where it is mended."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from connectors._http import Http, segment
from connectors.base import AuthFailed, NotFound, Permanent
from connectors.redmine.options import Options
from connectors.redmine.pull import priorities


def check(http: Http, options: Options) -> str:
    """Who we are and in which project. Raises ConnectorError."""
    # First of all: with anonymous reading allowed, a refused key gets 200 and empty lists from everything else.
    user = http.get_json("users/current.json", {"include": "memberships"})["user"]
    names = (options.project, *options.projects)
    projects = [_project(http, name) for name in names]
    for name, project in zip(names, projects, strict=True):
        member = any(row["project"]["id"] == project["id"] for row in user.get("memberships", ()))
        if not (member or user.get("admin")):
            raise Permanent(
                f"{user['login']} is no member of project {name!r}: add it in the project's settings, Members"
            )
        tracker_id(project, options.tracker)
    _check_priorities(http, options)
    told = [f"Redmine as {user['login']}"]
    told.append(f"project{'s' if options.projects else ''} {', '.join(str(each['name']) for each in projects)}")
    if options.tracker:
        told.append(f"tracker {options.tracker}")
    if options.marker_field is not None:
        told.append(_marker(http, options.project, options.marker_field))
    if options.labels_field is not None:
        told.append(_labels(http, options.project, options.labels_field))
    return "; ".join(told)


def _project(http: Http, identifier: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = http.get_json(f"projects/{segment(identifier)}.json", {"include": "trackers"})[
            "project"
        ]
    except NotFound as missing:
        raise Permanent(f"there is no project {identifier!r}: its identifier is in the project's address") from missing
    except AuthFailed as refused:
        raise AuthFailed(
            f"{refused}: the user may not see project {identifier!r}: add it in the project's settings, Members"
        ) from refused
    return found


def tracker_id(project: dict[str, Any], name: str | None) -> int | None:
    """The number of the tracker of that name. Raises Permanent naming those that the project has."""
    if name is None:
        return None
    trackers = {str(row["name"]): int(row["id"]) for row in project.get("trackers", ())}
    if name not in trackers:
        raise Permanent(f"project {project['name']!r} has no tracker {name!r}: it has {', '.join(trackers) or 'none'}")
    return trackers[name]


def _check_priorities(http: Http, options: Options) -> None:
    known = priorities(http, options)
    if not known.ids:
        raise Permanent("Redmine has no active priority: see Administration, Enumerations")
    if known.unknown:
        raise Permanent(
            f"Redmine has no active priority {', '.join(map(repr, known.unknown))} (key 'priorities'): it has "
            f"{', '.join(known.names)}"
        )


def _labels(http: Http, project: str, field: int) -> str:
    listed = http.get_json("issues.json", {"status_id": "*", "limit": 1, "project_id": project})["issues"]
    if listed and not any(found["id"] == field for found in listed[0].get("custom_fields", ())):
        raise Permanent(
            f"issues of project {project!r} have no field {field} (key 'labels_field'): make an issue field of format "
            "Text under Administration, Custom fields, and tick the project and the tracker there"
        )
    return f"labels field {field}" if listed else f"labels field {field}, not yet seen in an issue"


def _marker(http: Http, project: str, field: int) -> str:
    """Redmine ignores a filter on a field that it does not have: a value that no issue has shows it."""
    anything: dict[str, str | int] = {"status_id": "*", "limit": 1}
    if http.get_json("issues.json", {**anything, f"cf_{field}": f"none-{uuid4()}"})["total_count"]:
        raise Permanent(
            f"marker_field {field} does not filter: check the number in the field's address under Administration, "
            'Custom fields, and tick "Used as a filter" there'
        )
    listed = http.get_json("issues.json", {**anything, "project_id": project})["issues"]
    if listed and not any(found["id"] == field for found in listed[0].get("custom_fields", ())):
        raise Permanent(f"issues of project {project!r} have no field {field}: tick the field's project and tracker")
    return f"marker field {field}" if listed else f"marker field {field}, not yet seen in an issue"
