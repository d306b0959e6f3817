"""Addresses of contacts: what is taken, how it is stored, and how it is shown."""

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from emulator.providers.rapidpro import phones, urns
from emulator.providers.rapidpro.urns import InvalidURN, Urn

ANYWHERE = ("RW", "KE", "US", None)
UUIDS = "c0f1f2f3-0000-4000-8000-000000000001/c0f1f2f3-0000-4000-8000-00000000000A"


def refused(raw):
    return (f"Invalid URN: {raw}. Ensure phone numbers contain country codes.",)


def cleaned(raw, country):
    """Return what is stored, or None if it is refused."""
    try:
        return urns.clean(raw, country).text
    except InvalidURN:
        return None


@pytest.mark.parametrize(
    ("raw", "in_rwanda", "in_the_us", "nowhere"),
    [
        ("tel:+250 788 123-123", "tel:+250788123123", "tel:+250788123123", "tel:+250788123123"),
        ("tel:0788123123", "tel:+250788123123", "tel:+10788123123", None),
        ("tel:(078) 812-3123", "tel:+250788123123", "tel:+10788123123", None),
        ("tel:788123123", "tel:+250788123123", None, None),
        ("tel:250788123123", "tel:+250788123123", "tel:+250788123123", "tel:+250788123123"),
        ("tel:+1-800-123-4567", "tel:+18001234567", "tel:+18001234567", "tel:+18001234567"),
        ("tel:1-800-123-4567", "tel:+18001234567", "tel:+18001234567", "tel:+18001234567"),
        ("tel:800-123-4567", None, "tel:+18001234567", None),
        ("tel:12345", None, None, None),
        ("tel:+123", None, None, None),
        ("tel:5551212", None, None, None),
        ("tel:+999123456789", None, None, None),
        ("tel: 254722000111", "tel:+254722000111", "tel:+254722000111", "tel:+254722000111"),
        ("tel:2.54722E+11", None, None, None),
        ("tel:2.54722000999E+11", "tel:+254722000999", "tel:+254722000999", "tel:+254722000999"),
        ("tel:+1800CABBAGE", "tel:+18002222243", "tel:+18002222243", "tel:+18002222243"),
        ("tel:+254722111000" + "1" * 300, None, None, None),
    ],
)
def test_phone_number_is_read_with_the_workspace_country(raw, in_rwanda, in_the_us, nowhere):
    assert cleaned(raw, "RW") == in_rwanda
    assert cleaned(raw, "US") == in_the_us
    assert cleaned(raw, None) == nowhere
    assert cleaned(raw, "") == nowhere


def test_long_number_in_national_form_is_no_international_one():
    assert cleaned("tel:07911 123456", "GB") == "tel:+447911123456"


# Partly recorded from RapidPro v26.3.54 (API v2).
@pytest.mark.parametrize(
    ("raw", "stored"),
    [
        ("mailto:Foo@Example.COM", "mailto:foo@example.com"),
        ("mailto: amina@localhost ", "mailto:amina@localhost"),
        ("twitter:JEAN", "twitter:jean"),
        ("twitter:@Jean", "twitter:jean"),
        ("twitterid:12345", "twitterid:12345"),
        ("twitterid:12345#@Jean", "twitterid:12345#jean"),
        ("telegram:12345#jean", "telegram:12345#jean"),
        ("telegram: 12345 ", "telegram:12345"),
        ("instagram:12345", "instagram:12345"),
        ("facebook:12345", "facebook:12345"),
        ("facebook:ref:Abc", "facebook:ref:Abc"),
        ("whatsapp:254722000999", "whatsapp:254722000999"),
        ("whatsapp:ke.Abc123", "whatsapp:KE.Abc123"),
        ("bsuid:ke.Abc123", "bsuid:KE.Abc123"),
        ("bsuid:US." + "x" * 128, "bsuid:US." + "x" * 128),
        ("viber:aB3=_+/", "viber:aB3=_+/"),
        (f"freshchat:{UUIDS}", f"freshchat:{UUIDS}"),
        ("ext: Any Thing é ", "ext:Any Thing é"),
        ("ext:a?b#c", "ext:a?b#c"),
        ("ext:50%25 %23 %3F", "ext:50%25 %23 %3F"),
        ("ext:50%", "ext:50%25"),
        ("ext:a?#", "ext:a"),
        ("fcm:x:y", "fcm:x:y"),
        ("jiochat:abc", "jiochat:abc"),
        ("line:Uabc", "line:Uabc"),
        ("rocketchat:x", "rocketchat:x"),
        ("slack:U123", "slack:U123"),
        ("vk:1", "vk:1"),
        ("wechat:x", "wechat:x"),
        ("webchat:x", "webchat:x"),
        ("deleted:1", "deleted:1"),
    ],
)
def test_urn_is_stored_normalised_wherever_the_workspace_is(raw, stored):
    assert {cleaned(raw, country) for country in ANYWHERE} == {stored}


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "x",
        "5",
        "12345",
        "1234556789",
        ":123",
        "tel:",
        "tel: ",
        "tel:---",
        "tel:xyz",
        "tel:0722000999#x#y",
        " tel:+254722000998",
        "TELEGRAM:99120045",
        "mailto:bad",
        "mailto:a@b",
        "twitter:",
        "twitter:@",
        "twitter:sixteen_letters_",
        "twitter:é",
        "twitterid:jean",
        "twitterid:12345#je an",
        "telegram:abc",
        "telegram:-5",
        "instagram:x1",
        "facebook:abc",
        "facebook:1_0",
        "whatsapp:+254722",
        "whatsapp:ke.",
        "whatsapp:kex.abc",
        "bsuid:254722000999",
        "bsuid:US." + "x" * 129,
        "viber:with-dash",
        "viber:" + "a" * 25,
        f"freshchat:{UUIDS[:36]}",
        f"freshchat:{UUIDS}0",
        "ext:",
        "ext:  ",
        "ext?:x",
        "ext#a:x",
        "ext:a?b?c",
        "ext:a#b?c",
        "external:1",
        "foo:bar",
        "sms:+254722000111",
        "discord:123",
    ],
)
def test_anything_else_is_refused_with_its_text(raw):
    for country in ANYWHERE:
        with pytest.raises(InvalidURN) as caught:
            urns.clean(raw, country)
        assert caught.value.messages == refused(raw)


