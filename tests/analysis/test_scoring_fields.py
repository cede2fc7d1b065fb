"""The constants as they are typed: every one has a field, what is written is read back, and errors name their field."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.analysis.scoring import ConfigError, ScoringConfig
from bridge.analysis.scoring_fields import Field, changes, fields_of, flat, groups, read
from tests.analysis.test_rescoring import configs

CONFIG = ScoringConfig()
FIELDS = fields_of(groups(["Meridian Desk"]))
FOLLOW_SETTINGS = {"currency", "internal_domains"}


def test_every_constant_can_be_typed_but_those_of_the_settings():
    raw = CONFIG.to_dict()
    keys = {f"{name}.{word}" for name, value in raw.items() if isinstance(value, dict) for word in value}
    keys |= {name for name, value in raw.items() if not isinstance(value, dict)}
    assert keys - set(FIELDS) == FOLLOW_SETTINGS
    assert set(FIELDS) - keys == {"supplier_unit_cost.Meridian Desk"}


@given(configs())
def test_what_is_written_is_read_back(config):
    typed = flat(config, FIELDS)
    assert read(typed, CONFIG, FIELDS).config == config
    assert read({}, config, FIELDS).config == config
    told = changes(CONFIG, config, FIELDS)
    assert read({c.key: c.after for c in told}, CONFIG, FIELDS).config == config
    assert changes(config, config, FIELDS) == []


@given(st.dictionaries(st.sampled_from([*FIELDS, "beta.huge", "internal_domains"]), st.text(max_size=20), max_size=4))
def test_whatever_is_typed_is_read_or_told_by_its_field(typed):
    draft = read(typed, CONFIG, FIELDS)
    assert (draft.config is None) == bool(draft.errors)
    tables = {key.partition(".")[0] for key in typed}
    assert set(draft.errors) <= set(typed) | tables
    assert all(draft.typed[key] == text for key, text in typed.items() if key in FIELDS)
    assert set(draft.typed) == set(FIELDS)


@pytest.mark.parametrize(
    ("key", "text", "says"),
    [
        ("kappa", "a lot", "Write a number"),
        ("kappa", "-1", "from 0 to 5"),
        ("kappa", "nan", "from 0 to 5"),
        ("half_life_open_days", "0", "from 1 to 3,650"),
        ("priority_severity.high", "S9", "Choose S1"),
        ("free_mail_domains", "mail.example\nsomebody@mail.example", "is no domain"),
        ("unit_cost", "", "Write a number"),
        ("nothing", "1", "no such constant"),
        ("internal_domains", "ours.example", "no such constant"),
    ],
)
def test_an_error_stands_at_its_field(key, text, says):
    assert says in read({key: text}, CONFIG, FIELDS).errors[key]


@pytest.mark.parametrize(
    ("typed", "table"),
    [
        ({"severity_weight.S2": "0.1"}, "severity_weight"),
        ({"workaround.full": "0.9"}, "workaround"),
        ({"beta.high": "0.01"}, "beta"),
        ({"half_life_closed_days": "200"}, "half_life_closed_days"),
        ({"priority_severity.low": "S1"}, "priority_severity"),
    ],
)
def test_a_broken_order_stands_at_its_table(typed, table):
    assert list(read(typed, CONFIG, FIELDS).errors) == [table]


def test_a_supplier_has_a_cost_of_its_own_or_none():
    key = "supplier_unit_cost.Meridian Desk"
    own = read({key: "7.5"}, CONFIG, FIELDS).config
    assert own is not None
    assert own.supplier_unit_cost == {"Meridian Desk": 7.5}
    assert [(c.key, c.before, c.after) for c in changes(CONFIG, own, FIELDS)] == [(key, "", "7.5")]
    assert read({key: ""}, own, FIELDS).config == CONFIG
    assert read({}, own, fields_of(groups([]))).config == own, "who may not see it does not take it away"
    assert isinstance(FIELDS[key], Field)


def test_an_error_names_its_key():
    with pytest.raises(ConfigError) as error:
        ScoringConfig.from_dict({"kapa": 1})
    assert "kapa" in error.value.what
    assert ScoringConfig.from_dict({"supplier_unit_cost": {"A. Desk": 3}}).to_dict()["supplier_unit_cost"] == {
        "A. Desk": 3.0
    }
