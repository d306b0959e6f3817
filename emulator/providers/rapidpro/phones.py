"""Telephone numbers, as the server reads them.

Parsing a number takes 15 microseconds and fixtures bring a hundred thousand of them, nearly all
in E.164 already: those are checked against the library's figures without being taken apart.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

import msgspec

# Spreadsheets turn long numbers into 2.54722E+11.
_SPREADSHEET = ("e+11", "e+12")
_NOT_IN_A_NUMBER = re.compile("[^0-9a-z]")
_E164 = re.compile(r"\+[1-9][0-9]+")
# From this length on a number that does not start with 0 is taken to be international.
_INTERNATIONAL_LENGTH = 11
_CALLING_CODE_LENGTHS = (1, 2, 3)


class _Plan(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a calling code allows: lengths of national numbers, and how a trunk prefix starts."""

    lengths: frozenset[int]
    trunk: re.Pattern[str] | None


def normalize(number: str, country: str | None) -> str:
    """Return a number in E.164, or what is left of its characters if it is no possible number."""
    number = number.strip()
    bare = number.lower()
    if bare.endswith(_SPREADSHEET):
        bare = bare[:-4].replace(".", "")
    bare = _NOT_IN_A_NUMBER.sub("", bare)
    is_long = len(bare) >= _INTERNATIONAL_LENGTH and not bare.startswith("0")
    found = e164("+" + bare if number.startswith("+") or is_long else bare, country)
    return bare if found is None else found


def e164(number: str, country: str | None) -> str | None:
    """Return a possible number in E.164, or None; numbers for local calls alone are not possible.

    :param country: two letters, for numbers without a calling code.
    """
    return number if is_plain_e164(number) else _parse(number, country or None)


def is_plain_e164(number: str) -> bool:
    """Say whether a number is possible and in E.164 already, where that is plain to see.

    False decides nothing: a number whose national part begins like a trunk prefix may be possible.
    """
    if _E164.fullmatch(number) is None:
        return False
    for length in _CALLING_CODE_LENGTHS:
        plan = _plan(number[1 : 1 + length])
        if plan is not None:
            rest = number[1 + length :]
            return len(rest) in plan.lengths and not (plan.trunk and plan.trunk.match(rest))
    return False


def is_possible(number: str) -> bool:
    """Say whether a text is a possible number in E.164."""
    return _E164.fullmatch(number) is not None and e164(number, None) == number


@lru_cache(maxsize=8192)
def national(number: str) -> str | None:
    """Return an E.164 number as it is written in its own country, or None if it is none."""
    import phonenumbers

    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)


@lru_cache(maxsize=8192)
def _parse(number: str, country: str | None) -> str | None:
    import phonenumbers

    try:
        parsed = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        return None
    reason = phonenumbers.is_possible_number_with_reason(parsed)
    if reason != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    found = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    # One trunk prefix goes each time, so what is stored would not be found again if two were given.
    return found if found == number else e164(found, None) or found


@cache
def _plan(calling_code: str) -> _Plan | None:
    import phonenumbers

    code = int(calling_code)
    if code not in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
        return None
    region = phonenumbers.region_code_for_country_code(code)
    metadata = phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(code, region)
    if metadata is None or metadata.general_desc is None:
        return None
    trunk = metadata.national_prefix_for_parsing
    return _Plan(
        lengths=frozenset(metadata.general_desc.possible_length),
        trunk=re.compile(trunk) if trunk else None,
    )
