"""/me/notifications and /alerts."""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import Session

from bridge.service import notice_views, notices
from bridge.service.access import Permission
from bridge.web import here
from bridge.web.api.blueprint import read, write
from bridge.web.api.schemas.common import DONE, Done
from bridge.web.api.schemas.notices import Alerts, AlertsQuery, NotificationsIn, NotificationsOut

TAG = "Alerts and notifications"
_P = Permission


@read("/alerts", _P.READ_CLUSTERS, Alerts, query=AlertsQuery, tag=TAG)
def alerts(query_data: AlertsQuery) -> Alerts:
    """What people were told of, the newest first."""
    with here.reading() as session:
        since = here.now() - timedelta(days=query_data.days)
        return Alerts.of({"items": notice_views.alert_lines(session, here.actor(), since)})


@read("/me/notifications", _P.READ_CLUSTERS, NotificationsOut, tag=TAG)
def notifications() -> NotificationsOut:
    """What one is told of oneself, how and when."""
    bridge = here.bridge()
    with here.reading() as session:
        found = notices.choices(session, here.actor(), bridge.reach, bridge.settings.workspace.timezone)
    return NotificationsOut.of(found)


@write("/me/notifications", _P.READ_CLUSTERS, Done, body=NotificationsIn, method="put", tag=TAG)
def set_notifications(session: Session, json_data: NotificationsIn) -> Done:
    """Choose anew; kinds that are not named stay as they are."""
    wanted = json_data
    notices.choose_all(
        session,
        here.actor(),
        kinds={kind.value: choice.value for kind, choice in wanted.kinds.items()},
        channel=wanted.channel,
        quiet_from=wanted.quiet_from,
        quiet_to=wanted.quiet_to,
        quiet_weekends=wanted.quiet_weekends,
        at=here.now(),
    )
    return DONE
