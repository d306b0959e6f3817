"""Media for template headers."""

from io import BytesIO
from urllib.parse import urlsplit

import pytest
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import encode_multipart

from emulator.core.emulator import Wish

PATH = "/whatsapp/upload-header-image"
TYPES = ["image/jpeg", "image/png", "image/webp", "video/mp4", "application/pdf"]


def upload(desk, *files, key="tk_all"):
    """Upload files, each a tuple of part, content, file name and content type."""
    parts = [
        (part, FileStorage(BytesIO(content), name, content_type=kind))
        for part, content, name, kind in files
    ]
    boundary, body = encode_multipart(MultiDict(parts))
    kind = f"multipart/form-data; boundary={boundary}"
    return desk.post(PATH, key=key, data=body, content_type=kind)


@pytest.mark.parametrize("content_type", TYPES)
def test_a_file_can_be_fetched_by_anybody_under_the_url_given(desk, content_type):
    answer = upload(desk, ("file", b"\x89PNG\x00\xff", "a.png", content_type))

    assert answer.status_code == 200
    url = answer.json["data"]["url"]
    assert url.startswith("http://localhost/teekrr/_media/")
    fetched = desk.world.client.get(urlsplit(url).path)
    assert fetched.status_code == 200
    assert fetched.data == b"\x89PNG\x00\xff"
    assert fetched.content_type == content_type


def test_the_url_keeps_the_prefix_and_host_of_the_client(desk):
    file = (BytesIO(b"x"), "a.png", "image/png")
    answer = desk.world.call(
        "POST",
        f"/s/default/teekrr{PATH}",
        headers={"Authorization": "Bearer tk_all", "Host": "emulator.test:4600"},
        data={"file": file},
        content_type="multipart/form-data",
    )

    assert answer.json["data"]["url"].startswith(
        "http://emulator.test:4600/s/default/teekrr/_media/"
    )


def test_a_single_file_under_another_name_is_taken(desk):
    assert upload(desk, ("image", b"x", "a.png", "image/png")).status_code == 200


def test_the_part_named_file_comes_first(desk):
    files = [("image", b"x", "a.txt", "text/plain"), ("file", b"y", "b.png", "image/png")]

    assert upload(desk, *files).status_code == 200


@pytest.mark.parametrize(
    "files",
    [
        [],
        [("a", b"x", "a.png", "image/png"), ("b", b"y", "b.png", "image/png")],
        [("file", b"", "", "application/octet-stream")],
    ],
)
def test_an_upload_needs_one_file(desk, files):
    answer = upload(desk, *files)

    assert (answer.status_code, answer.json) == (400, {"message": "No file uploaded"})


@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        (b"{}", "application/json"),
        (b"", None),
        (b"\xff\xd8", "image/jpeg"),
        (b"nonsense", "multipart/form-data"),
        (b"nonsense", "multipart/form-data; boundary=x"),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"--x\r\n\r\n\r\n--x--", "multipart/form-data; boundary=x"),
        (b"--x--\r\n", "multipart/form-data; boundary=" + "x" * 300),
    ],
)
def test_what_is_no_multipart_form_has_no_file(desk, data, content_type):
    answer = desk.post(PATH, data=data, content_type=content_type)

    assert (answer.status_code, answer.json) == (400, {"message": "No file uploaded"})


@pytest.mark.parametrize("content_type", ["image/gif", "text/html", "application/octet-stream"])
def test_other_types_are_refused(desk, content_type):
    answer = upload(desk, ("file", b"x", "a.gif", content_type))

    message = "Only JPEG, PNG, WebP, MP4, and PDF files are supported"
    assert (answer.status_code, answer.json) == (400, {"message": message})


@pytest.mark.parametrize(("more", "status"), [(0, 200), (1, 400)])
def test_files_may_have_16_mib(desk, more, status):
    content = b"x" * (16 * 1024 * 1024 + more)

    answer = upload(desk, ("file", content, "a.mp4", "video/mp4"))

    assert answer.status_code == status
    if status == 400:
        assert answer.json == {"message": "File too large"}


def test_too_many_parts_are_no_error_of_ours(desk):
    data = {f"part{at}": "x" for at in range(1200)}

    answer = desk.post(PATH, data=data, content_type="multipart/form-data")

    assert (answer.status_code, answer.json) == (413, {"message": "Request body too large"})


def test_an_upload_leads_to_the_sandbox_that_has_it(desk):
    emulator = desk.world.emulator
    part = {"clients": [{"id": "elsewhere", "apiKeys": [{"key": "tk_elsewhere"}]}]}
    emulator.create(Wish(name="other", seed=7, documents=({"emulator": 1, "teekrr": part},)))
    try:
        answer = upload(desk, ("file", b"mine", "a.png", "image/png"), key="tk_elsewhere")
        path = urlsplit(answer.json["data"]["url"]).path

        assert desk.world.client.get(path).data == b"mine"
    finally:
        emulator.delete("other")
