"""The issue page and its decisions through HTTP: who sees what, hostile titles, undo in place, no lost typing."""

from __future__ import annotations

import html
import re

import pytest

from bridge.service import clusters
from bridge.store.clusters import Cluster
from bridge.store.remedies import PlanRevision
from bridge.words import Role, display_id
from tests.web.house import SECRET_NAMES, SECRET_NOTE, House

HOSTILE = '<script>alert(1)</script><img src=x onerror=alert(1)>" onmouseover="x\u202egnp.exe\u200b'
READERS = (Role.AGENT, Role.PRODUCT_MANAGER, Role.SUPPLIER_MANAGER, Role.CSM, Role.ADMIN)


def page_of(house: House, name: str, role: Role = Role.PRODUCT_MANAGER, more: str = "") -> str:
    answer = house.client(role).get(f"/issues/{display_id(house.ids[name])}{more}", follow_redirects=True)
    assert answer.status_code == 200, answer.get_data(as_text=True)[:2000]
    return answer.get_data(as_text=True)


@pytest.mark.parametrize("role", list(Role))
def test_each_role_sees_its_part(house: House, role: Role) -> None:
    path = f"/issues/{display_id(house.ids['vat'])}"
    answer = house.client(role).get(path)
    assert answer.status_code == (200 if role in READERS else 403)
    text = answer.get_data(as_text=True)
    value = role in (Role.PRODUCT_MANAGER, Role.CSM, Role.ADMIN)
    assert ("Why this score" in text) == value
    assert (SECRET_NAMES[0] in text) == value
    assert ("7,654,321" in text) == value
    assert (SECRET_NOTE in text) == (value or role is Role.AGENT)
    assert ("Merge…" in text) == (role in (Role.PRODUCT_MANAGER, Role.ADMIN))


@pytest.mark.parametrize("more", ["/split?ticket=1", "/move?ticket=1", "/publish", "/remedy"])
@pytest.mark.parametrize("role", [Role.AGENT, Role.SUPPLIER_MANAGER, Role.CSM, Role.SUPPLIER_AGENT])
def test_pages_of_decisions_are_for_those_who_decide(house: House, role: Role, more: str) -> None:
    answer = house.client(role).get(f"/issues/{display_id(house.ids['vat'])}{more}")
    assert answer.status_code == 403


def test_shown_parts_add_up(house: House) -> None:
    text = page_of(house, "vat")
    fall = text[text.index('class="ib-table ib-fall') :].split("</table>")[0]
    rows = [int(n.replace(",", "")) for n in re.findall(r'<td class="ib-r ib-b">([\d,]+)</td>', fall)]
    *parts, score = rows
    assert len(parts) >= 3
    assert sum(parts) == score


@pytest.mark.parametrize("ref", ["IB-99999", "nonsense", "IB-", "0"])
def test_what_is_not_there_is_not_found(house: House, ref: str) -> None:
    assert house.client(Role.PRODUCT_MANAGER).get(f"/issues/{ref}").status_code == 404


def test_number_alone_leads_to_the_issue(house: House) -> None:
    answer = house.client(Role.AGENT).get(f"/issues/{house.ids['vat']}?tickets=1")
    assert answer.status_code == 302
    assert answer.location.endswith(f"/issues/{display_id(house.ids['vat'])}?tickets=1")


def test_merge_by_the_form_then_undo(house: House) -> None:
    client = house.client(Role.PRODUCT_MANAGER)
    vat, export = house.ids["vat"], house.ids["export"]
    preview = f"/issues/merge?ids={vat},{export}&into={vat}"
    assert "What happens" in client.get(preview).get_data(as_text=True)
    done = house.post(client, "/issues/merge", preview, ids=f"{vat},{export}", into=str(vat), reason="same cause")
    assert done.status_code == 303
    page = client.get(done.location).get_data(as_text=True)
    assert f"merged {display_id(export)} into this issue, 2 tickets" in page
    assert "same cause" in page
    gone = client.get(f"/issues/{display_id(export)}")
    assert gone.status_code == 302
    led = client.get(gone.location).get_data(as_text=True)
    assert f"{display_id(export)} was merged into this issue." in led
    [event] = re.findall(r'data-done>.*?name="event" value="(\d+)"', page, re.DOTALL)
    back = house.post(client, "/issues/undo", done.location, event=event, next=f"/issues/{display_id(vat)}")
    assert back.location.endswith(f"/issues/{display_id(vat)}")
    assert "Taken back" in client.get(back.location).get_data(as_text=True)
    assert [row.merged_into for row in house.loop.rows(Cluster, id=export)] == [None]
    again = house.post(client, "/issues/undo", f"/issues/{display_id(vat)}", event=event)
    assert "can be undone" not in page
    assert "no decision that can be undone" in html.unescape(client.get(again.location).get_data(as_text=True))


def test_not_this_makes_an_issue_of_its_own_and_offers_undo(house: House) -> None:
    client = house.client(Role.PRODUCT_MANAGER)
    path, ticket = f"/issues/{display_id(house.ids['vat'])}", house.loop.id_of("103")
    done = house.post(client, f"{path}/tickets", path, do=f"out:{ticket}")
    page = client.get(done.location).get_data(as_text=True)
    assert "data-done" in page
    assert "took 1 ticket out, to IB-" in page
    assert house.loop.places()["103"] not in house.ids.values()


