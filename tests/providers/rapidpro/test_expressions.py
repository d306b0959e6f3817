"""Expressions in the texts of broadcasts and campaigns."""

import logging
from datetime import UTC, datetime
from decimal import Decimal
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from emulator.providers.rapidpro.expressions import Scope, Value, compile_template
from emulator.providers.rapidpro.expressions.functions import FUNCTIONS

NAIROBI = ZoneInfo("Africa/Nairobi")
MANY = 'split(repeat("a ", 5000), " ")'

VALUES: dict[tuple[str, ...], Value] = {
    ("contact",): "Amina Yusuf",
    ("contact", "name"): "Amina Yusuf",
    ("contact", "first_name"): "Amina",
    ("contact", "language"): None,
    ("contact", "created_on"): datetime(2026, 1, 10, 9, 12, 44, 551203, tzinfo=UTC),
    ("contact", "last_seen_on"): None,
    ("contact", "urn"): "tel:+254722000111",
    ("contact", "urns"): ("tel:+254722000111", "telegram:99120045"),
    ("contact", "groups"): (
        {"__default__": "Mothers", "name": "Mothers", "uuid": "7c3b"},
        {"__default__": "Parents", "name": "Parents", "uuid": "8d4c"},
    ),
    ("fields",): "Children: 2\nVillage: Eastpoint",
    ("fields", "children"): Decimal("2.50"),
    ("fields", "due_date"): datetime(2026, 6, 1, tzinfo=NAIROBI),
    ("fields", "village"): "Eastpoint",
    ("fields", "nickname"): None,
    ("globals", "clinic_phone"): "+254700100200",
    ("urns", "tel"): "tel:+254722000111",
    ("urns", "viber"): "",
}


class ContactScope:
    """A contact of Nairobi, whose moments are shown in UTC and whose fields in Nairobi's time."""

    now = datetime(2026, 5, 6, 13, 0, 5, 250000, tzinfo=NAIROBI)

    def __init__(self, date_style: str = "day_first") -> None:
        self.date_style = date_style
        self.asked: list[tuple[str, ...]] = []

    def resolve(self, path: tuple[str, ...]) -> Value:
        self.asked.append(path)
        return VALUES[path]

    def format_urn(self, urn: str) -> str:
        if urn != "tel:+254722000111":
            raise ValueError(urn)
        return "0722 000 111"


