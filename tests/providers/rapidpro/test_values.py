"""Values of contact fields, and moments. Partly recorded from RapidPro v26.3.54 (API v2)."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from emulator.providers.rapidpro.values import (
    FieldValue,
    Reader,
    api_text,
    format_moment,
    parse_moment,
)

NAIROBI = ZoneInfo("Africa/Nairobi")
KIGALI = ZoneInfo("Africa/Kigali")
NEW_YORK = ZoneInfo("America/New_York")
NOW = datetime(2026, 5, 6, 10, 0, 0, 123456, tzinfo=UTC)

PLACES = (
    "Kenya",
    "Kenya > Mombasa",
    "Kenya > Nairobi",
    "Kenya > Nairobi > Westlands",
    "Kenya > Nairobi > Westlands > Parklands",
)


class Kenya:
    """Enough of a country to find places in."""

    def at_path(self, path):
        return next((place for place in PLACES if place.lower() == path.lower()), None)

    def named(self, name, level, parent):
        found = (
            place
            for place in PLACES
            if place.count(">") == level
            and place.split(" > ")[-1].lower() == name.lower()
            and (parent is None or place.startswith(f"{parent} > "))
        )
        return next(found, None)


def reader(zone=NAIROBI, date_style="day_first", locations=None):
    return Reader(timezone=zone, date_style=date_style, now=NOW, locations=locations)


def shown(text, kind, *, zone=NAIROBI, date_style="day_first", above=None):
    value = reader(zone, date_style, Kenya()).read(text, kind, above)
    assert value.text == text
    return api_text(value, kind, zone)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("40", "40"),
        ("12.3", "12.3"),
        ("1e3", "1000"),
        ("1E+3", "1000"),
        ("0.10", "0.1"),
        ("007.50", "7.5"),
        ("  8 ", "8"),
        ("-5", "-5"),
        ("+5", "5"),
        (".5", "0.5"),
        ("5.", "5"),
        ("100", "100"),
        ("0", "0"),
        ("-0.0", "0"),
        ("0e50", "0"),
        ("1e-3", "0.001"),
        ("1e-9999", "0"),
        ("9" * 24, "9" * 24),
        ("-" + "9" * 24, "-" + "9" * 24),
        ("1" + "0" * 24, None),
        ("-1" + "0" * 24, None),
        ("1e24", None),
        ("1e9999", None),
        ("1e99999999999", None),
        ("12,5", None),
        ("abc", None),
        ("1_000", None),
        ("٣", None),
        ("0x10", None),
        ("nan", None),
        ("Infinity", None),
        ("1 2", None),
        (".", None),
        ("e3", None),
    ],
)
def test_number_is_shown_in_plain_digits(text, number):
    assert shown(text, "number") == number


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2017-11-11T11:12:13Z", "2017-11-11T13:12:13+02:00"),
        ("2017-11-11 11:12:13Z", "2017-11-11T13:12:13+02:00"),
        ("2017-11-11T11:12:13+00:00", "2017-11-11T13:12:13+02:00"),
        ("2017-11-11T11:12:13.5Z", "2017-11-11T13:12:13.500000+02:00"),
        ("2017-11-11T11:12:13.123456789Z", "2017-11-11T13:12:13.123456+02:00"),
        ("2017-11-11T11:12:13", None),
        ("2017-11-11 11:12:13", "2017-11-11T11:12:13+02:00"),
        ("31/12/2017 15:30", "2017-12-31T15:30:00+02:00"),
        ("31.12.2017 3:30 pm", "2017-12-31T15:30:00+02:00"),
        ("31.12.2017 12:30 pm", "2017-12-31T12:30:00+02:00"),
        ("31.12.17, 12:05:09.5 AM", "2017-12-31T00:05:09.500000+02:00"),
        ("31-12-2017", "2017-12-31T12:00:00.123456+02:00"),
        ("on 31-12-2017.", "2017-12-31T12:00:00.123456+02:00"),
        ("31-12-17", "2017-12-31T12:00:00.123456+02:00"),
        ("31-12-26", "2026-12-31T12:00:00.123456+02:00"),
        ("31-12-45", "1945-12-31T12:00:00.123456+02:00"),
        ("1_2_2017", "2017-02-01T12:00:00.123456+02:00"),
        ("2026-06-01", "2026-06-01T00:00:00+02:00"),
        ("2026/6/1", "2026-06-01T12:00:00.123456+02:00"),
        ("2026-06-01 09:00", "2026-06-01T09:00:00+02:00"),
        ("31-12-2017 25:00", "2017-12-31T12:00:00.123456+02:00"),
        ("12-31-2017", None),
        ("31-02-2017", None),
        ("2026-02-30", None),
        ("2017-11-11T25:12:13Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59Z", None),
        ("junk", None),
        ("12345678", None),
        ("15:30", None),
        ("2", None),
    ],
)
def test_date_is_read_day_first_in_the_zone_of_the_workspace(text, moment):
    assert shown(text, "datetime", zone=KIGALI) == moment


@pytest.mark.parametrize("date_style", ["month_first", "year_first"])
@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("12-31-2017 08:00", "2017-12-31T08:00:00-05:00"),
        ("06/07/2017 08:00", "2017-06-07T08:00:00-04:00"),
        ("31-12-2017", None),
        ("2018-06-11", "2018-06-11T00:00:00-04:00"),
        ("2018-06-11 08:00", "2018-06-11T08:00:00-04:00"),
        ("12-31-2017", "2017-12-31T06:00:00.123456-05:00"),
    ],
)
def test_date_is_read_month_first_otherwise(text, moment, date_style):
    assert shown(text, "datetime", zone=NEW_YORK, date_style=date_style) == moment


def test_moment_is_kept_in_utc():
    assert reader().read("2026-06-01", "datetime").datetime == datetime(2026, 5, 31, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "text", "above", "place"),
    [
        ("state", "Mombasa", None, "Kenya > Mombasa"),
        ("state", "mombasa", None, "Kenya > Mombasa"),
        ("state", "kenya>NAIROBI", None, "Kenya > Nairobi"),
        ("state", "Kenya > Nairobi > Westlands", None, "Kenya > Nairobi"),
        ("state", "Atlantis", None, None),
        ("state", "Kenya > Atlantis", None, None),
        ("state", "Westlands", None, None),
        ("district", "Westlands", "Kenya > Nairobi", "Kenya > Nairobi > Westlands"),
        ("district", "Westlands", "Kenya > Mombasa", None),
        ("district", "Westlands", None, None),
        ("district", "Kenya > Nairobi > Westlands", None, "Kenya > Nairobi > Westlands"),
        ("district", "Kenya > Nairobi", None, None),
        ("ward", "parklands", "Kenya > Nairobi > Westlands", PLACES[-1]),
        ("ward", "parklands", None, None),
    ],
)
def test_place_is_found_by_name_below_the_contacts_own_or_by_path(kind, text, above, place):
    assert shown(text, kind, above=above) == place


def test_no_place_is_found_without_places():
    value = reader().read("Kenya > Nairobi", "state")

    assert value == FieldValue(text="Kenya > Nairobi")


def test_text_is_cut_at_640_characters():
    assert reader().read("x" * 700, "text").text == "x" * 640


def test_text_is_shown_as_it_is_stored():
    assert shown("Eastpoint", "text") == "Eastpoint"
    assert api_text(None, "text", NAIROBI) is None


def test_field_that_changes_its_type_shows_what_the_text_was_read_as():
    value = reader(locations=Kenya()).read("1.2.2017", "text")

    assert api_text(value, "number", NAIROBI) is None
    assert api_text(value, "datetime", NAIROBI) == "2017-02-01T13:00:00.123456+03:00"
    assert api_text(reader().read("7", "text"), "number", NAIROBI) == "7"


def test_value_survives_being_written_down():
    value = reader(locations=Kenya()).read("2026-06-01", "datetime")

    assert msgspec.json.decode(msgspec.json.encode(value), type=FieldValue) == value


@given(st.text(), st.sampled_from(["text", "number", "datetime", "state", "district", "ward"]))
@example("1e-99999999999999999999", "number")
@example("0000-01-01 00:00:00Z", "datetime")
@example("1.1.0001", "datetime")
def test_any_text_can_be_a_value(text, kind):
    value = reader(locations=Kenya()).read(text, kind)
    answer = api_text(value, kind, NAIROBI)

    assert value.text == text[:640]
    assert answer is None or isinstance(answer, str)


dates_by_hand = st.from_regex(
    r"[0-9]{1,4}[-./_][0-9]{1,2}[-./_][0-9]{1,4}[ T]?([0-9]{1,2}:[0-9]{2}(:[0-9]{2}Z?)?)?",
    fullmatch=True,
)


@given(dates_by_hand, st.sampled_from([NAIROBI, NEW_YORK]))
def test_any_date_can_be_shown_or_is_none(text, zone):
    value = reader(zone).read(text, "datetime")
    answer = api_text(value, "datetime", zone)

    assert answer is None or datetime.fromisoformat(answer) == value.datetime


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-02-03T04:05:06.123456Z", datetime(2026, 2, 3, 4, 5, 6, 123456, UTC)),
        ("2026-02-03T04:05:06.123456789Z", datetime(2026, 2, 3, 4, 5, 6, 123456, UTC)),
        ("2026-02-03T04:05:06,5Z", datetime(2026, 2, 3, 4, 5, 6, 500000, UTC)),
        ("2026-01-07T12:00:00.000300+03:00", datetime(2026, 1, 7, 9, 0, 0, 300, UTC)),
        ("2026-01-07T12:00:00-0330", datetime(2026, 1, 7, 15, 30, tzinfo=UTC)),
        ("2026-01-07T12:00:00+03", datetime(2026, 1, 7, 9, tzinfo=UTC)),
        ("2026-01-07 09:00", datetime(2026, 1, 7, 9, tzinfo=UTC)),
        ("2026-01-07T09", datetime(2026, 1, 7, 9, tzinfo=UTC)),
        ("20260107T090000Z", datetime(2026, 1, 7, 9, tzinfo=UTC)),
        ("20260107", datetime(2026, 1, 7, tzinfo=UTC)),
        ("2026-01-06", datetime(2026, 1, 6, tzinfo=UTC)),
        ("2026-1-6", datetime(2026, 1, 6, tzinfo=UTC)),
        ("2026-02", datetime(2026, 2, 1, tzinfo=UTC)),
        ("2026", datetime(2026, 1, 1, tzinfo=UTC)),
        ("2026-13-01", None),
        ("2026-01-07T25:00", None),
        ("2026-01-07T09:00:00+25:00", None),
        ("2026-01-07T09:00:00 03:00", None),
        ("0001-01-01T00:00:00+03:00", None),
        ("202601", None),
        ("2026-01T09:00", None),
        ("1767000000", None),
        ("٢٠٢٦", None),
        ("junk", None),
        ("", None),
    ],
)
def test_filter_takes_lenient_iso_8601(text, moment):
    assert parse_moment(text) == moment


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 2, 3, 4, 5, 6, 123456, UTC), "2026-02-03T04:05:06.123456Z"),
        (datetime(2026, 2, 3, 4, 5, 6, 120, UTC), "2026-02-03T04:05:06.000120Z"),
        (datetime(2026, 2, 3, tzinfo=UTC), "2026-02-03T00:00:00.000000Z"),
        (datetime(33, 2, 3, tzinfo=UTC), "0033-02-03T00:00:00.000000Z"),
        (datetime(2026, 2, 3, tzinfo=timezone(timedelta(hours=3))), "2026-02-02T21:00:00.000000Z"),
        (datetime(2026, 2, 3, tzinfo=NAIROBI), "2026-02-02T21:00:00.000000Z"),
    ],
)
def test_moment_is_written_in_utc_with_six_digits(moment, text):
    assert format_moment(moment) == text


@given(st.datetimes(timezones=st.just(UTC)))
def test_written_moment_is_read_back(moment):
    assert parse_moment(format_moment(moment)) == moment


@given(st.text(), st.from_regex(r"[0-9TZ :+.-]{0,30}", fullmatch=True))
def test_any_text_is_a_moment_or_none(text, likely):
    for given_text in (text, likely):
        found = parse_moment(given_text)
        assert found is None or found.tzinfo is UTC
