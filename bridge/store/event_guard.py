"""The database's own refusal to change or remove an event. The migration carries the same statements.

The one change that is let through is the sealing: an event without a hash gets its place in the chain, nothing else.
"""

from __future__ import annotations

from typing import cast

from sqlalchemy import DDL, Table, event, inspect

from bridge.store.events import Event

_KEPT = ("id", "at", "kind", "actor", "subject", "before", "after", "reason", "undoes")
_SAME = " OR ".join(f'NEW."{name}" IS NOT OLD."{name}"' for name in _KEPT)

_ANOTHER = f"OLD.hash IS NOT NULL OR NEW.hash IS NULL OR {_SAME}"
_NO_CHANGE = "SELECT RAISE(ABORT, 'events are never changed');"

SQLITE = (
    "CREATE TRIGGER event_keeps_rows BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'events are never removed'); END",
    f"CREATE TRIGGER event_keeps_content BEFORE UPDATE ON event WHEN {_ANOTHER} BEGIN {_NO_CHANGE} END",
)

_OLD, _NEW = (
    ", ".join(f'{row}."{name}"' + ("::text" if name in ("before", "after") else "") for name in _KEPT)
    for row in ("OLD", "NEW")
)
_RUN = "EXECUTE FUNCTION event_is_final()"
POSTGRES = (
    f"""CREATE FUNCTION event_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.hash IS NULL AND NEW.hash IS NOT NULL AND ROW({_OLD}) IS NOT DISTINCT FROM ROW({_NEW}) THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'events are never changed';
    END IF;
    RAISE EXCEPTION 'events are never removed';
END $$""",
    f"CREATE TRIGGER event_keeps_content BEFORE UPDATE OR DELETE ON event FOR EACH ROW {_RUN}",
    f"CREATE TRIGGER event_keeps_rows BEFORE TRUNCATE ON event FOR EACH STATEMENT {_RUN}",
)

_table = cast(Table, inspect(Event).local_table)
for _dialect, _statements in (("sqlite", SQLITE), ("postgresql", POSTGRES)):
    for _statement in _statements:
        event.listen(_table, "after_create", DDL(_statement).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]
_drop = DDL("DROP FUNCTION event_is_final()").execute_if(dialect="postgresql")  # type: ignore[no-untyped-call]
event.listen(_table, "after_drop", _drop)