def evaluate(text: str, date_style: str = "day_first") -> str:
    scope: Scope = ContactScope(date_style)
    return compile_template(text).evaluate(scope)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("Hello", "Hello"),
        ("Hi @contact.name.", "Hi Amina Yusuf."),
        ("Hi @contact.name...", "Hi Amina Yusuf..."),
        ("Hi @contact..name", "Hi Amina Yusuf..name"),
        ("Hi @contact!", "Hi Amina Yusuf!"),
        ("Hi @CONTACT.First_Name, hi", "Hi Amina, hi"),
        ("@contact.name@contact.first_name", "Amina YusufAmina"),
        ("@contact.first_name.@fields.village.", "Amina.Eastpoint."),
        ("(@fields.village)", "(Eastpoint)"),
        ("@fields.children", "2.5"),
        ("@contact.fields.village", "Eastpoint"),
        ("@fields", "Children: 2\nVillage: Eastpoint"),
        ("@globals.clinic_phone", "+254700100200"),
        ("@urns.tel @urns.viber.", "tel:+254722000111 ."),
        ("@contact.urns", "[tel:+254722000111, telegram:99120045]"),
        ("@contact.urns.1", "telegram:99120045"),
        ("@contact.groups", "[Mothers, Parents]"),
        ("@contact.created_on", "2026-01-10T09:12:44.551203Z"),
        ("@fields.due_date", "2026-06-01T00:00:00.000000+03:00"),
        ("[@fields.nickname@contact.last_seen_on]", "[]"),
        ("[@fields.nope@contact.foo@contact.name.first@contact.urns.7]", "[]"),
    ],
)
def test_paths_give_the_contacts_values(text: str, expected: str) -> None:
    assert evaluate(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "me@gmail.com",
        "@results.x and @contacts and @contact_name",
        "ends with @",
        "@ contact.name",
        "@.contact",
        "@-@!",
        "@(contact.name",
        "@(upper(contact.name) @contact.name",
        '@("contact)',
        "100% {braces} \\slashes\\",
    ],
)
def test_what_is_no_expression_stays_as_it_is(text: str) -> None:
    assert evaluate(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@@", "@"),
        ("@@contact.name", "@contact.name"),
        ("@@@contact.name", "@Amina Yusuf"),
        ("@@@@", "@@"),
        ("@@(1 + 1)", "@(1 + 1)"),
        ("a@@b.com", "a@b.com"),
    ],
)
def test_a_doubled_at_sign_stands_for_one(text: str, expected: str) -> None:
    assert evaluate(text) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # literals
        ('"x"', "x"),
        ('""', ""),
        ('"a ""b"" c"', 'a "b" c'),
        (r'"a \"b\" \n\u00e9\x41"', 'a "b" \né\x41'),
        (r'"\d+ ""x"""', r'\d+ "x"'),
        ('")"', ")"),
        ("12.50", "12.5"),
        ("TRUE", "true"),
        ("false", "false"),
        ("Null", ""),
        # paths
        ("contact.name", "Amina Yusuf"),
        ("CONTACT.FIELDS.Village", "Eastpoint"),
        ("contact.urns[0]", "tel:+254722000111"),
        ("contact.urns[-1]", "telegram:99120045"),
        ("contact.groups[1].uuid", "8d4c"),
        ('contact.groups[0]["NAME"]', "Mothers"),
        # operators
        ('"a" & "b" & 1 & null & true', "ab1true"),
        ('contact.first_name & "!"', "Amina!"),
        ("1 + 2 * 3 - 4", "3"),
        ("(1 + 2) * 3", "9"),
        ("5 - 2 - 1", "2"),
        ("0.1 + 0.2", "0.3"),
        ("1 / 3", "0.3333333333333333"),
        ("2 / 3", "0.6666666666666667"),
        ("7 / 2 * 4", "14"),
        ("2 ^ 3 ^ 2", "64"),
        ("-2 ^ 2", "4"),
        ("--2", "2"),
        ("2 ^ -1", "0.5"),
        ("9 ^ 0.5", "3"),
        ("2 ^ 100", "1267650600228229401496703205376"),
        ("fields.children * 2", "5"),
        ('"3" + 1', "4"),
        ("1 - 1.0", "0"),
        ('1 = "1"', "true"),
        ("1.0 = 1", "true"),
        ('"a" = "A"', "false"),
        ('"a" != "A"', "true"),
        ("2 > 1", "true"),
        ("2 < 1", "false"),
        ("2 >= 2", "true"),
        ("1 <= 0", "false"),
        ("1 + 3 <= 1 + 4", "true"),
        ("11=11=11", "false"),
        ('"it is " & 1 = 1', "it is true"),
    ],
)
def test_literals_and_operators(expression: str, expected: str) -> None:
    assert evaluate(f"@({expression})") == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("upper(contact.name)", "AMINA YUSUF"),
        ('UPPER("ß")', "ß"),
        ('lower("HellO İ")', "hello i"),
        ('title("RYAN o\'grady élan")', "Ryan O'Grady Élan"),
        ("title(123)", "123"),
        ('default(fields.nickname, "friend")', "friend"),
        ('default(fields.nope, "friend")', "friend"),
        ('default(results.x, "friend")', "friend"),
        ('default(nothing(1), "friend")', "friend"),
        ('default(1 / 0, "friend")', "friend"),
        ('default("", "friend")', "friend"),
        ('default(array(), "none")', "none"),
        ('default(contact.groups[0], "none")', "Mothers"),
        ('default(0, "none")', "0"),
        ('if(fields.children > 1, "many", 1 / 0)', "many"),
        ('if(fields.nickname, fields.nickname, "none")', "none"),
        ('if("FALSE", "yes", "no")', "no"),
        ("and(1, true)", "true"),
        ("and(0, 1 / 0)", "false"),
        ("or(0, null)", "false"),
        ('or("x", 1 / 0)', "true"),
        ("is_error(1 / 0)", "true"),
        ("is_error(1)", "false"),
        ("format_urn(contact.urn)", "0722 000 111"),
        ("format_urn(urns.tel)", "0722 000 111"),
        ("urn_parts(contact.urn).path", "+254722000111"),
        ('urn_parts("twitterid:32#bobby")', "{display: bobby, path: 32, scheme: twitterid}"),
        ('trim(" a b ")', "a b"),
        ('trim("*=*abc=*=", "*=")', "abc"),
        ('trim_left("+1+", "+") & trim_right("+1+", "+")', "1++1"),
        ('word("bee.cat,dog", 1)', "cat"),
        ('word("bee cat dog", -1)', "dog"),
        ('word("O\'Grady O\'Flaggerty", 1, " ")', "O'Flaggerty"),
        ('word_count("😀😃 don\'t")', "3"),
        ('word_count("a,b", ";")', "1"),
        ('word_slice("bee cat dog", 1)', "cat dog"),
        ('word_slice("bee cat dog", 0, 2)', "bee cat"),
        ('word_slice("bee cat dog", 3, 10)', ""),
        ('word_slice("bee.*cat,dog", 1, -1, ".*=|,")', "cat dog"),
        ('remove_first_word("Hi there. I\'m")', "there. I'm"),
        ('remove_first_word("")', ""),
        ('text_slice("hello", 2)', "llo"),
        ('text_slice("hello😁", -3, -1)', "lo"),
        ('text_slice("hello", 7, -7)', ""),
        ('text_length("😁😁")', "2"),
        ("text_length(array(2, 3))", "6"),
        ('text_compare("abc", "def") & text_compare("b", "a") & text_compare(1, 1)', "-110"),
        ('field("a,b,c", 1, ",")', "b"),
        ('field("a   b c", 1, " ")', "b"),
        ('field("a,b", 5, ",")', ""),
        ('split("a|b,c  d", " .|,")', "[a, b, c, d]"),
        ('split("1 2,3")[2]', "3"),
        ('join(split("a.b.c", "."), " ")', "a b c"),
        ('repeat("*", 8)', "********"),
        ('replace("foo bar foo", "foo", "zap")', "zap bar zap"),
        ('replace("foo bar foo", "foo", "zap", 1)', "zap bar foo"),
        ('char(128512) & code("😀")', "😀128512"),
        ("char(55296)", "\ufffd"),
        (r'clean("a\tb\n")', "ab"),
        ('url_encode("two & words")', "two%20%26%20words"),
        ('html_decode("Red&nbsp;&amp;&nbsp;Blue")', "Red & Blue"),
        ('format_location("Rwanda > Kigali")', "Kigali"),
        ("text(3 = 3) & boolean(array())", "truefalse"),
        ("abs(-10.5)", "10.5"),
        ('number("123.45000")', "123.45"),
        ("round(12.5) & round(-12.5)", "13-13"),
        ("round(12.146, 2)", "12.15"),
        ("round(12.146, -1)", "10"),
        ("round(123.456, 2000000000)", "123.456"),
        ("round_up(12.141, 2)", "12.15"),
        ("round_down(-12.6)", "-13"),
        ("max(1, -1, 10) & min(2, -10)", "10-10"),
        ("mean(1, 2, 6)", "3"),
        ("mod(5, 2) & mod(-5, 3)", "1-2"),
        ("percent(0.54234)", "54%"),
        ("format_number(1234.5670)", "1,234.567"),
        ("format_number(1234.5670, 2)", "1,234.57"),
        ("format_number(1234.5678, 0, false)", "1235"),
        ("count(contact.urns) & count(null)", "20"),
        ("sum(array(1, 2, 3.5))", "6.5"),
        ("sort(array(3, 1, 2))", "[1, 2, 3]"),
        ("format_number(1230)", "1,230"),
        ('sort(array("b", "a"))', "[a, b]"),
        ('sort(array(date("02-05-2026"), date("01-05-2026")))', "[2026-05-01, 2026-05-02]"),
        (
            "sort(array(now(), contact.created_on))",
            "[2026-01-10T09:12:44.551203Z, 2026-05-06T13:00:05.250000+03:00]",
        ),
        ('date("01/13/2026 05/06/2026")', "2026-06-05"),
        ("boolean(contact.groups[0])", "true"),
        (r'"a\ud800"', r"a\ud800"),
        ("+".join(["(1)"] * 30), "30"),
        ("reverse(unique(array(1, 3, 1)))", "[3, 1]"),
        ("concat(array(1), array(2))", "[1, 2]"),
    ],
)
def test_functions(expression: str, expected: str) -> None:
    assert evaluate(f"@({expression})") == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("now()", "2026-05-06T13:00:05.250000+03:00"),
        ("today()", "2026-05-06"),
        ("format_date(today())", "06-05-2026"),
        ("format_date(fields.due_date)", "01-06-2026"),
        ('format_date("2026-05-06T22:30:00.000000Z", "YYYY/MM/DD")', "2026/05/06"),
        ('format_date(fields.due_date, "D.M.YY")', "1.6.26"),
        ('format_date(fields.due_date, "EEE, DD MMM YYYY")', "Mon, 01 Jun 2026"),
        ('format_date(fields.due_date, "EEEE D MMMM")', "Monday 1 June"),
        ("format_datetime(contact.created_on)", "10-01-2026 12:12"),
        (
            'format_datetime(now(), "YYYY-MM-DDTtt:mm:ss.fffZZZ", "UTC")',
            "2026-05-06T10:00:05.250+00:00",
        ),
        ('format_datetime(now(), "h:m:s aa hh AA Z", "America/New_York")', "6:0:5 am 06 AM -04:00"),
        ('format_datetime(now(), "ss.ffffff Z", "UTC")', "05.250000 Z"),
        ('date("31/12/17")', "2017-12-31"),
        ('date("1/2/99")', "1999-02-01"),
        ('date("see you 3.4.2027!")', "2027-04-03"),
        ('datetime("31-12-2017 3:30pm")', "2017-12-31T15:30:00.000000+03:00"),
        ('datetime("2017-12-31 12:05 am")', "2017-12-31T00:05:00.000000+03:00"),
        ('datetime("2017-12-31T10:30:45.5Z")', "2017-12-31T10:30:45.500000Z"),
        ("datetime(today())", "2026-05-06T00:00:00.000000+03:00"),
        ("date_from_parts(2017, 2, 31)", "2017-03-03"),
        ('datetime_add("2017-01-15", 5, "D")', "2017-01-20T00:00:00.000000+03:00"),
        ('datetime_add("2017-01-15", -2, "W")', "2017-01-01T00:00:00.000000+03:00"),
        ('datetime_add("2017-01-31", 1, "M")', "2017-03-03T00:00:00.000000+03:00"),
        ('datetime_add("2016-02-29", 1, "Y")', "2017-03-01T00:00:00.000000+03:00"),
        ('datetime_add("2017-01-15 10:45", 30, "m")', "2017-01-15T11:15:00.000000+03:00"),
        ('datetime_diff("2017-01-15", "2017-05-15", "W")', "17"),
        ('datetime_diff("2017-05-15", "2017-01-15", "M")', "-4"),
        ('datetime_diff("2017-01-17", "2015-12-17", "Y")', "-2"),
        ('datetime_diff("2017-01-17 12:30", "2017-01-17 10:50", "h")', "-1"),
        ('datetime_diff(today(), fields.due_date, "D")', "26"),
        ('epoch("2017-06-12T16:56:59.123456Z")', "1497286619.123456"),
        ("datetime_from_epoch(1497286619)", "2017-06-12T19:56:59.000000+03:00"),
        ('weekday("2017-01-15") & weekday("2017-01-16")', "01"),
        ('week_number("2019-01-01") & " " & week_number("2019-07-23")', "1 30"),
        ("tz(now()) & tz_offset(now())", "Africa/Nairobi+0300"),
        ("format(1234.5670)", "1,234.567"),
        ("format(now()) & format(today())", "06-05-2026 13:0006-05-2026"),
        ("format(null) & format(true)", "true"),
    ],
)
def test_dates_are_read_and_written_in_the_workspaces_zone(expression: str, expected: str) -> None:
    assert evaluate(f"@({expression})") == expected


