"""The list as files: no formula in a table, whatever a customer wrote, and each role's own fields in JSON."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from defusedcsv import csv as defused
from hypothesis import example, given
from hypothesis import strategies as st

from bridge.web.issue_export import cell
from bridge.words import Role
from tests.web.house import SECRET_NAMES, SECRET_VALUE, House

STARTS = ("=", "+", "-", "@", "\t", "\r", "|", "%")


@given(st.one_of(st.text(), st.sampled_from(STARTS).flatmap(lambda start: st.text().map(lambda rest: start + rest))))
@example("\t=cmd|' /C calc'!A0")
@example("\r\n+1+1")
@example("\u00a0=1+1")
@example("-1")
def test_no_cell_begins_a_formula(text: str) -> None:
    out = io.StringIO()
    defused.writer(out).writerow([cell(text), cell([text, text])])
    for written in next(csv.reader(io.StringIO(out.getvalue()))):
        plain = written.replace(",", "").replace(".", "").removeprefix("-")
        assert not written.startswith(STARTS) or plain.isdecimal()


def exported(house: House, role: Role, path: str = "/issues.json") -> Any:
    answer = house.client(role).get(path)
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert "attachment" in answer.headers["Content-Disposition"]
    return answer


def test_json_is_the_filtered_list_with_the_roles_own_fields(house: House) -> None:
    whole = exported(house, Role.PRODUCT_MANAGER).get_json()
    assert (whole["total"], len(whole["items"])) == (4, 4)
    assert whole["items"][0]["largest"]["name"] == SECRET_NAMES[0]
    assert exported(house, Role.PRODUCT_MANAGER, "/issues.json?q=export").get_json()["total"] == 1
    for role in (Role.AGENT, Role.SUPPLIER_MANAGER):
        text = exported(house, role).get_data(as_text=True)
        assert not any(name in text for name in SECRET_NAMES)
        assert str(int(SECRET_VALUE)) not in text
    assert "money" not in exported(house, Role.AGENT).get_json()["items"][0]


@pytest.mark.parametrize("role", [Role.SUPPLIER_AGENT, Role.SUPPLIER_CONTACT])
def test_suppliers_get_no_file(house: House, role: Role) -> None:
    assert house.client(role).get("/issues.json").status_code == 403
