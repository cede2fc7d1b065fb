"""Planted values pass the checks by which a redactor recognises the real thing, and reach nobody."""

from __future__ import annotations

from random import Random

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.demo import planted

SEEDS = st.integers(0, 10_000).map(Random)


@given(SEEDS)
def test_card_numbers_pass_luhn(rng: Random) -> None:
    digits = [int(c) for c in planted.card(rng) if c.isdigit()]
    doubled = [sum(divmod(2 * d, 10)) if i % 2 else d for i, d in enumerate(reversed(digits))]

    assert len(digits) in {15, 16}
    assert sum(doubled) % 10 == 0


@given(SEEDS)
def test_ibans_pass_mod_97(rng: Random) -> None:
    value = planted.iban(rng).replace(" ", "")

    assert int("".join(str(int(c, 36)) for c in value[4:] + value[:4])) % 97 == 1


@given(SEEDS, st.sampled_from(("en", "de", "fr", "es")))
def test_phone_numbers_are_well_formed(rng: Random, language: str) -> None:
    assert phonenumbers.is_possible_number(phonenumbers.parse(planted.phone(rng, language)))


@pytest.mark.parametrize("seed", range(5))
def test_secrets_are_long_and_random(seed: int) -> None:
    assert len(planted.secret(Random(seed))) >= 20
    assert planted.secret(Random(seed)) != planted.secret(Random(seed + 100))
