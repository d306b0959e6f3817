"""Phone numbers, taken apart at the calling code of the country."""

from __future__ import annotations

from functools import cache


def split(number: str) -> tuple[str, str]:
    """Return calling code, with a leading ``+``, and the rest of a number.

    Without a known calling code the whole number is the rest.
    """
    digits = number.removeprefix("+")
    codes = _calling_codes()
    for length in (1, 2, 3):
        if digits[:length] in codes:
            return f"+{digits[:length]}", digits[length:]
    return "", digits


@cache
def _calling_codes() -> frozenset[str]:
    # The library takes a moment to load, and most servers never split a number.
    import phonenumbers

    return frozenset(map(str, phonenumbers.COUNTRY_CODE_TO_REGION_CODE))
