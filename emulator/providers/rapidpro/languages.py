"""Languages: which codes a translation may have, and which a contact."""

from __future__ import annotations

from typing import Final

NOT_A_LANGUAGE: Final = "Not a valid ISO639-3 language code."
NOT_ALLOWED: Final = "Not an allowed ISO 639-3 language code."

_CODES = """
aar abk afr aka amh ara arg asm ava ave aym aze bak bam bel ben bis bod bos bre bul cat ces cha
che chu chv cor cos cre cym dan deu div dzo ell eng epo est eus ewe fao fas fij fin fra fry ful
gla gle glg glv grn guj hat hau hbs heb her hin hmo hrv hun hye ibo ido iii iku ile ina ind ipk
isl ita jav jpn kal kan kas kat kau kaz khm kik kin kir kom kon kor kua kur lao lat lav lim lin
lit ltz lub lug mah mal mar mkd mlg mlt mon mri msa mul mya nau nav nbl nde ndo nep nld nno nob
nor nya oci oji ori orm oss pan pli pol por pus que roh ron run rus sag san sin slk slv sme smo
sna snd som sot spa sqi srd srp ssw sun swa swe tah tam tat tel tgk tgl tha tir ton tsn tso tuk
tur twi uig ukr und urd uzb ven vie vol wln wol xho yid yor zha zho zul
"""
# Those that have a code of two letters too, and the codes for several and for unknown languages.
TRANSLATION_CODES: Final = frozenset(_CODES.split())


def is_translation_code(code: str) -> bool:
    """Say whether a code may be a key of a translated text, or a base language."""
    return code in TRANSLATION_CODES


def is_language(code: str) -> bool:
    """Say whether ISO 639-3 knows a code, in whatever case; contacts may have any of them."""
    if code.lower() in TRANSLATION_CODES:
        return True
    # The list is a megabyte that few need.
    from iso639 import is_language as is_listed

    return is_listed(code.lower(), "pt3")