@pytest.mark.parametrize(
    ("date_style", "expected"),
    [
        ("day_first", "2026-02-01 01-02-2026"),
        ("month_first", "2026-01-02 01-02-2026"),
        ("year_first", "2001-02-26 2001-02-26"),
    ],
)
def test_dates_follow_the_date_style(date_style: str, expected: str) -> None:
    text = '@(date("01-02-26")) @(format_date("01/02/26"))'

    assert evaluate(text, date_style) == expected


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "1 +",
        "1 2",
        "'x'",
        "f(1,)",
        "1.1.0",
        '"a"."b"',
        "contact.",
        "contact[0",
        "results.x",
        "nothing()",
        "upper()",
        "upper(1, 2)",
        "if(true)",
        "fields.nope",
        "contact.name.first",
        "contact.urns[9]",
        "contact.urns.name",
        "contact.groups[0].__default__",
        '"a" + 1',
        "null + 1",
        "true + 1",
        '"nan" + 1',
        "1 / 0",
        "0 ^ -1",
        "(0 - 8) ^ 0.5",
        "1 < contact.name",
        "10 ^ 36",
        "10 ^ 10 ^ 10",
        "99999999999999999999 * 99999999999999999999",
        'number("1e999")',
        'repeat("*", 10001)',
        'repeat("*", -1)',
        'repeat("*", 99999999999)',
        'replace(repeat("a", 10000), "a", repeat("b", 10000))',
        'repeat("x", 6000) & repeat("x", 6000)',
        'word("a b", 2)',
        'word_slice("a b c", 2, 1)',
        'word_slice("a b c", -1)',
        'field("a,b", -1, ",")',
        "array(1)[0].first",
        'join(split(repeat("a ", 5000), " "), "---")',
        f"count(concat(concat({MANY}, {MANY}), array(1)))",
        'code("")',
        'format_date("no date")',
        "format_date(contact.last_seen_on)",
        'format_date(today(), "YYY")',
        'format_date(today(), "tt:mm")',
        'format_datetime(now(), "YYYY", "Nowhere/City")',
        'format_datetime(now(), "YYYY", "../../etc/passwd")',
        "date_from_parts(2017, 13, 1)",
        "date_from_parts(0, 1, 1)",
        'datetime_add(now(), 2147483647, "Y")',
        'datetime_add(now(), 1, "x")',
        "datetime_from_epoch(9999999999999999)",
        'format_urn("NOT URN")',
        'urn_parts("tel")',
        'sort(array("x", 4))',
        "count(1)",
        'join("a", ",")',
        "format_number(1, 10)",
        "-contact.name",
    ],
)
def test_what_fails_leaves_nothing_and_is_logged(
    expression: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="emulator.providers.rapidpro.expressions")
    compile_template.cache_clear()

    assert evaluate(f"[@({expression})]") == "[]"

    assert caplog.records


