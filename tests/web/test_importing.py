"""A file of accounts through the page: what the preview says is what the import does."""

from __future__ import annotations

import io
from typing import Any

from sqlmodel import func, select

from bridge.store.accounts import Account, ImportDraft
from bridge.store.chain import verify
from bridge.store.events import Event
from bridge.words import Role
from tests.web.house import House, csrf_of

FILE = b"account,arr,region\nAcme,250000,DACH\nNew One,10,\nBad,1;2,=cmd()\n"


def upload(house: House, client: Any, data: bytes) -> Any:
    token = csrf_of(client, "/accounts/import")
    form = {"csrf_token": token, "file": (io.BytesIO(data), "../crm.csv")}
    headers = {"Referer": "http://localhost/accounts/import"}
    return client.post("/accounts/import", data=form, headers=headers, content_type="multipart/form-data")


def counted(house: House) -> tuple[int, int]:
    with house.db.read() as session:
        return tuple(session.exec(select(func.count()).select_from(table)).one() for table in (Account, Event))  # type: ignore[return-value]


def test_a_file_is_looked_at_then_imported(house: House) -> None:
    client, before = house.client(Role.ADMIN), counted(house)
    answer = upload(house, client, FILE)
    assert answer.status_code == 303
    address = answer.headers["Location"]
    page = client.get(address).get_data(as_text=True)
    assert "Import crm.csv?" in page
    assert "Import 2 accounts" in page
    assert "expected a number" in page
    assert counted(house) == before, "looking changes nothing"
    rows = client.get(f"{address}/rejected.csv").get_data(as_text=True)
    assert rows.startswith("account,arr,region,rejected_line,rejected_reason,rejected_row\r\nBad,1;2,'=cmd(),4,")
    house.post(client, address, address, do="import")
    listing = client.get("/accounts?find=New+One").get_data(as_text=True)
    assert "New One" in listing
    assert counted(house)[0] == before[0] + 1
    with house.db.read() as session:
        assert session.exec(select(Account.arr).where(Account.name == "Acme")).one() == 250_000.0
        assert verify(session).breaks is None


def test_a_file_is_its_persons_alone_and_can_be_thrown_away(house: House) -> None:
    client = house.client(Role.ADMIN)
    address = upload(house, client, FILE).headers["Location"]
    with house.db.write() as session:
        session.exec(select(ImportDraft)).one().by = "somebody else"
    assert client.get(address).status_code == 404
    assert client.get(f"{address}/rejected.csv").status_code == 404
    with house.db.write() as session:
        session.exec(select(ImportDraft)).one().by = "the-admin"
    house.post(client, address, address, do="discard")
    with house.db.read() as session:
        assert session.exec(select(ImportDraft)).all() == []


def test_what_is_no_accounts_file_is_refused(house: House) -> None:
    client = house.client(Role.ADMIN)
    for data, said in ((b"", "choose a file first"), (b"a,b\n1,2\n", "missing: account"), (b'{"a": 1}', "is JSON")):
        assert upload(house, client, data).status_code == 303
        assert said in client.get("/accounts/import").get_data(as_text=True)
    with house.db.read() as session:
        assert session.exec(select(ImportDraft)).all() == []
