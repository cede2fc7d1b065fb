"""Markdown files with front matter: reading the fields, and setting one without touching the rest.

Rule: a file belongs to the people who edit it; a field is changed on its own line, comments and order stay.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime

import frontmatter
import yaml

from connectors._body import strip_markers

Scalar = str | int | float | bool | date | datetime
Value = Scalar | list[str] | None
_FENCE = re.compile(r"\A\ufeff?---[ \t]*\r?\n(?P<fields>.*?)^---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)


class NoFrontMatter(ValueError):
    """The file has no front matter that can be read."""


def read_fields(text: str) -> dict[str, str | list[str]]:
    """The front matter's fields: words as text, lists as lists of text; anything deeper is left out.

    Raises NoFrontMatter with the line where YAML stopped understanding.
    """
    if not _FENCE.match(text):
        raise NoFrontMatter("no front matter: expected --- lines around the fields at the top")
    try:
        fields, _ = frontmatter.parse(text.removeprefix("\ufeff"))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" near line {mark.line + 2}" if mark else ""
        raise NoFrontMatter(f"the front matter is no YAML{where}") from error
    except (ValueError, RecursionError) as error:
        raise NoFrontMatter("the front matter holds a value that cannot be read") from error
    if not fields:
        raise NoFrontMatter("the front matter holds no fields")
    return {str(name): value for name, raw in fields.items() if (value := _value(raw)) is not None}


def _value(raw: object) -> str | list[str] | None:
    if isinstance(raw, list):
        return [str(part) for part in raw if isinstance(part, Scalar)]
    if isinstance(raw, datetime | date):
        return raw.isoformat()
    return str(raw) if isinstance(raw, Scalar) else None


def set_fields(text: str, values: Mapping[str, Value]) -> str:
    """``text`` with these fields set; new ones come last. Raises NoFrontMatter."""
    found = _FENCE.match(text)
    if found is None:
        raise NoFrontMatter("no front matter: expected --- lines around the fields at the top")
    fields = found["fields"]
    for name, value in values.items():
        line = _line(name, value)
        own = re.compile(rf"^{re.escape(name)}[ \t]*:[^\n]*\n(?:[ \t]+[^\n]*\n|-[ \t][^\n]*\n)*", re.MULTILINE)
        fields = own.sub(lambda _, line=line: line, fields, count=1) if own.search(fields) else fields + line
    return text[: found.start("fields")] + fields + text[found.end("fields") :]


def with_fields(values: Mapping[str, Value], content: str) -> str:
    """A new file: front matter and content."""
    return "---\n" + "".join(_line(name, value) for name, value in values.items()) + f"---\n\n{content}\n"


def _line(name: str, value: Value) -> str:
    clean = strip_markers(value) if isinstance(value, str) else value
    dumped: str = yaml.safe_dump([clean], allow_unicode=True, width=10**6, default_flow_style=True)
    return f"{name}: {dumped.strip()[1:-1]}\n"


def slug(title: str) -> str:
    """A title as part of a file name: at most 50 of a-z, 0-9 and -."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower())[:50].strip("-") or "issue"