def test_paths_are_looked_up_only_when_needed() -> None:
    scope = ContactScope()

    compile_template("@(if(false, contact.name, fields.village))").evaluate(scope)

    assert scope.asked == [("fields", "village")]


def test_a_text_is_parsed_once_and_says_whether_it_varies() -> None:
    assert compile_template("Hi @contact") is compile_template("Hi @contact")
    assert compile_template("Hi @contact").constant is None
    assert compile_template("Hi me@gmail.com, @@all").constant == "Hi me@gmail.com, @all"
    assert compile_template("Hi @contact").text == "Hi @contact"


@pytest.mark.parametrize("levels", [20, 21, 5_000])
def test_nesting_has_a_limit(levels: int) -> None:
    text = "@(" + "(" * (levels - 1) + "1" + ")" * (levels - 1) + ")"

    assert evaluate(text) == ("1" if levels <= 20 else "")


@pytest.mark.parametrize(("terms", "expected"), [(1_000, "1000"), (1_001, "")])
def test_length_has_a_limit(terms: int, expected: str) -> None:
    assert evaluate("@(" + "+".join(["1"] * terms) + ")") == expected


@pytest.mark.parametrize(
    "text",
    ["@(" * 50_000, '@("' * 50_000, "@" * 100_000, "@(" + "-" * 100_000 + ")", "@a." * 50_000],
)
def test_hostile_texts_take_no_more_than_linear_time(text: str) -> None:
    started = perf_counter()

    evaluate(text)

    # Seconds; what grows with the square of the length takes hours.
    assert perf_counter() - started < 20


