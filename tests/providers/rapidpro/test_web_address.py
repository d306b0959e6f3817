"""Which texts are web addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.providers.rapidpro.web_address import is_web_address


@pytest.mark.parametrize(
    "text",
    [
        "http://localhost:3000/x",
        "HTTPS://Example.ORG",
        "ftp://files.example.org/a%20b",
        "ftps://files.example.org.",
        "http://1.2.3.4",
        "http://[::1]:80/",
        "http://user:secret@example.org?x#y",
        "http://example.org?who=me@home",
        "http://例え.テスト/道",
        "http://xn--r8jz45g.xn--zckzah",
        "http://a-b.co/" + "x" * 2000,
        "http://0.0.0.0:99999",
    ],
)
def test_address(text):
    assert is_web_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.org",
        "//example.org",
        "mailto:a@example.org",
        "javascript://example.org",
        "http://",
        "http:///x",
        "http://host/",
        "http://example.c",
        "http://example.123",
        "http://-a.org",
        "http://a-.org",
        "http://a..org",
        "http://a.-org",
        "http://" + "a" * 64 + ".org",
        "http://" + "a." * 126 + "org",
        "http://256.1.1.1",
        "http://01.2.3.4",
        "http://[::g]",
        "http://[1::2::3]",
        "http://[::1",
        "http://example.org:123456",
        "http://example.org:x",
        "http://a b.org",
        "http://example.org/a b",
        "http://example.org/\n",
        "http://us er@example.org",
        "http://a@b@example.org",
        "http://example.org/" + "x" * 2048,
    ],
)
def test_no_address(text):
    assert not is_web_address(text)


@given(st.text(st.sampled_from("htp:/[]@.-:?#% \té0a\ud800\u2100") | st.characters()))
def test_any_text_is_one_or_not(rest):
    assert is_web_address("http://" + rest) in {True, False}
