"""Redmine over REST: a tracker.

Rule: Redmine answers 204 to a change that it ignores, so every change is read back. Redmine has no labels: those of
a draft go to the field that the options name, or nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from connectors._body import find_key, is_signed, replace_block, sign, strip_markers, with_labels, wrap
from connectors._http import Http, segment
from connectors.base import (
    CreateGuarantee,
    Dialect,
    InDoubt,
    IssueDraft,
    IssueText,
    Page,
    Permanent,
    PriorityLevel,
    Ref,
    TrackerIssue,
    Transient,
)
from connectors.redmine import mapping, options
from connectors.redmine.check import check, tracker_id
from connectors.redmine.pull import priorities, pull, url

LONGEST_SUBJECT = 255


class Redmine:
    Options = options.Options
    create_guarantee: ClassVar[CreateGuarantee] = CreateGuarantee("consistent_lookup")
    dialect: ClassVar[Dialect] = Dialect.REDMINE

    def __init__(self, options: options.Options, *, name: str) -> None:
        self.name, self._options = name, options
        self._http = Http(options, name=name, auth=lambda: {"X-Redmine-API-Key": options.api_key.get_secret_value()})

    def check(self) -> str:
        return check(self._http, self._options)

    def pull_issues(self, cursor: str | None) -> Iterator[Page[TrackerIssue]]:
        return pull(self._http, self._options, cursor)

    def create_issue(self, draft: IssueDraft, *, key: str) -> Ref:
        text, into = self.as_written(draft, key=key), draft.project or self._options.project
        fields = {**self._fields(draft, key), "project_id": into, "subject": text.title, "description": text.body}
        if self._options.tracker is not None:
            project = self._http.get_json(f"projects/{segment(into)}.json", {"include": "trackers"})
            fields["tracker_id"] = tracker_id(project["project"], self._options.tracker)
        own = {self._options.marker_field: key, self._options.labels_field: ", ".join(draft.labels)}
        if custom := [{"id": number, "value": value} for number, value in own.items() if number is not None and value]:
            fields["custom_fields"] = custom
        made = self._http.write_json("POST", "issues.json", {"issue": fields})
        try:
            return self._ref(str(made["issue"]["id"]))
        except (LookupError, TypeError) as error:
            raise InDoubt(f"{self.name}: Redmine's answer to a new issue names no id") from error

    def as_written(self, draft: IssueDraft, *, key: str) -> IssueText:
        title = mapping.inert(strip_markers(" ".join((draft.title or key).split())))[:LONGEST_SUBJECT]
        return IssueText(title, wrap(mapping.inert(draft.body or ""), key))

    def find_issue(self, key: str) -> Ref | None:
        """Not bound to the project, since an issue may have been moved; Redmine's search is its database."""
        # Without membership or key, Redmine would answer with an empty list, which would look like absence.
        self._http.get("users/current.json")
        self._http.get(f"projects/{segment(self._options.project)}.json")
        filters = [{"description": f"~{key}"}]
        if self._options.marker_field is not None:
            filters.insert(0, {f"cf_{self._options.marker_field}": key})
        for wanted in filters:
            listed = self._http.get_json("issues.json", {"status_id": "*", "sort": "id", "limit": 100, **wanted})
            for item in listed["issues"]:
                if key in (mapping.key_of(item, self._options.marker_field), find_key(item["description"] or "")):
                    return self._ref(str(item["id"]))
        return None

    def update_issue(self, issue_id: str, draft: IssueDraft, *, key: str) -> None:
        """See IssueTracker. Where a person removed our markers, the text is left alone."""
        before = self._issue(issue_id)
        wanted = self._fields(draft, key)
        if draft.body is not None:
            body = replace_block(_present(before, "description"), mapping.inert(draft.body), key)
            wanted |= {} if body is None else {"description": body}
        changed = {name: value for name, value in wanted.items() if value != _present(before, name)}
        labels = self._labels(before, draft)
        if not changed and labels is None:
            return
        field = {"custom_fields": [{"id": self._options.labels_field, "value": ", ".join(labels or ())}]}
        write = changed if labels is None else {**changed, **field}
        self._http.write("PUT", f"issues/{segment(issue_id)}.json", json={"issue": write})
        after = self._issue(issue_id)
        ignored = sorted(name for name, value in changed.items() if _present(after, name) != value)
        if labels is not None and set(mapping.labels_of(after, self._options.labels_field)) != set(labels):
            ignored.append("labels")
        if ignored:
            raise Permanent(
                f"{self.name}: issue {issue_id}: Redmine did not take {', '.join(ignored)}: check the user's role, its "
                "permission to edit issues, and the workflow's field permissions"
            )

    def comment(self, issue_id: str, body: str, *, key: str) -> Ref:
        note = {"notes": sign(mapping.inert(body), key)}
        self._http.write("PUT", f"issues/{segment(issue_id)}.json", json={"issue": note})
        try:
            found = self.find_comment(issue_id, key)
        except Transient as later:
            raise InDoubt(f"{self.name}: the note in issue {issue_id} could not be read back: {later}") from later
        if found is None:
            raise Permanent(
                f"{self.name}: issue {issue_id}: Redmine did not take the note: give the user's role Add notes"
            )
        return found

    def find_comment(self, issue_id: str, key: str) -> Ref | None:
        for journal in self._issue(issue_id, include="journals")["journals"]:
            if is_signed(str(journal.get("notes") or ""), key):
                return Ref(str(journal["id"]), f"{url(self._http, issue_id)}#change-{journal['id']}")
        return None

    def _labels(self, item: dict[str, Any], draft: IssueDraft) -> tuple[str, ...] | None:
        """What the field of labels shall hold; None where it holds that, or where there is none."""
        if self._options.labels_field is None:
            return None
        present = mapping.labels_of(item, self._options.labels_field)
        wanted = with_labels(present, draft.labels, draft.dropped_labels)
        return None if set(wanted) == set(present) else wanted

    def _fields(self, draft: IssueDraft, key: str) -> dict[str, Any]:
        """Title and priority, where the draft has them."""
        fields: dict[str, Any] = {}
        if draft.title is not None:
            fields["subject"] = self.as_written(draft, key=key).title
        if draft.priority is not None:
            fields["priority_id"] = self._priority(draft.priority)
        return fields

    def _priority(self, level: PriorityLevel) -> int:
        known = priorities(self._http, self._options)
        named = self._options.priorities.get(level)
        if level not in known.ids or named in known.unknown:
            what = f"no priority {named!r}: it has {', '.join(known.names)}" if named else "no active priority"
            raise Permanent(f"{self.name}: Redmine has {what}; see Administration, Enumerations")
        return known.ids[level]

    def _issue(self, issue_id: str, **params: str) -> dict[str, Any]:
        """Raises NotFound where it was deleted."""
        found: dict[str, Any] = self._http.get_json(f"issues/{segment(issue_id)}.json", params)["issue"]
        return found

    def _ref(self, issue_id: str) -> Ref:
        return Ref(issue_id, url(self._http, issue_id))


def _present(item: dict[str, Any], field: str) -> Any:
    """The present value of a field as it is written. Redmine keeps texts with CRLF."""
    if field == "priority_id":
        return item["priority"]["id"]
    return (item.get(field) or "").replace("\r\n", "\n")