def test_ticked_tickets_are_split_or_moved_over_a_preview(house: House) -> None:
    client = house.client(Role.PRODUCT_MANAGER)
    path, ticket = f"/issues/{display_id(house.ids['vat'])}", house.loop.id_of("103")
    split = house.post(client, f"{path}/tickets", path, do="split", ticket=str(ticket))
    assert "what stays" in client.get(split.location).get_data(as_text=True)
    move = house.post(client, f"{path}/tickets", path, do="move", ticket=str(ticket))
    found = client.get(f"{move.location}&q=export").get_data(as_text=True)
    assert f"Move to {display_id(house.ids['export'])}" in found
    house.post(client, f"{path}/move", move.location, ticket=str(ticket), to=str(house.ids["export"]))
    assert house.loop.places()["103"] == house.ids["export"]
    none = house.post(client, f"{path}/tickets", path, do="split")
    assert "tick the tickets first" in client.get(none.location).get_data(as_text=True)


@pytest.mark.parametrize("form", [{"do": "out:x"}, {"do": "split", "ticket": "x"}, {"do": "out:999999"}])
def test_nonsense_is_refused(house: House, form: dict[str, str]) -> None:
    client = house.client(Role.PRODUCT_MANAGER)
    path = f"/issues/{display_id(house.ids['vat'])}"
    before = house.loop.places()
    answer = house.post(client, f"{path}/tickets", path, **form)
    assert answer.status_code == 303
    assert 'role="alert"' in client.get(answer.location, follow_redirects=True).get_data(as_text=True)
    assert house.loop.places() == before


def test_publish_shows_every_byte_first(house: House) -> None:
    client = house.client(Role.PRODUCT_MANAGER)
    path = f"/issues/{display_id(house.ids['typo'])}"
    with house.db.read() as session:
        from bridge.service.publish_preview import publish_preview

        draft = publish_preview(
            session, house.actor(Role.PRODUCT_MANAGER), house.ids["typo"], house.bridge.targets, at=house.loop.clock()
        )
    page = html.unescape(client.get(f"{path}/publish").get_data(as_text=True))
    assert draft.title in page
    assert draft.body in page
    done = house.post(client, f"{path}/publish", f"{path}/publish")
    assert "decided to publish it" in client.get(done.location).get_data(as_text=True)


def test_hostile_title_is_text_everywhere(house: House) -> None:
    vat, export = house.ids["vat"], house.ids["export"]
    with house.db.write() as session:
        session.get_one(Cluster, vat).title = HOSTILE
        session.get_one(Cluster, export).title = HOSTILE
    ref, ticket = display_id(vat), house.loop.id_of("103")
    for path in (
        f"/issues/{ref}",
        f"/issues/merge?ids={vat},{export}",
        f"/issues/merge?ids={vat}&q=script",
        f"/issues/{ref}/split?ticket={ticket}",
        f"/issues/{ref}/move?ticket={ticket}&q=<script>",
        f"/issues/{ref}/publish",
        f"/issues/{ref}/remedy",
        f"/issues/{ref}?merged=<script>alert(1)</script>",
    ):
        text = house.client(Role.PRODUCT_MANAGER).get(path).get_data(as_text=True)
        assert "<script>alert" not in text, path
        assert "<img src=x" not in text, path


def test_editor_keeps_what_was_typed(house: House) -> None:
    client = house.client(Role.PRODUCT_MANAGER)
    path = f"/issues/{display_id(house.ids['export'])}/remedy"
    form = {"state": "investigating", "say": f"{SECRET_NAMES[1]} <b>has</b> it too."}
    refused = house.post(client, path, path, do="approve", **form)
    assert refused.status_code == 422
    text = html.unescape(refused.get_data(as_text=True))
    assert f"{SECRET_NAMES[1]} <b>has</b> it too.</textarea>" in text
    assert "names the account" in text
    assert "owner (a product person)" in text
    assert house.loop.rows(PlanRevision, actor="the-product_manager") == []
    checked = house.post(client, path, path, do="check", **form, owner="R. Diaz")
    assert checked.status_code == 200
    saved = house.post(client, path, path, do="save", **{**form, "say": "We look."})
    assert "Saved as draft" in client.get(saved.location).get_data(as_text=True)
    approved = house.post(client, path, path, do="approve", **{**form, "say": "We look.", "owner": "R. Diaz"})
    assert "agents may quote it" in client.get(approved.location).get_data(as_text=True)


def test_undo_leads_nowhere_else(house: House) -> None:
    client = house.client(Role.PRODUCT_MANAGER)
    with house.db.write() as session:
        actor = house.actor(Role.PRODUCT_MANAGER)
        clusters.move(session, actor, [house.loop.id_of("401")], house.ids["vat"], at=house.loop.clock())
    page = client.get(f"/issues/{display_id(house.ids['vat'])}").get_data(as_text=True)
    [event, *_] = re.findall(r'name="event" value="(\d+)"', page)
    answer = house.post(
        client, "/issues/undo", f"/issues/{display_id(house.ids['vat'])}", event=event, next="https://evil.example/"
    )
    assert answer.status_code == 303
    assert "evil" not in answer.location