WORDS = st.sampled_from(
    [
        *(
            "@",
            "@@",
            "@(",
            "(",
            ")",
            "[",
            "]",
            ".",
            ",",
            '"',
            '""',
            "\\",
            " ",
            "@contact",
            "@fields.",
        ),
        *(
            "+",
            "-",
            "*",
            "/",
            "^",
            "&",
            "=",
            "!=",
            "<",
            ">=",
            "0",
            "1",
            "-1",
            "2.5",
            "99999",
            "1e9",
        ),
        *(
            '"a"',
            '"D"',
            '"YYYY"',
            '"2026-05-06"',
            "true",
            "null",
            "contact.name",
            "fields.children",
        ),
        *("contact.urns", "contact.groups", "contact.created_on", "results.x", "array("),
        *(f"{name}(" for name in (*FUNCTIONS, "if", "and", "or", "default", "is_error")),
    ]
)
ARGUMENTS = st.sampled_from(
    [
        *("null", "true", "0", "-1", "2.5", "99999999999", "10000", '""', '"a b"', '"D"', '"1e30"'),
        *('"tel:+1"', '"31-12-2017"', '"9999-12-31T23:59:59Z"', '"0001-01-01"', "contact.name"),
        *("contact.urns", "contact.groups", "now()", "today()", "array(1, null)", 'array("x", 2)'),
        *("contact.groups[0]", '"\\uffff"', "fields.children", "1 / 0"),
    ]
)


@given(st.text() | st.lists(WORDS | st.text(max_size=3), max_size=40).map("".join))
@example('@("\\U00110000")')
@example("@(٣ + contact.urns.٣)")
def test_no_text_ever_fails(text: str) -> None:
    assert isinstance(evaluate(text), str)


@given(st.sampled_from(sorted(FUNCTIONS)), st.lists(ARGUMENTS, max_size=4))
def test_no_call_ever_fails(name: str, arguments: list[str]) -> None:
    assert isinstance(evaluate(f"@({name}({', '.join(arguments)}))"), str)


@given(st.text().filter(lambda text: "@" not in text))
def test_texts_without_at_sign_stay(text: str) -> None:
    assert evaluate(text) == text


@given(st.text())
def test_doubling_every_at_sign_keeps_any_text(text: str) -> None:
    assert evaluate(text.replace("@", "@@")) == text


@given(st.text(max_size=50))
def test_any_text_can_be_quoted(text: str) -> None:
    quoted = text.replace("\\", "\\\\").replace('"', '""')

    assert evaluate(f'@("{quoted}")') == text
