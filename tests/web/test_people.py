"""People who are made up: numbers that are valid where they live, and names from there."""

from __future__ import annotations

import hashlib

import phonenumbers
import pytest

from emulator.core.drawing import Draw
from emulator.web import people

NUMBERS = 8
DRAW = Draw(hashlib.blake2b(b"people", digest_size=16))


@pytest.mark.parametrize("initial", sorted({code[0] for code in phonenumbers.SUPPORTED_REGIONS}))
def test_numbers_are_valid_and_different_in_every_country(initial: str) -> None:
    for country in sorted(phonenumbers.SUPPORTED_REGIONS):
        if country.startswith(initial):
            numbers = {people.mobile(country, DRAW, n) for n in range(NUMBERS)}

            valid = phonenumbers.is_valid_number_for_region
            wrong = [n for n in numbers if not valid(phonenumbers.parse(n), country)]
            assert (country, wrong, len(numbers)) == (country, [], NUMBERS)


@pytest.mark.parametrize(("country", "locale"), [("DE", "de_DE"), ("MX", "es_MX"), ("XX", "en_US")])
def test_names_are_of_the_country_or_else_of_the_united_states(country: str, locale: str) -> None:
    [pool] = people.pools(country)

    assert pool == people._pool(locale)
    assert people.person(DRAW, country).last in pool.families
    assert len(people.towns(country)) > 1
