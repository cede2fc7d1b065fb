"""The description holds: Schemathesis sends what it allows and what it forbids, and every answer is one it names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import Failure, FailureGroup

from bridge.words import Role
from tests.web.api.asking import Program, program
from tests.web.house import House, furnished_house

ROLES = (Role.ADMIN, Role.SUPPLIER_CONTACT)
EXAMPLES = {Role.ADMIN: 3, Role.SUPPLIER_CONTACT: 1}
"""Right and as many wrong requests for each operation, by role: most answer a supplier that it is not for them."""

load_all_checks()
NAMES = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
)
"""All but "valid data is accepted": an opaque cursor or a key that was used before is refused, and rightly."""
DOORS = ("unsupported_method", "ignored_auth")
"""Asked once an operation: no other method, and nobody without a token."""
REAL = {
    "issue": ["IB-1", "2", "IB-3", "4"],
    "connection": ["desk", "tracker"],
    "ticket": ["101", "102", "202", "301"],
    "name": ["the-agent", "the-csm"],
    "row": [1, 2, 3],
    "event": [1, 5, 9],
    "account": [1, 2],
}
"""Half of the requests name something that is there."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = furnished_house(tmp_path_factory.mktemp("contract") / "home")
    yield made
    made.db.dispose()


@pytest.fixture(scope="module")
def url(house: House) -> Iterator[str]:
    with house.live() as address:
        yield address


@pytest.fixture(scope="module")
def programs(house: House) -> dict[Role, Program]:
    return {role: program(house, role) for role in ROLES}


def test_description_is_openapi_3_1_public_and_of_the_api_alone(house: House) -> None:
    answer = house.app.test_client().get("/api/openapi.json")
    assert answer.status_code == 200
    spec = answer.get_json()
    assert spec["openapi"].startswith("3.1")
    assert list(OpenAPIV31SpecValidator(spec).iter_errors()) == []
    assert all(path.startswith("/api/v1/") for path in spec["paths"])
    names = [one["operationId"] for each in spec["paths"].values() for one in each.values()]
    assert len(names) == len(set(names))


def test_every_model_forbids_other_fields(house: House) -> None:
    spec = house.app.test_client().get("/api/openapi.json").get_json()
    objects = {name: s for name, s in spec["components"]["schemas"].items() if s.get("type") == "object"}
    assert [name for name, schema in objects.items() if schema.get("additionalProperties") is not False] == []


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
def test_no_answer_is_undocumented(url: str, programs: dict[Role, Program], role: Role, mode: GenerationMode) -> None:
    headers = {"Authorization": f"Bearer {programs[role].secret}"}
    faults = [fault_of(one, mode, EXAMPLES[role], NAMES, url, headers) for one in operations(url)]
    assert not any(faults), "\n\n".join(filter(None, faults))


def test_no_method_is_hidden_and_no_door_is_open(url: str, programs: dict[Role, Program]) -> None:
    headers = {"Authorization": f"Bearer {programs[Role.SUPPLIER_CONTACT].secret}"}
    faults = [fault_of(one, GenerationMode.POSITIVE, 1, DOORS, url, headers) for one in operations(url)]
    assert not any(faults), "\n\n".join(filter(None, faults))


def operations(url: str) -> list[Any]:
    schema = schemathesis.openapi.from_url(f"{url}/api/openapi.json")
    return [found.ok() for found in schema.get_all_operations()]


def fault_of(
    operation: Any, mode: GenerationMode, examples: int, names: Sequence[str], url: str, headers: dict[str, str]
) -> str | None:
    """What an operation did that its description does not say."""
    checks = [check for check in CHECKS.get_all() if check.__name__ in names]
    assert len(checks) == len(names)

    @settings(
        max_examples=examples, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        case = data.draw(operation.as_strategy(generation_mode=mode))
        case.path_parameters.update(_there(data, case) if mode is GenerationMode.POSITIVE else {})
        case.call_and_validate(base_url=url, headers=headers, checks=checks)

    try:
        holds()
    except Unsatisfiable:
        return None if mode is GenerationMode.NEGATIVE else f"{operation.label}: nothing can be sent"
    except (Failure, FailureGroup) as error:
        return f"{operation.label}: {error}"
    return None


def _there(data: st.DataObject, case: Any) -> dict[str, Any]:
    """Names of things that are there, for half of the requests; never the token that asks."""
    names = set(case.path_parameters)
    found = (
        {name: data.draw(st.sampled_from(REAL[name])) for name in names & set(REAL)} if data.draw(st.booleans()) else {}
    )
    return found | ({"token": 99_999} if "token" in names else {})
