"""Smart group queries."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.providers.rapidpro.queries import (
    ContactView,
    FieldValue,
    Query,
    QueryError,
    parse_query,
)

NAIROBI = ZoneInfo("Africa/Nairobi")
SCHEMES = frozenset({"tel", "mailto", "telegram", "viber", "ext"})
FIELDS = {
    "children": "number",
    "village": "text",
    "nickname": "text",
    "due_date": "datetime",
    "seen": "datetime",
    "home": "district",
    "language": "text",
    "ext": "text",
    "2nd": "number",
}


class Contact:
    """Amina, who has everything but a nickname, a last moment of being seen and a viber."""

    name: str | None = "Amina O'Yusuf-Bakari"
    language: str | None = "swa"
    created_on = datetime(2026, 1, 10, 21, 30, tzinfo=UTC)  # The 11th in Nairobi.
    last_seen_on: datetime | None = None
    open_tickets = 1

    def field(self, key: str) -> FieldValue:
        values: dict[str, FieldValue] = {
            "children": Decimal(2),
            "village": " Eastpoint ",
            "due_date": datetime(2026, 6, 1, tzinfo=NAIROBI),
            "home": "Kenya > Nairobi > Westlands",
            "language": "English",
            "nickname": "",
            "2nd": 0,
        }
        return values.get(key)

    def urn_paths(self, scheme: str) -> Sequence[str]:
        urns = {"tel": ["+254722000111", "+254733000111"], "mailto": ("Amina@Example.com",)}
        return urns.get(scheme, ())


class Nobody(Contact):
    """A contact without a name, a language or a value."""

    name = None
    language = None
    open_tickets = 0

    def field(self, key: str) -> FieldValue:
        return None

    def urn_paths(self, scheme: str) -> Sequence[str]:
        return []


def parse(text: str, date_style: str = "day_first") -> Query:
    return parse_query(text, FIELDS, schemes=SCHEMES, date_style=date_style, timezone=NAIROBI)


def matches(text: str, contact: ContactView | None = None, date_style: str = "day_first") -> bool:
    return parse(text, date_style).matches(contact or Contact())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # numbers
        ("children = 2", True),
        ("children=2.0", True),
        ('CHILDREN = "2"', True),
        ("fields.children = 2", True),
        ("children is 3", False),
        ("children != 2", False),
        ("children != 3", True),
        ("children > 1", True),
        ("children > 2", False),
        ("children>=2", True),
        ("children < 2", False),
        ("children < 2.5", True),
        ("children <= 2", True),
        ("children <= -1", False),
        ("2nd = 0", True),
        ('2nd != ""', True),
        ("tickets > 0", True),
        ("tickets = 0", False),
        # texts
        ("village = eastpoint", True),
        ("village IS EASTPOINT", True),
        ('village = " eastpoint"', True),
        ("village = east", False),
        ("village != eastpoint", False),
        ("village != west", True),
        ("language = SWA", True),
        ("language != eng", True),
        ("fields.language = english", True),
        ('name = "amina o\'yusuf-bakari"', True),
        ("name = amina", False),
        # places, by their own name or by their path
        ("home = westlands", True),
        ('home = "kenya > nairobi > westlands"', True),
        ("home = nairobi", False),
        # presence
        ('village != ""', True),
        ('village = ""', False),
        ('nickname = ""', True),
        ('nickname != ""', False),
        ('seen = ""', True),
        ('due_date != ""', True),
        ('name != ""', True),
        ('last_seen_on = ""', True),
        ('tel != ""', True),
        ('viber = ""', True),
        ("nickname != x", True),
        ("seen != 2026-01-01", True),
        ("last_seen_on != 2026-01-01", True),
        ("last_seen_on > 2026-01-01", False),
        ("last_seen_on < 2026-01-01", False),
        # the name
        ("name ~ ami", True),
        ("name HAS AMINA", True),
        ("name ~ bak", True),
        ('name ~ "o\'yu ami"', True),
        ("name ~ mina", False),
        ('name ~ "ami zed"', False),
        ("name ~ aminata", False),
        # URNs
        ("tel = +254722000111", True),
        ("urns.tel = +254733000111", True),
        ("tel = 254722000111", False),
        ("tel != +254722000111", False),
        ("tel != +254722000999", True),
        ("viber != x", True),
        ("tel ~ 733", True),
        ("tel ~ 999", False),
        ("MAILTO ~ amina@EX", True),
        ("mailto = amina@example.com", True),
        ("viber ~ abc", False),
        # a scheme comes before a field
        ('ext = ""', True),
    ],
)
def test_conditions(text: str, expected: bool) -> None:
    assert matches(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("due_date = 2026-06-01", True),
        ("due_date = 01-06-2026", True),
        ("due_date = 1/6/2026", True),
        ('due_date = "1 6 2026"', True),
        ("due_date = 1.6.2026", True),
        ("due_date = 2026-05-31", False),
        ("due_date != 2026-06-01", False),
        ("due_date != 2026-06-02", True),
        ("due_date > 2026-06-01", False),
        ("due_date > 2026-05-31", True),
        ("due_date >= 2026-06-01", True),
        ("due_date >= 2026-06-02", False),
        ("due_date < 2026-06-01", False),
        ("due_date < 2026-06-02", True),
        ("due_date <= 2026-06-01", True),
        ("due_date <= 2026-05-31", False),
        ("created_on = 2026-01-11", True),
        ("created_on = 2026-01-10", False),
        ("created_on > 2026-01-10", True),
    ],
)
def test_dates_compare_by_whole_days_of_the_workspace(text: str, expected: bool) -> None:
    assert matches(text) is expected


@pytest.mark.parametrize(
    ("date_style", "literal"),
    [
        ("day_first", "1/6/2026"),
        ("month_first", "6/1/2026"),
        ("year_first", "2026/6/1"),
        ("month_first", "2026-06-01"),
    ],
)
def test_dates_are_read_in_the_date_style(date_style: str, literal: str) -> None:
    assert matches(f"due_date = {literal}", date_style=date_style)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("children = 2 AND village = eastpoint", True),
        ("children = 2 village = eastpoint", True),
        ("children = 2 and village = west", False),
        ("children = 9 OR village = eastpoint", True),
        ("children = 9 or village = west", False),
        ("children = 2 OR children = 9 AND village = west", True),
        ("children = 2 OR children = 9 village = west", True),
        ("(children = 2 OR children = 9) AND village = west", False),
        ("children = 9 AND village = west OR language = swa", True),
        ("(children = 2)(village = eastpoint)", True),
        ("((children = 9) OR ((village = eastpoint)))", True),
        ("  children\n=\t2  ", True),
    ],
)
def test_and_binds_tighter_than_or(text: str, expected: bool) -> None:
    assert matches(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('name = ""', True),
        ("name ~ ami", False),
        ("name != amina", True),
        ("name = amina", False),
        ("children = 0", False),
        ("children < 5", False),
        ("children != 0", True),
        ("village != x", True),
        ('home = ""', True),
        ("tel ~ 254", False),
        ('tel = ""', True),
        ("tickets > 0", False),
        ("tickets = 0", True),
    ],
)
def test_what_is_not_set_equals_nothing(text: str, expected: bool) -> None:
    assert matches(text, Nobody()) is expected


@pytest.mark.parametrize(
    ("text", "message", "position"),
    [
        ("", "the query ends too early", 0),
        ("   ", "the query ends too early", 3),
        ("children", "'children' is not compared with anything", 0),
        ("children >", "the query ends too early", 10),
        ("children > AND", "unexpected 'AND'", 11),
        ("children = 2 AND", "the query ends too early", 16),
        ("AND children = 2", "unexpected 'AND'", 0),
        ("children = 2 OR OR children = 3", "unexpected 'OR'", 16),
        ("(children = 2", "the query ends too early", 13),
        ("children = 2)", "unexpected ')'", 12),
        ("children == 2", "unexpected '='", 10),
        ("children = 2; x", "unexpected ';'", 12),
        ('village = "east', "unclosed quote", 10),
        ('"amina"', "unexpected '\"amina\"'", 0),
        ("NOT children = 2", "'NOT' is not compared with anything", 0),
        ("NOT (children = 2)", "'NOT' is not compared with anything", 0),
        ("xyz = 1", "'xyz' is no attribute, scheme or field", 0),
        ("children = 2 fields.xyz = 1", "'fields.xyz' is no attribute, scheme or field", 13),
        ("fields.name = x", "'fields.name' is no attribute, scheme or field", 0),
        ("urns.sms = x", "'urns.sms' is no attribute, scheme or field", 0),
        ("urns.children = 2", "'urns.children' is no attribute, scheme or field", 0),
        ("fields.tel = 2", "'fields.tel' is no attribute, scheme or field", 0),
        ("contact.name = x", "'contact.name' is no attribute, scheme or field", 0),
        ("+children = 2", "'+children' is no attribute, scheme or field", 0),
        ("group = Mothers", "smart groups cannot ask for 'group' here", 0),
        ("ID = 1", "smart groups cannot ask for 'id' here", 0),
        ("uuid = 1", "smart groups cannot ask for 'uuid' here", 0),
        ("ref = 1", "smart groups cannot ask for 'ref' here", 0),
        ("status = active", "smart groups cannot ask for 'status' here", 0),
        ("flow = Survey", "smart groups cannot ask for 'flow' here", 0),
        ("history = Survey", "smart groups cannot ask for 'history' here", 0),
        ("urn ~ 254", "smart groups cannot ask for 'urn' here", 0),
        ("village > a", "> compares only numbers and dates", 10),
        ("home <= a", "<= compares only numbers and dates", 8),
        ("name < a", "< compares only numbers and dates", 7),
        ("tel >= 123", ">= compares only numbers and dates", 7),
        ("village ~ east", "~ is only for the name and URNs", 10),
        ("children ~ 2", "~ is only for the name and URNs", 11),
        ("created_on ~ 2026", "~ is only for the name and URNs", 13),
        ("language ~ swa", "~ is only for the name and URNs", 11),
        ("tel ~ 25", "~ on URNs needs at least 3 characters", 6),
        ('name ~ ""', "~ on the name needs a word", 7),
        ("name ~ -", "~ on the name needs a word", 7),
        ("children = two", "'two' is no number", 11),
        ("children = 1e3", "'1e3' is no number", 11),
        ('children > ""', "'' is no number", 11),
        ('tickets = ""', "'' is no number", 10),
        ("due_date = soon", "'soon' is no date", 11),
        ("due_date = 31-02-2026", "'31-02-2026' is no date", 11),
        ("due_date = 12-31-2026", "'12-31-2026' is no date", 11),
        ("due_date = 01-06/2026", "'01-06/2026' is no date", 11),
        ("due_date = 01-06-26", "'01-06-26' is no date", 11),
        ("due_date = 9999-12-31", "'9999-12-31' is no date", 11),
        ("due_date > 2026-06-01T10:00:00Z", "'2026-06-01T10:00:00Z' is no date", 11),
        ('created_on < ""', "'' is no date", 13),
        ("language = english", "'english' is no language code", 11),
    ],
)
def test_anything_else_is_refused_with_its_place(text: str, message: str, position: int) -> None:
    with pytest.raises(QueryError, match=f"^{re.escape(message)} ") as refused:
        parse(text)

    assert refused.value.position == position
    assert f"(at character {position + 1})" in str(refused.value)


def test_a_query_says_what_it_depends_on() -> None:
    query = parse("Children > 0 AND (fields.children < 5 OR name ~ am OR tel = 1) tickets > 0")

    assert query.attributes == {"fields.children", "name", "urns.tel", "tickets"}
    assert query.fields == {"children"}
    assert parse("language = eng OR fields.language = x").fields == {"language"}
    assert parse("tickets > 0").fields == frozenset()


@pytest.mark.parametrize("levels", [50, 51, 4_000])
def test_nesting_has_a_limit(levels: int) -> None:
    text = "(" * levels + "children = 2" + ")" * levels

    if levels <= 50:
        assert matches(text)
    else:
        with pytest.raises(QueryError, match="nested deeper than 50 levels"):
            parse(text)


def test_length_has_a_limit() -> None:
    condition = "children=2 "

    assert matches(condition * 900)
    with pytest.raises(QueryError, match="at most 10000 characters"):
        parse(condition * 1_000)


PIECES = st.sampled_from(
    [
        *("children", "village", "name", "tel", "due_date", "created_on", "home", "tickets"),
        *("=", "!=", "<", ">=", "~", "has", "IS", "AND", "OR", "NOT", "(", ")", '""', '"a b"'),
        *(
            "2",
            "2026-06-01",
            "1/6/2026",
            "swa",
            "+254",
            "fields.",
            "urns.",
            " ",
            "\\",
            '"',
            "group",
        ),
    ]
)


@given(st.text() | st.lists(PIECES | st.text(max_size=2), max_size=20).map(" ".join))
def test_any_text_is_either_answered_or_refused(text: str) -> None:
    try:
        query = parse(text)
    except QueryError as error:
        position = error.position
    else:
        position = 0
        assert isinstance(query.matches(Contact()), bool)
        assert isinstance(query.matches(Nobody()), bool)

    assert 0 <= position <= len(text)


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.integers(-3, 3),
    st.sampled_from(["=", "!=", "<", "<=", ">", ">="]),
)
def test_days_compare_as_their_dates_do(moment: datetime, shift: int, sign: str) -> None:
    here = moment.astimezone(NAIROBI).date()
    literal = here + timedelta(days=shift)

    class Created(Contact):
        created_on = moment

    expected = {
        "=": here == literal,
        "!=": here != literal,
        "<": here < literal,
        "<=": here <= literal,
        ">": here > literal,
        ">=": here >= literal,
    }[sign]
    assert matches(f"created_on {sign} {literal}", Created()) is expected


@given(st.text(max_size=30).filter(lambda text: text.strip()))
def test_any_text_can_be_quoted(text: str) -> None:
    class Named(Contact):
        name = text

    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    assert matches(f'name = "{quoted}"', Named())