def test_urn_has_at_most_255_characters():
    assert cleaned("ext:" + "x" * 251, None) == "ext:" + "x" * 251

    with pytest.raises(InvalidURN) as caught:
        urns.clean("ext:" + "x" * 252, None)

    assert caught.value.messages == ("Ensure this field has no more than 255 characters.",)


@pytest.mark.parametrize(
    ("raw", "messages"),
    [
        ("ext:a\0", ("Null characters are not allowed.",)),
        ("ext:\ud800", ("Surrogate characters are not allowed: U+D800.",)),
        (
            "ext:" + "x" * 300 + "\0",
            (
                "Ensure this field has no more than 255 characters.",
                "Null characters are not allowed.",
            ),
        ),
    ],
)
def test_characters_that_cannot_be_stored_are_named(raw, messages):
    with pytest.raises(InvalidURN) as caught:
        urns.clean(raw, None)

    assert caught.value.messages == messages


@pytest.mark.parametrize(
    ("raw", "country", "identity"),
    [
        ("tel:078-8000004", "RW", "tel:+250788000004"),
        ("tel:078-8000004", None, "tel:0788000004"),
        ("tel: 254722000111", "KE", "tel:+254722000111"),
        ("tel:0722 000 111", "KE", "tel:+254722000111"),
        ("tel:123", "KE", "tel:123"),
        ("tel:xyz", "KE", "tel:xyz"),
        ("telegram:12345#jean", None, "telegram:12345"),
        ("telegram:abc", None, "telegram:abc"),
        ("mailto:UNI@example.com", None, "mailto:uni@example.com"),
        ("ext:50%?a", None, "ext:50%25"),
    ],
)
def test_lookup_normalises_and_does_not_validate(raw, country, identity):
    assert urns.lookup(raw, country) == identity


@pytest.mark.parametrize("raw", ["12345", "foo:123", "TELEGRAM:99120045", "tel:", "tel:---", ""])
def test_lookup_of_what_cannot_be_parsed_is_refused(raw):
    with pytest.raises(InvalidURN) as caught:
        urns.lookup(raw, "KE")

    assert caught.value.detail == f"Invalid URN: {raw}"


def test_parts_are_unescaped():
    assert urns.parse("ext:a%23b%3F%2523?q%25#Jean %23 1") == Urn(
        scheme="ext", path="a#b?%23", query="q%", display="Jean # 1"
    )


