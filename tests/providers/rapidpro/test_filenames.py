"""Uploads: types, names and paths. Partly recorded from RapidPro v26.3.54 (API v2)."""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.providers.rapidpro import filenames


@pytest.mark.parametrize(
    ("filename", "content_type", "kept"),
    [
        ("photo.png", "image/png", "photo.png"),
        ("scan 1 (b)[c].png", "image/png", "scan 1 (b)[c].png"),
        ("we!rd@na#me.png", "image/png", "werdname.png"),
        ("!!!.png", "image/png", "file.png"),
        ("noext", "image/png", "noext.png"),
        ("noext", "image/jpeg", "noext.jpg"),
        ("noext", "application/pdf", "noext.pdf"),
        ("noext", "video/quicktime", "noext.mov"),
        ("noext", "video/anything", "noext.bin"),
        ("dots.tar.gz.png", "image/png", "dotstargz.png"),
        ("naïve ✓.png", "image/png", "naïve.png"),
        ("../../etc/passwd.png", "image/png", "passwd.png"),
        ("C:\\photos\\me.jpg", "image/jpeg", "me.jpg"),
        ("SCAN.JPG", "image/jpeg", "SCAN.JPG"),
        ("odd.p-g", "image/png", "odd.png"),
        ("dot.", "image/png", "dot.png"),
        (".png", "image/png", "png.png"),
        ("", "image/png", "file.png"),
        ("..", "image/png", "file.png"),
        ("folder/", "image/png", "file.png"),
        ("a\0b\n.png", "image/png", "ab.png"),
        ("x" * 300 + ".png", "image/png", "x" * 255 + ".png"),
    ],
)
def test_name_is_made_harmless(filename, content_type, kept):
    assert filenames.clean_name(filename, content_type) == kept


@pytest.mark.parametrize(
    ("declared", "filename", "content_type"),
    [
        ("image/png", "a.png", "image/png"),
        ("image/apng", "a", "image/apng"),
        ("image/avif", "a", "image/avif"),
        ("image/gif", "a", "image/gif"),
        ("image/jpeg", "a", "image/jpeg"),
        ("image/webp", "a", "image/webp"),
        ("application/pdf", "doc.pdf", "application/pdf"),
        ("audio/x-m4a", "voice.m4a", "audio/mp4"),
        ("audio/x-m4a", "VOICE.M4A", "audio/mp4"),
        ("audio/ogg", "voice.ogg", "audio/ogg"),
        ("video/anything", "clip.bin", "video/anything"),
        ("image/png; charset=binary", "up.png", "image/png"),
        ("IMAGE/PNG", "up.png", "image/png"),
        ("text/plain", "a.png", None),
        ("image/svg+xml", "a.svg", None),
        ("image/tiff", "a.tiff", None),
        ("application/zip", "a.zip", None),
        ("application/octet-stream", "voice.m4a", None),
        ("audio", "a", None),
        ("", "a.png", None),
        (None, "a.png", None),
    ],
)
def test_type_of_the_part_decides(declared, filename, content_type):
    assert filenames.media_type(declared, filename) == content_type


def test_path_is_percent_encoded():
    media = "6e0b7a3c-9f12-4d55-8c3b-1a2b3c4d5e6f"

    assert filenames.storage_path("1", media, "scan 1 (b)[c].png") == (
        f"orgs/1/media/6e0b/{media}/scan%201%20%28b%29%5Bc%5D.png"
    )


@given(st.text(), st.sampled_from(["image/png", "audio/ogg", "video/anything"]))
def test_any_name_becomes_one_step_of_a_path(filename, content_type):
    kept = filenames.clean_name(filename, content_type)
    step = filenames.storage_path("1", "6e0b", kept).split("/")[-1]

    assert kept not in ("", ".", "..")
    assert "/" not in kept
    assert "\\" not in kept
    assert filenames.clean_name(kept, content_type) == kept
    assert unquote(step) == kept
