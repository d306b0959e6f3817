"""Uploads over HTTP, and the files themselves."""

from __future__ import annotations

from io import BytesIO
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from requests import Request

from .people import BAKARI

WORKSPACE = "0b8f6a52-6a55-4d0f-9a83-5b1f0c2d7e01"
FULL = 25 * 1024 * 1024


def upload(rapidpro, content=b"picture", name="a.png", content_type="image/png", **options):
    """Send a file; return the answer."""
    file = BytesIO(content), name, content_type
    return rapidpro.call("POST", "media", data={"file": file}, **options)


def test_answer_describes_the_upload(rapidpro):
    answer = upload(rapidpro, name="scan 1 (b)[c].png")

    assert answer.status_code == 201
    shown = answer.json
    assert list(shown) == ["uuid", "content_type", "url", "filename", "size"]
    assert (shown["content_type"], shown["size"]) == ("image/png", 7)
    assert shown["filename"] == "scan 1 (b)[c].png"
    assert shown["url"] == (
        f"http://localhost/rapidpro/media/orgs/{WORKSPACE}/media/{shown['uuid'][:4]}/"
        f"{shown['uuid']}/scan%201%20%28b%29%5Bc%5D.png"
    )


def test_file_is_served_without_credentials(rapidpro):
    url = upload(rapidpro, name="naïve ✓.png").json["url"]

    answer = rapidpro.world.client.get(url)

    assert (answer.status_code, answer.data) == (200, b"picture")
    assert answer.content_type == "image/png"


def test_url_is_one_that_the_client_can_reach(rapidpro):
    path = "/s/default/rapidpro/api/v2/media.json"
    file = BytesIO(b"picture"), "a.png", "image/png"

    answer = rapidpro.call(
        "POST", path, data={"file": file}, base_url="http://emulator.example:4600"
    )

    url = urlsplit(answer.json["url"])
    assert url.netloc == "emulator.example:4600"
    assert url.path.startswith("/s/default/rapidpro/media/orgs/")
    assert rapidpro.world.client.get(url.path).data == b"picture"


def test_a_file_without_a_name_is_none(rapidpro):
    part = b'Content-Disposition: form-data; name="file"; filename=""\r\nContent-Type: image/png'
    raw = b"--X\r\n" + part + b"\r\n\r\npicture\r\n--X--\r\n"

    answer = rapidpro.call(
        "POST", "media", data=raw, content_type="multipart/form-data; boundary=X"
    )

    assert (answer.status_code, answer.json) == (400, {"file": ["No file was submitted."]})


@pytest.mark.parametrize("change", ["workspace", "start", "uuid", "filename"])
def test_other_addresses_serve_nothing(rapidpro, change):
    path = urlsplit(upload(rapidpro).json["url"]).path
    parts = path.split("/")
    place = {"workspace": 4, "start": 6, "uuid": 7, "filename": 8}[change]
    parts[place] = "0000"

    assert rapidpro.world.client.get(path).status_code == 200
    assert rapidpro.world.client.get("/".join(parts)).status_code == 404


@pytest.mark.parametrize(
    ("name", "content_type", "kept", "kept_type"),
    [
        ("photo.png", "image/png; charset=binary", "photo.png", "image/png"),
        ("voice.m4a", "audio/x-m4a", "voice.m4a", "audio/mp4"),
        ("../../etc/passwd.png", "image/png", "passwd.png", "image/png"),
        ("dots.tar.gz.png", "image/png", "dotstargz.png", "image/png"),
        ("!!!.png", "image/png", "file.png", "image/png"),
        ("noext", "image/png", "noext.png", "image/png"),
        ("doc.pdf", "application/pdf", "doc.pdf", "application/pdf"),
    ],
)
def test_name_and_type(rapidpro, name, content_type, kept, kept_type):
    shown = upload(rapidpro, name=name, content_type=content_type).json

    assert (shown["filename"], shown["content_type"]) == (kept, kept_type)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"x": "1"}, "No file was submitted."),
        ({"upload": (BytesIO(b"x"), "a.png", "image/png")}, "No file was submitted."),
        (
            {"file": "hello"},
            "The submitted data was not a file. Check the encoding type on the form.",
        ),
        ({"file": (BytesIO(), "a.png", "image/png")}, "The submitted file is empty."),
        ({"file": (BytesIO(b"x"), "a.txt", "text/plain")}, "Unsupported file type."),
        ({"file": (BytesIO(b"x"), "a.svg", "image/svg+xml")}, "Unsupported file type."),
    ],
)
def test_upload_is_refused(rapidpro, data, message):
    answer = rapidpro.call("POST", "media", data=data, content_type="multipart/form-data")

    assert (answer.status_code, answer.json) == (400, {"file": [message]})


def test_twenty_five_mebibytes_are_the_limit(rapidpro):
    # Written by hand: the client would leave a temporary file of that size open.
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n'
    head += b"Content-Type: image/png\r\n\r\n"
    answers = [
        rapidpro.call(
            "POST",
            "media",
            data=head + bytes(size) + b"\r\n--b--\r\n",
            content_type="multipart/form-data; boundary=b",
        )
        for size in (FULL, FULL + 1)
    ]

    assert answers[0].json["size"] == FULL
    assert answers[1].json == {"file": ["Limit for file uploads is 25.0 MB."]}


def test_json_is_no_upload(rapidpro):
    answer = rapidpro.post("media", {"file": "x"})

    assert answer.status_code == 415
    assert answer.json == {"detail": 'Unsupported media type "application/json" in request.'}


@pytest.mark.parametrize("method", ["GET", "DELETE", "HEAD", "OPTIONS"])
def test_uploads_can_only_be_posted(rapidpro, method):
    answer = rapidpro.call(method, "media")

    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST, OPTIONS"


def test_message_takes_an_upload_by_uuid_or_url(rapidpro):
    shown = upload(rapidpro).json
    given_ = [shown["uuid"], f"image/png:{shown['url']}"]

    answer = rapidpro.post("messages", {"contact": BAKARI, "attachments": given_})

    attachment = {"content_type": "image/png", "url": shown["url"]}
    assert answer.status_code == 201
    assert answer.json["attachments"] == [attachment, attachment]
    assert answer.json["media"] == f"image/png:{shown['url']}"
    assert answer.json["text"] == ""


def test_upload_of_another_workspace_is_unknown(rapidpro):
    id = upload(rapidpro.as_("rp_token_other")).json["uuid"]

    answer = rapidpro.post("messages", {"contact": BAKARI, "attachments": [id]})

    assert answer.json == {"attachments": [f"No such object: {id}"]}


# A backslash at the end would escape the quote that ends the name.
ORDINARY = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\\")


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    name=st.text(alphabet=ORDINARY, min_size=1, max_size=30),
    kind=st.sampled_from(["image/png", "audio/x", "video/é", "VIDEO/MP4; x=y"]),
    content=st.binary(min_size=1, max_size=20),
)
def test_whatever_its_name_a_file_comes_back(rapidpro, name, kind, content):
    # As requests writes it: Werkzeug's test client leaves quotes in names as they are.
    sent = Request("POST", "http://x", files={"file": (name, content, kind)}).prepare()
    content_type = sent.headers["Content-Type"]
    answer = rapidpro.call("POST", "media", data=sent.body, content_type=content_type)

    assert answer.status_code == 201, answer.text
    served = rapidpro.world.client.get(answer.json["url"])
    assert (served.status_code, served.data) == (200, content)
