"""Fixtures are merged whole or not at all."""

import pytest

from emulator.core.documents import parse_document
from emulator.core.errors import Invalid, NotFound
from emulator.core.fixtures import Library, merge, merge_all
from emulator.core.moments import read_moment
from tests.acme import CUSTOMER, FIXTURE, NOON, Bench

URL = "http://127.0.0.1:9/other"


def world(bench: Bench):
    """Return all of a sandbox that a fixture can change."""
    sandbox = bench.sandbox
    return (
        {
            name: sorted(table, key=lambda row: row.id)
            for name, table in sandbox.store.tables().items()
        },
        sandbox.settings.as_document(),
        sandbox.outcomes.rules,
        sandbox.outcomes.hits,
        dict(sandbox.store.counters),
        sandbox.agenda.entries(),
    )


def pointers(caught):
    return [problem.pointer for problem in caught.value.problems]


def test_objects_that_exist_are_updated_and_others_added(bench):
    part = {"customers": [{"id": "one", "credit": 7}, {"id": "two", "name": "Two", "tags": ["a"]}]}

    merge(bench.sandbox, {"emulator": 1, "acme": part})

    accounts = sorted(bench.sandbox.store.table(bench.vendor.accounts), key=lambda a: a.serial)
    assert [(a.id, a.name, a.credit, a.tags) for a in accounts] == [
        ("one", "One", 7, ()),
        ("two", "Two", 0, ("a",)),
    ]
    assert accounts[0].api_keys == CUSTOMER["api_keys"]


def test_a_fixture_with_mistakes_changes_nothing():
    bench = Bench(rules=[{"id": "kept", "outcome": "read"}])
    bench.send("+1")
    before = world(bench)
    document = {
        "emulator": 1,
        "settings": {"latency": "instant"},
        "acme": {"customers": [{"id": "two"}, {"id": "three", "credit": "much"}]},
        "outcomes": [{"outcome": "rejected"}, {"outcome": "rejectd"}],
        "endpoints": [{"provider": "acme", "url": URL}, {"provider": "acme", "url": "ftp://x"}],
    }

    with pytest.raises(Invalid) as caught:
        merge(bench.sandbox, document, "/fixture")

    assert pointers(caught) == [
        "/fixture/outcomes/1/outcome",
        "/fixture/acme/customers/1/credit",
        "/fixture/endpoints/1/url",
    ]
    assert world(bench) == before
    # The ids that were drawn for it are drawn again.
    merge(bench.sandbox, {"emulator": 1, "outcomes": [{"outcome": "rejected"}]})
    assert [rule.id for rule in bench.sandbox.outcomes.rules] == ["kept", "rule-1"]


def test_a_list_of_fixtures_is_merged_whole_or_not_at_all(bench):
    before = world(bench)
    good = {
        "emulator": 1,
        "settings": {"latency": "instant"},
        "acme": {"customers": [{"id": "two"}]},
        "outcomes": [{"outcome": "stuck"}],
    }

    with pytest.raises(Invalid) as caught:
        merge_all(bench.sandbox, [(good, "/0"), ({"emulator": 2}, "/1")])

    assert pointers(caught) == ["/1/emulator"]
    assert world(bench) == before


def test_mistakes_of_the_head_are_listed_with_the_others(bench):
    document = {
        "emulator": 2,
        "clock": "noon",
        "seed": True,
        "acne": {},
        "acme": {"customers": [{"id": "one", "credit": "5"}]},
    }

    with pytest.raises(Invalid) as caught:
        merge(bench.sandbox, document)

    where = ["/acne", "/emulator", "/seed", "/clock", "/acme/customers/0/credit"]
    assert pointers(caught) == where


def test_merging_fires_nothing():
    bench = Bench(endpoint=True)

    merge(bench.sandbox, FIXTURE)

    assert bench.sent() == []
    assert bench.sandbox.engine.pending() == 0


@pytest.mark.parametrize(
    ("document", "pointer", "suggestion"),
    [
        ([], "", None),
        ({}, "/emulator", None),
        ({"emulator": 1, "acne": {}}, "/acne", "acme"),
        ({"emulator": 1, "seed": "5"}, "/seed", None),
        ({"emulator": 1, "description": 5}, "/description", None),
        ({"emulator": 1, "acme": []}, "/acme", None),
        ({"emulator": 1, "acme": {"outcomeRules": []}}, "/acme/outcomeRules", "outcomes"),
        ({"emulator": 1, "outcomes": {}}, "/outcomes", None),
        ({"emulator": 1, "endpoints": {}}, "/endpoints", None),
        ({"emulator": 1, "endpoints": [{"url": URL}]}, "/endpoints/0/provider", None),
        (
            {"emulator": 1, "endpoints": [{"provider": "acme", "url": URL, "events": ["statu"]}]},
            "/endpoints/0/events/0",
            "status",
        ),
        (
            {"emulator": 1, "endpoints": [{"provider": "acme", "url": URL, "account": "onne"}]},
            "/endpoints/0/account",
            "one",
        ),
    ],
)
def test_mistakes_are_pointed_at(bench, document, pointer, suggestion):
    with pytest.raises(Invalid) as caught:
        merge(bench.sandbox, document)

    [problem] = caught.value.problems
    assert (problem.pointer, problem.suggestion) == (pointer, suggestion)


def test_fixtures_are_read_by_name_from_their_folder_alone(tmp_path):
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "small.json").write_text('{"emulator": 1}')
    (tmp_path / "outside.json").write_text('{"emulator": 1}')
    library = Library([tmp_path / "inside"])

    assert library.names() == ["small"]
    assert library.read("small") == {"emulator": 1}
    assert library.read_file(tmp_path / "outside.json") == {"emulator": 1}
    with pytest.raises(NotFound, match="did you mean 'small'"):
        library.read("smal")
    for name in ("../outside", "small.json", "", str(tmp_path / "outside")):
        with pytest.raises(NotFound):
            library.read(name)


def test_a_file_that_is_no_json_says_where():
    with pytest.raises(Invalid, match=r"here\.json: not JSON: .* line 2 column 1"):
        parse_document(b"{\n]", "here.json")


def test_a_half_of_a_character_is_no_text():
    with pytest.raises(Invalid, match="surrogates not allowed"):
        parse_document(b'{"description": "\\ud800"}', "here.json")


@pytest.mark.parametrize("given", ["2026-05-06T12:00:00Z", "2026-05-06T20:00:00+08:00"])
def test_moments_are_read_with_their_offset(given):
    assert read_moment(given) == NOON


@pytest.mark.parametrize(
    "given", ["2026-05-06T12:00:00", "noon", 5, None, "0001-01-01T00:00:00+09:00"]
)
def test_what_is_no_moment_is_refused(given):
    with pytest.raises(ValueError, match="Must be a time"):
        read_moment(given)


@pytest.mark.parametrize("clock", ["garbage", 5, "1969-12-31T23:59:59Z", "9999-12-31T00:00:00Z"])
def test_clock_of_a_fixture_is_checked_wherever_it_is_merged(bench, clock):
    with pytest.raises(Invalid) as caught:
        merge(bench.sandbox, {"emulator": 1, "clock": clock})

    assert pointers(caught) == ["/clock"]


def test_version_of_the_format_is_a_number(bench):
    with pytest.raises(Invalid) as caught:
        merge(bench.sandbox, {"emulator": True})

    assert pointers(caught) == ["/emulator"]