@pytest.mark.parametrize(
    ("stored", "identity", "scheme", "path", "display", "masked"),
    [
        (
            "telegram:12345?a=b#jean",
            "telegram:12345",
            "telegram",
            "12345",
            "jean",
            "telegram:********",
        ),
        (
            "tel:+254722000111",
            "tel:+254722000111",
            "tel",
            "+254722000111",
            None,
            "tel:********",
        ),
        ("ext:a%23b", "ext:a%23b", "ext", "a#b", None, "ext:********"),
        ("facebook:ref:Abc", "facebook:ref:Abc", "facebook", "ref:Abc", None, "facebook:********"),
    ],
)
def test_stored_urn_gives_its_parts(stored, identity, scheme, path, display, masked):
    assert urns.identity(stored) == identity
    assert urns.scheme(stored) == scheme
    assert urns.path(stored) == path
    assert urns.display(stored) == display
    assert urns.mask(stored) == masked


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("tel:+254722000111", "0722 000111"),
        ("tel:+250788123123", "0788 123 123"),
        ("tel:+250999123456", "0999 123 456"),
        ("tel:+12025550199", "(202) 555-0199"),
        ("tel:+254722000111#Amina", "0722 000111"),
        ("tel:8080", "8080"),
        ("tel:+000", "+000"),
        ("whatsapp:254722000999", "0722 000999"),
        ("whatsapp:KE.Abc123", "KE.Abc123"),
        ("telegram:77120045", "77120045"),
        ("telegram:77120045#jean", "jean"),
        ("ext:50%25", "50%"),
    ],
)
def test_urn_is_shown_to_people(stored, shown):
    assert urns.urn_display(stored) == shown


@pytest.mark.parametrize(
    ("raw", "is_taken"),
    [
        ("jiochat:123", True),
        ("jiochat:abc", False),
        ("line:Uabc_1", True),
        ("line:" + "U" * 37, False),
        ("webchat:" + "a1" * 12, True),
        ("webchat:" + "a1" * 12 + ":jean@example.com", True),
        ("webchat:x", False),
        ("ext:anything", True),
        ("tel:+254722000111", True),
    ],
)
def test_engine_is_stricter_than_the_api(raw, is_taken):
    assert urns.engine_accepts(urns.clean(raw, None)) is is_taken


def test_every_scheme_is_known():
    known = (
        "bsuid deleted ext facebook fcm freshchat instagram jiochat line mailto rocketchat slack"
        " tel telegram twitter twitterid viber vk webchat wechat whatsapp"
    )

    assert " ".join(sorted(urns.SCHEMES)) == known


anything = st.text() | st.builds(
    "{}:{}".format,
    st.sampled_from(sorted(urns.SCHEMES)),
    st.text() | st.text("+-()#?%@.0123456789 eE", max_size=25),
)


@given(anything, st.sampled_from([*ANYWHERE, "ZZ", "x"]))
@example("tel:" + "0" * 400, "KE")
@example("mailto:a@" + "." * 70, None)
def test_any_text_is_cleaned_for_good_or_refused(raw, country):
    try:
        urn = urns.clean(raw, country)
    except InvalidURN:
        return

    assert urns.clean(urn.text, country) == urn
    assert urns.parse(urn.text) == urn
    assert urns.normalize(raw, country) == urn.text
    assert urns.lookup(raw, country) == urn.identity


@given(
    st.from_regex(r"\+?[ ()-]?0{0,3}[1-9][0-9]{0,2}0{0,3}[0-9]{5,12}", fullmatch=True),
    st.sampled_from(ANYWHERE),
)
def test_cleaned_number_is_the_same_everywhere(number, country):
    stored = cleaned(f"tel:{number}", country)

    if stored is not None:
        assert phones.is_possible(stored.removeprefix("tel:"))
        assert {cleaned(stored, other) for other in ANYWHERE} == {stored}


def slow_e164(number):
    """Return what the library makes of an international number."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return None
    reason = phonenumbers.is_possible_number_with_reason(parsed)
    if reason != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


CALLING_CODES = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)


@given(st.sampled_from(CALLING_CODES), st.text("0123456789", min_size=1, max_size=15))
@example(1, "0788123123")
@example(250, "0788123123")
@example(54, "91112345678")
@example(39, "0612345678")
def test_numbers_found_plain_are_what_the_library_makes_of_them(code, rest):
    number = f"+{code}{rest}"

    if phones.is_plain_e164(number):
        assert slow_e164(number) == number
    if slow_e164(slow_e164(number) or "") == slow_e164(number):
        assert phones.e164(number, None) == slow_e164(number)


def test_stored_number_has_no_trunk_prefix_left():
    assert cleaned("tel:+49 00612484331", None) == "tel:+49612484331"


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_example_numbers_of_every_region_are_stored_as_they_are(region):
    example_number = phonenumbers.example_number(region)
    assert example_number is not None
    number = phonenumbers.format_number(example_number, phonenumbers.PhoneNumberFormat.E164)

    assert cleaned(f"tel:{number}", None) == f"tel:{slow_e164(number)}" == f"tel:{number}"


def test_most_numbers_need_no_parsing():
    for number in ("+254722000111", "+250788123123", "+12025550199", "+447531669965"):
        assert phones.is_plain_e164(number)
