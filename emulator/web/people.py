"""Made-up people for fixtures: names in the manner of a country, and numbers valid there.

The only module that imports Faker, and only once somebody is to be made up. Names come from
pools that Faker fills once for each country, so that a hundred thousand people take no longer
than a hundred thousand draws.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from math import gcd
from typing import Any, NamedTuple

from emulator.core.drawing import Draw

POOL = 80
TRIES = POOL * 3 // 2
WIDTHS = (6, 5, 4, 3)
HEADS = 12
TRIED = "057"
STEP = 7_368_787
SPREAD = 1_000_003
ELSEWHERE = "US"
LOCALES = {
    "GB": ("en_GB",),
    "KE": ("en_KE", "sw"),
    "MY": ("id_ID", "en_IN"),
    "NG": ("en_NG", "yo_NG", "ig_NG"),
    "SG": ("en_IN", "en_GB", "id_ID"),
    "TZ": ("sw",),
    "UG": ("en_KE",),
    "US": ("en_US",),
    "ZA": ("zu_ZA", "en_GB"),
}


class Person(NamedTuple):
    """Somebody made up."""

    first: str
    last: str
    is_woman: bool

    @property
    def name(self) -> str:
        """The whole name."""
        return f"{self.first} {self.last}"

    def email(self, domain: str) -> str:
        """Return an address of plain letters."""
        letters = f"{self.first}.{self.last}".lower()
        plain = "".join(
            char for char in letters if char.isascii() and (char.isalnum() or char in ".-")
        )
        return f"{plain.strip('.-') or 'somebody'}@{domain}"


class Pool(NamedTuple):
    """Names of a country."""

    women: Sequence[str]
    men: Sequence[str]
    families: Sequence[str]


def person(draw: Draw, country: str) -> Person:
    """Return somebody who may live in a country."""
    pool = draw.pick(pools(country), "people")
    is_woman = draw.fraction("woman") < 0.5
    first = draw.pick(pool.women if is_woman else pool.men, "first name")
    return Person(first, draw.pick(pool.families, "last name"), is_woman)


@cache
def pools(country: str) -> tuple[Pool, ...]:
    """Return the names that Faker knows for a country, else for the United States."""
    return tuple(_pool(locale) for locale in _locales(country))


def _locales(country: str) -> tuple[str, ...]:
    from faker.config import AVAILABLE_LOCALES

    if country in LOCALES:
        return LOCALES[country]
    known = sorted(locale for locale in AVAILABLE_LOCALES if locale.endswith(f"_{country}"))
    return tuple(known[:1]) or LOCALES[ELSEWHERE]


@cache
def _pool(locale: str) -> Pool:
    faker = _faker(locale, "person")
    return Pool(
        _unlike(faker.first_name_female),
        _unlike(faker.first_name_male),
        _unlike(faker.last_name),
    )


def _faker(locale: str, *names: str) -> Any:
    """Return a generator of Faker's that has these providers alone: making all takes long."""
    from faker.generator import Generator

    faker = Generator()
    for name in names:
        found = f"faker.providers.{name}.{locale}"
        known = find_spec(found) is not None
        faker.add_provider(
            import_module(found if known else f"{found[: -len(locale)]}en_US").Provider
        )
    faker.seed_instance(0)
    return faker


def _unlike(make: Callable[[], str]) -> tuple[str, ...]:
    """Return up to so many different names; some countries have few."""
    found: dict[str, None] = {}
    for _ in range(TRIES):
        found[make()] = None
        if len(found) == POOL:
            break
    return tuple(found)


@cache
def towns(country: str) -> tuple[str, ...]:
    """Return names of towns."""
    return _unlike(_faker(_locales(country)[0], "person", "address").city)


class _Block(NamedTuple):
    """Numbers of a country: each head with some number of so many digits after it."""

    country: str
    code: str
    heads: Sequence[str]
    width: int

    @property
    def tails(self) -> int:
        # The last six digits of magic numbers are 99 and four more: nobody made up has one.
        count: int = 10**self.width
        return count * 99 // 100


def mobile(country: str, start: Draw, n: int) -> str:
    """Return a mobile number, ``+`` first: another for each n, as far as the country has them.

    :param start: the draws of the whole list.
    """
    block = _block(country)
    space = len(block.heads) * block.tails
    step = STEP
    while gcd(step, space) > 1:
        step += 1
    begin = start.number("numbers")
    while True:
        at = (begin + n * step) % space
        number = f"{block.heads[at % len(block.heads)]}{at // len(block.heads):0{block.width}}"
        if _is_valid(number, block):
            return number
        # Far from the numbers of all the others.
        n += SPREAD


@cache
def _block(country: str) -> _Block:
    import phonenumbers as p

    kind = p.PhoneNumberType
    for wanted in (kind.MOBILE, kind.FIXED_LINE_OR_MOBILE, kind.FIXED_LINE):
        example = p.example_number_for_type(country, wanted)
        if example is None:
            continue
        national = p.national_significant_number(example)
        for width in WIDTHS:
            block = _Block(country, f"+{example.country_code}", (), width)
            heads = _heads(block, national[:-width])
            if heads:
                return block._replace(heads=heads)
    return _block(ELSEWHERE)


def _heads(block: _Block, example: str) -> tuple[str, ...]:
    """Return beginnings of numbers after which many, if not all, endings make a valid one.

    :param example: one without calling code.
    """
    room = min(len(example), 2)
    if room < 1:
        return ()
    found = []
    for ending in range(10**room):
        head = f"{block.code}{example[:-room]}{ending:0{room}}"
        tails = [digit * block.width for digit in TRIED]
        is_magic = block.width < WIDTHS[0] and head.endswith("9")
        if not is_magic and all(_is_valid(head + tail, block) for tail in tails):
            found.append(head)
        if len(found) == HEADS:
            break
    return tuple(found)


def _is_valid(number: str, block: _Block) -> bool:
    import phonenumbers as p

    national = number.removeprefix(block.code)
    is_led = national.startswith("0") or None
    parsed = p.PhoneNumber(int(block.code), int(national), None, is_led)
    return p.is_valid_number_for_region(parsed, block.country)


@cache
def country_of(number: str) -> str | None:
    """Return the country of a phone number with its calling code, None where it has none."""
    import phonenumbers as p

    try:
        parsed = p.parse("+" + number.removeprefix("+"))
    except p.NumberParseException:
        return None
    region = p.region_code_for_number(parsed) or p.region_code_for_country_code(
        parsed.country_code or 0
    )
    return region if region and len(region) == 2 and region.isalpha() and region != "ZZ" else None


def parted(number: str) -> tuple[str, str]:
    """Return the calling code of a phone number, and the rest of it."""
    import phonenumbers as p

    parsed = p.parse("+" + number.removeprefix("+"))
    return str(parsed.country_code), p.national_significant_number(parsed)
