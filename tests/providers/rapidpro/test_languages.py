"""Codes of languages."""

import pytest

from emulator.providers.rapidpro import languages


def test_translations_may_have_186_codes():
    assert len(languages.TRANSLATION_CODES) == 186


@pytest.mark.parametrize("code", ["eng", "swa", "spa", "kin", "mul", "und"])
def test_translation_code_is_allowed_for_contacts_too(code):
    assert languages.is_translation_code(code)
    assert languages.is_language(code)


@pytest.mark.parametrize("code", ["luo", "fil", "zxx", "mis", "cmn", "ENG", "Luo"])
def test_contact_may_have_languages_that_a_translation_may_not(code):
    assert not languages.is_translation_code(code)
    assert languages.is_language(code)


@pytest.mark.parametrize(
    "code", ["qqq", "base", "en", "english", "123", "", "ger", "cel", "qaa", "é", "\ud800", "eng "]
)
def test_other_codes_are_no_languages(code):
    assert not languages.is_translation_code(code)
    assert not languages.is_language(code)
