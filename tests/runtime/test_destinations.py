import pytest

from emulator.runtime.destinations import DestinationRefused, Destinations, read_url


def known(**names):
    """Return a resolver that knows these names and no others; `_` stands for a dot."""
    addresses = {name.replace("_", "."): found for name, found in names.items()}

    def resolve(host, _port):
        if host not in addresses:
            raise OSError("unknown")
        return addresses[host]

    return resolve


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.255.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.254",
        "192.168.0.9",
        "::1",
        "fd12::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
    ],
)
def test_loopback_and_private_addresses_are_allowed(address):
    destinations = Destinations(resolver=known(receiver=[address]))

    assert destinations.resolve("http://receiver/").addresses == (address,)


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "172.15.255.255",
        "172.32.0.1",
        "100.64.0.1",
        "::ffff:8.8.8.8",
        "2001:4860::1",
        "2002:808:808::1",
        "64:ff9b::808:808",
    ],
)
def test_public_address_is_refused_unless_its_host_is_allowed(address):
    resolver = known(hooks_example_com=[address])

    with pytest.raises(DestinationRefused) as caught:
        Destinations(resolver=resolver).resolve("http://hooks.example.com/x")
    allowed = Destinations(frozenset({"Hooks.Example.com"}), resolver=resolver)

    assert str(caught.value) == (
        f"destination refused: {address} is not a loopback or private address"
    )
    assert allowed.resolve("http://hooks.example.com/x").address == address


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "0.1.2.3",
        "169.254.169.254",
        "192.0.0.192",
        "100.100.100.200",
        "168.63.129.16",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::127.0.0.1",
        "::ffff:0.0.0.0",
        "::ffff:169.254.169.254",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "fd00:ec2::254",
        "2001::1",
        "2002:7f00:1::1",
        "2002:a9fe:a9fe::1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
    ],
)
def test_some_addresses_are_refused_even_for_an_allowed_host(address):
    destinations = Destinations(frozenset({"receiver"}), resolver=known(receiver=[address]))

    with pytest.raises(DestinationRefused, match=r"^destination refused: "):
        destinations.resolve("http://receiver/")


def test_metadata_address_in_a_private_network_is_called_what_it_is():
    destinations = Destinations(resolver=known())

    with pytest.raises(DestinationRefused, match=r": fd00:ec2::254 is a metadata address$"):
        destinations.resolve("http://[fd00:ec2::254]/")


def test_addresses_that_may_not_be_used_are_left_out():
    found = ["fe80::1%eth0", "8.8.8.8", "192.168.0.9", "192.168.0.9"]
    destinations = Destinations(resolver=known(laptop=found))

    assert destinations.resolve("http://laptop/").addresses == ("192.168.0.9",)


def test_literal_address_is_checked_without_the_resolver():
    destinations = Destinations(frozenset({"169.254.169.254"}), resolver=known())

    assert destinations.resolve("http://[::1]:8080/").address == "::1"
    with pytest.raises(
        DestinationRefused, match=r"^destination refused: 169\.254\.169\.254 is not"
    ):
        destinations.resolve("http://169.254.169.254/latest/meta-data")


@pytest.mark.parametrize("host", ["0", "127.1", "2130706433", "0x7f.1", "localhost"])
def test_the_resolved_address_counts_whatever_the_spelling(host):
    address = "0.0.0.0" if host == "0" else "127.0.0.1"

    if address == "127.0.0.1":
        assert address in Destinations().resolve(f"http://{host}/").addresses
    else:
        with pytest.raises(DestinationRefused, match=r"^destination refused"):
            Destinations().resolve(f"http://{host}/")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "receiver",
        "ftp://receiver/",
        "file:///etc/passwd",
        "http://",
        "http:///path",
        "http://user:secret@127.0.0.1/",
        "http://@127.0.0.1/",
        "http://127.0.0.1:0/",
        "http://127.0.0.1:65536/",
        "http://127.0.0.1:port/",
        "http://127.0.0.1/\r\nX-Injected: 1",
        "http://127.0.0.1/a\nb",
        "http://127.0.0.1/a\tb",
        "http://127.0.0.1/a b",
        "http://127.0.0.1/a\x00b",
        "http://example.com\\@127.0.0.1/",
        "http://[::1%25lo]/",
        "http://[nonsense]/",
        "http://a..b/",
        "http://" + "a" * 64 + "/",
        "http://127.0.0.1/\ud800",
    ],
)
def test_url_that_is_none_of_ours_is_refused(url):
    with pytest.raises(DestinationRefused, match=r"^invalid url$"):
        Destinations(resolver=known()).resolve(url)


def test_name_without_address_is_refused():
    with pytest.raises(DestinationRefused, match=r"^name not resolved$"):
        Destinations(resolver=known(empty=[])).resolve("http://empty/")
    with pytest.raises(DestinationRefused, match=r"^name not resolved$"):
        Destinations(resolver=known()).resolve("http://unknown/")


@pytest.mark.parametrize(
    ("url", "authority", "path"),
    [
        ("http://LocalHost", "localhost", "/"),
        ("http://localhost:80/a/b?c=d#e", "localhost", "/a/b?c=d"),
        ("https://localhost:443?c", "localhost", "/?c"),
        ("http://localhost:443/%2F//..", "localhost:443", "/%2F//.."),
        ("http://[FD12::1]:8080/", "[fd12::1]:8080", "/"),
        ("http://bücher.test/é?ü", "xn--bcher-kva.test", "/%C3%A9?%C3%BC"),
    ],
)
def test_url_is_read_as_the_receiver_shall_see_it(url, authority, path):
    place = read_url(url)

    assert (place.authority, place.path) == (authority, path)


def test_mapped_host_is_looked_up_under_the_other_name_and_called_by_its_own():
    destinations = Destinations(
        host_map={"localhost": "host.docker.internal"},
        resolver=known(host_docker_internal=["192.168.65.254"]),
    )

    target = destinations.resolve("http://localhost:3000/hook")

    assert (target.host, target.address, target.port) == ("localhost", "192.168.65.254", 3000)


def test_mapping_a_host_does_not_lift_the_check():
    destinations = Destinations(
        host_map={"localhost": "example.com"}, resolver=known(example_com=["8.8.8.8"])
    )

    with pytest.raises(DestinationRefused, match=r"^destination refused: 8\.8\.8\.8"):
        destinations.resolve("http://localhost/")
