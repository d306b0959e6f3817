import contextlib
import queue
import socket
import ssl
import threading
from pathlib import Path

import msgspec
import pytest

from emulator.core.sending import Answer, Parcel
from emulator.runtime.destinations import Destinations, read_url
from emulator.runtime.exchange import Exchange, Flight
from emulator.runtime.sender import HTTPSender

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LAST = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
PATIENCE = 20
"""Seconds after which something that should have happened counts as missing."""


class Request(msgspec.Struct):
    start: str
    headers: dict[str, str]
    body: bytes


class Receiver:
    """Listens on loopback and answers as told, a thread to each connection.

    ``answer(request, connection)`` returns the bytes to send; none to close without an answer.
    """

    def __init__(self, answer=lambda _request, _connection: OK, tls=None):
        self.answer = answer
        self.requests = []
        self.connections = 0
        self.arrived: queue.Queue[Request] = queue.Queue()
        self.closed: queue.Queue[socket.socket] = queue.Queue()
        self._tls = tls
        self._open = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/hook"
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join(PATIENCE)
        self._listener.close()
        for connection in list(self._open):
            hang_up(connection)
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.add(connection)
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, raw):
        connection = raw
        try:
            if self._tls is not None:
                connection = self._tls.wrap_socket(raw, server_side=True)
                self._open.add(connection)
            with connection, connection.makefile("rb") as stream:
                while (request := read_request(stream)) is not None:
                    self.requests.append(request)
                    self.arrived.put(request)
                    answer = self.answer(request, connection)
                    if not answer:
                        break
                    connection.sendall(answer)
        except OSError:
            pass
        finally:
            self._open -= {raw, connection}
            self.closed.put(raw)


def read_request(stream):
    start = stream.readline().decode().strip()
    if not start:
        return None
    headers = {}
    while line := stream.readline().decode().strip():
        name, _, value = line.partition(": ")
        headers[name.lower()] = value
    return Request(start, headers, stream.read(int(headers["content-length"])))


def hang_up(connection):
    with contextlib.suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)


class Answers:
    """Collects what the sender reports."""

    def __init__(self):
        self._queue: queue.Queue[Answer] = queue.Queue()

    def __call__(self, answer):
        self._queue.put(answer)

    def next(self):
        return self._queue.get(timeout=PATIENCE)

    @property
    def is_empty(self):
        return self._queue.empty()


@pytest.fixture
def answers():
    return Answers()


@pytest.fixture
def make_receiver():
    made = []

    def make(*args, **kwargs):
        made.append(Receiver(*args, **kwargs))
        return made[-1]

    yield make
    for receiver in made:
        receiver.close()


@pytest.fixture
def make_sender():
    made = []

    def make(resolver=None, **kwargs):
        places = Destinations(resolver=resolver) if resolver else Destinations()
        made.append(HTTPSender(places, **kwargs))
        return made[-1]

    yield make
    for sender in made:
        sender.close()


@pytest.fixture
def sender(make_sender):
    return make_sender()


@pytest.fixture
def hold():
    """An event that receivers wait for; set at the end at the latest."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def holding(make_receiver, hold):
    """A receiver that answers once ``hold`` is set."""

    def answer(_request, _connection):
        hold.wait(PATIENCE)
        return OK

    receiver = make_receiver(answer)
    yield receiver
    hold.set()


def parcel(receiver, body=b"{}", path="", headers=()):
    return Parcel(receiver.url + path, headers, body)


def test_parcel_arrives_as_given_and_is_answered(sender, make_receiver, answers):
    receiver = make_receiver()

    sender.post("world", 1, parcel(receiver, b'{"a": 1}', "/x?y=z", (("X-Sign", "s"),)), answers)

    answer = answers.next()
    assert (answer.status, answer.error, answer.response) == (200, None, "ok")
    assert answer.duration_ms > 0
    (request,) = receiver.requests
    assert request.start == "POST /hook/x?y=z HTTP/1.1"
    assert request.body == b'{"a": 1}'
    assert request.headers == {
        "host": f"127.0.0.1:{receiver.port}",
        "x-sign": "s",
        "content-length": "8",
    }


def test_lane_goes_in_order_each_after_the_answer_to_the_one_before(sender, make_receiver, answers):
    answered: list[int] = []
    seen_before = {}

    def answer(request, _connection):
        seen_before[request.body] = len(answered)
        return OK

    receiver = make_receiver(answer)
    for number in range(30):

        def done(reply, number=number):
            answered.append(number)
            answers(reply)

        sender.post("world", "lane", parcel(receiver, str(number).encode()), done)

    assert {answers.next().status for _ in range(30)} == {200}
    assert answered == list(range(30))
    assert seen_before == {str(number).encode(): number for number in range(30)}


def test_lanes_and_worlds_do_not_wait_for_each_other(sender, make_receiver, answers):
    everybody = threading.Barrier(3)

    def answer(_request, _connection):
        everybody.wait(PATIENCE)
        return OK

    receiver = make_receiver(answer)
    for world, lane in [("red", 1), ("red", 2), ("blue", 1)]:
        sender.post(world, lane, parcel(receiver), answers)

    assert [answers.next().status for _ in range(3)] == [200] * 3


def test_slow_receivers_get_more_workers(sender, make_receiver, answers):
    crowd = threading.Barrier(32)

    def answer(_request, _connection):
        crowd.wait(PATIENCE)
        return OK

    receiver = make_receiver(answer)
    for lane in range(32):
        sender.post("world", lane, parcel(receiver), answers)

    assert {answers.next().status for _ in range(32)} == {200}


def test_world_whose_receiver_hangs_does_not_hold_up_another(
    sender, make_receiver, holding, answers
):
    for lane in range(40):
        sender.post("red", lane, parcel(holding), lambda _answer: None)
    for _ in range(32):
        holding.arrived.get(timeout=PATIENCE)

    sender.post("blue", 1, parcel(make_receiver()), answers)

    assert answers.next().status == 200
    assert len(holding.requests) == 32


def test_receiver_that_does_not_answer_is_cut_off(make_sender, holding, answers):
    make_sender(limit=0.2).post("world", 1, parcel(holding), answers)

    answer = answers.next()
    assert (answer.status, answer.error, answer.response) == (None, "timeout", "")
    assert 0 < answer.duration_ms < 5000


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\nX-Endless: ", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_receiver_that_drips_gets_no_more_time(make_sender, make_receiver, answers, hold, start):
    def drip(_request, connection):
        connection.sendall(start)
        while not hold.wait(0.02):
            connection.sendall(b"x")

    receiver = make_receiver(drip)

    make_sender(limit=0.3).post("world", 1, parcel(receiver), answers)

    answer = answers.next()
    assert (answer.status, answer.error) == (None, "timeout")
    assert 0 < answer.duration_ms < 5000
    # Its next byte finds nobody there.
    receiver.closed.get(timeout=PATIENCE)


def test_receiver_that_does_not_read_gets_no_more_time(make_sender, answers):
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/"
        make_sender(limit=0.2).post("world", 1, Parcel(url, (), b"x" * 50_000_000), answers)

        assert answers.next().error == "timeout"


def test_connecting_counts_too(make_sender, answers):
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        crowd = [socket.socket() for _ in range(4)]
        for visitor in crowd:
            visitor.setblocking(False)
            visitor.connect_ex(full.getsockname())
        url = f"http://127.0.0.1:{full.getsockname()[1]}/"

        make_sender(limit=0.2).post("world", 1, Parcel(url, (), b""), answers)

        assert answers.next().error == "timeout"
        for visitor in crowd:
            visitor.close()


def test_resolving_counts_too(make_sender, answers, hold):
    def resolve(_host, _port):
        hold.wait(PATIENCE)
        return ["127.0.0.1"]

    sender = make_sender(resolver=resolve, limit=0.2)
    sender.post("world", 1, Parcel("http://slow.test/", (), b""), answers)

    assert answers.next().error == "timeout"


def test_closed_port_is_refused(sender, answers):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    sender.post("world", 1, Parcel(f"http://127.0.0.1:{port}/", (), b""), answers)

    assert answers.next().error == "connection refused"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"", "connection reset"),
        (b"nonsense\r\n\r\n", "invalid answer"),
    ],
)
def test_receiver_that_misbehaves_is_told_apart(sender, make_receiver, answers, answer, error):
    receiver = make_receiver(lambda _request, _connection: answer)

    sender.post("world", 1, parcel(receiver), answers)

    got = answers.next()
    assert (got.status, got.error) == (None, error)


def test_redirect_is_an_answer_and_not_followed(sender, make_receiver, answers):
    elsewhere = make_receiver()
    location = f"Location: {elsewhere.url}\r\nContent-Length: 0\r\n\r\n".encode()
    receiver = make_receiver(lambda _request, _connection: b"HTTP/1.1 307 X\r\n" + location)

    for _ in range(2):
        sender.post("world", 1, parcel(receiver), answers)

    assert [answers.next().status for _ in range(2)] == [307, 307]
    assert elsewhere.connections == 0


def test_long_answer_is_cut_and_odd_bytes_are_replaced(sender, make_receiver, answers):
    body = b"\xff" + b"x" * 100_000
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    receiver = make_receiver(lambda _request, _connection: head + body)

    sender.post("world", 1, parcel(receiver), answers)

    assert answers.next().response == "\ufffd" + "x" * 65_535


def test_connection_is_used_again(sender, make_receiver, answers):
    receiver = make_receiver()

    for _ in range(5):
        sender.post("world", 1, parcel(receiver), answers)
    for _ in range(5):
        answers.next()

    assert receiver.connections == 1


def test_idle_connection_is_closed_soon(sender, make_receiver, answers):
    receiver = make_receiver()

    sender.post("world", 1, parcel(receiver), answers)
    answers.next()

    receiver.closed.get(timeout=PATIENCE)


def test_connection_that_the_receiver_closed_meanwhile_is_replaced(sender, make_receiver, answers):
    def answer_and_leave(_request, connection):
        connection.sendall(OK)

    receiver = make_receiver(answer_and_leave)
    for _ in range(3):
        sender.post("world", 1, parcel(receiver), answers)
        receiver.closed.get(timeout=PATIENCE)
        assert answers.next().status == 200

    assert (receiver.connections, len(receiver.requests)) == (3, 3)


def test_connection_that_breaks_before_a_byte_has_left_is_replaced(make_receiver):
    receiver = make_receiver()
    exchange = Exchange(Destinations())
    place = read_url(receiver.url)
    broken, silent = socket.socketpair()
    broken.shutdown(socket.SHUT_WR)
    exchange._keep(place, broken)

    answer = exchange.attempt(parcel(receiver), Flight())

    assert (answer.status, answer.error) == (200, None)
    assert len(receiver.requests) == 1
    assert broken.fileno() == -1
    silent.close()
    exchange.sweep(0)


def test_attempt_that_is_over_before_it_has_begun_sends_nothing(make_receiver):
    receiver = make_receiver()
    flight = Flight()
    flight.cut("abandoned")
    flight.cut("timeout")

    answer = Exchange(Destinations()).attempt(parcel(receiver), flight)

    assert (answer.status, answer.error) == (None, "abandoned")
    assert receiver.requests == []


def test_request_that_may_have_arrived_is_not_sent_again(sender, make_receiver, answers):
    receiver = make_receiver(lambda request, _connection: OK if request.body == b"1" else b"")

    for body in (b"1", b"2"):
        sender.post("world", 1, parcel(receiver, body), answers)

    assert [answers.next().error for _ in range(2)] == [None, "connection reset"]
    assert [request.body for request in receiver.requests] == [b"1", b"2"]
    assert receiver.connections == 1


def test_refusal_of_a_body_that_is_not_read_is_an_answer(sender, answers):
    refusal = b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        sender.post("world", 1, Parcel(url, (), b"x" * 20_000_000), answers)
        connection, _ = server.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(refusal)
            connection.shutdown(socket.SHUT_RDWR)

    assert answers.next().status == 413


def test_abandoned_world_sends_nothing_more(sender, holding, hold, answers):
    sender.post("world", "a", parcel(holding, b"under way"), answers)
    sender.post("world", "a", parcel(holding, b"queued"), answers)
    holding.arrived.get(timeout=PATIENCE)

    sender.abandon("world")
    hold.set()
    holding.closed.get(timeout=PATIENCE)

    sender.post("world", "a", parcel(holding, b"afterwards"), answers)
    assert answers.next().status == 200
    assert answers.is_empty
    assert [request.body for request in holding.requests] == [b"under way", b"afterwards"]


def test_abandoning_leaves_other_worlds_alone(sender, holding, hold, answers):
    for world in ("red", "blue"):
        sender.post(world, 1, parcel(holding, world.encode()), answers)
        sender.post(world, 1, parcel(holding, world.encode()), answers)
    for _ in range(2):
        holding.arrived.get(timeout=PATIENCE)

    sender.abandon("red")
    hold.set()

    assert [answers.next().status for _ in range(2)] == [200, 200]
    assert sorted(request.body for request in holding.requests) == [b"blue", b"blue", b"red"]


def test_abandoning_cuts_a_request_that_is_still_connecting(make_sender, answers, hold):
    resolving = threading.Event()

    def resolve(_host, _port):
        resolving.set()
        hold.wait(PATIENCE)
        return ["127.0.0.1"]

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        sender = make_sender(resolver=resolve)
        url = f"http://slow.test:{server.getsockname()[1]}/"
        sender.post("world", 1, Parcel(url, (), b""), answers)
        assert resolving.wait(PATIENCE)

        sender.abandon("world")
        hold.set()
        sender.close()

        with pytest.raises(BlockingIOError):
            server.accept()
    assert answers.is_empty


def test_abandoning_waits_for_what_is_being_handed_over(sender, make_receiver, hold):
    telling, told = threading.Event(), threading.Event()

    def done(_answer):
        telling.set()
        hold.wait(PATIENCE)
        told.set()

    sender.post("world", 1, parcel(make_receiver()), done)
    assert telling.wait(PATIENCE)
    abandoning = threading.Thread(target=sender.abandon, args=("world",))
    abandoning.start()
    abandoning.join(0.05)
    assert abandoning.is_alive()

    hold.set()
    abandoning.join(PATIENCE)
    assert not abandoning.is_alive()
    assert told.is_set()


def test_done_may_abandon_its_own_world_and_post_again(sender, holding, hold, answers):
    def done(_answer):
        sender.abandon("world")
        sender.post("world", 1, parcel(holding, b"again"), answers)

    sender.post("world", 1, parcel(holding, b"first"), done)
    sender.post("world", 1, parcel(holding, b"never"), answers)
    hold.set()

    assert answers.next().status == 200
    assert [request.body for request in holding.requests] == [b"first", b"again"]


@pytest.mark.breaks
def test_done_that_fails_is_logged_and_harms_nobody(sender, make_receiver, answers, caplog):
    receiver = make_receiver()

    def fail(_answer):
        raise ValueError("broken handler")

    sender.post("world", 1, parcel(receiver), fail)
    sender.post("world", 1, parcel(receiver), answers)

    assert answers.next().status == 200
    assert "broken handler" in caplog.text


def test_metadata_address_is_never_called(sender, answers):
    sender.post("world", 1, Parcel("http://169.254.169.254/latest/", (), b""), answers)

    answer = answers.next()
    assert (answer.status, answer.error) == (
        None,
        "destination refused: 169.254.169.254 is not a loopback or private address",
    )


@pytest.mark.parametrize("url", ["gopher://127.0.0.1/", "http://127.0.0.1/\r\nX: y", "nonsense"])
def test_url_that_is_none_is_an_answer(sender, answers, url):
    sender.post("world", 1, Parcel(url, (), b""), answers)

    assert answers.next().error == "invalid url"


def test_name_that_changes_its_address_cannot_lead_elsewhere(make_sender, make_receiver, answers):
    found = [["127.0.0.1"], ["169.254.169.254"], ["8.8.8.8"]]
    receiver = make_receiver(lambda _request, _connection: LAST)
    sender = make_sender(resolver=lambda _host, _port: found.pop(0))
    url = f"http://rebinding.test:{receiver.port}/"

    for _ in range(3):
        sender.post("world", 1, Parcel(url, (), b""), answers)

    refused = "destination refused: {} is not a loopback or private address"
    assert [answers.next().error for _ in range(3)] == [
        None,
        refused.format("169.254.169.254"),
        refused.format("8.8.8.8"),
    ]
    assert receiver.requests[0].headers["host"] == f"rebinding.test:{receiver.port}"


def test_next_address_is_tried_where_nobody_listens_on_the_first(
    make_sender, make_receiver, answers
):
    receiver = make_receiver()
    sender = make_sender(resolver=lambda _host, _port: ["::1", "127.0.0.1"])

    sender.post("world", 1, Parcel(f"http://localhost:{receiver.port}/", (), b""), answers)

    assert answers.next().status == 200


def test_header_with_a_line_end_is_not_sent(sender, make_receiver, answers):
    receiver = make_receiver()
    headers = (("X-A", "1\r\nX-Injected: 2"),)

    sender.post("world", 1, parcel(receiver, headers=headers), answers)

    assert answers.next().error == "invalid header"
    assert receiver.connections == 0


CERTIFICATE = Path(__file__).with_name("localhost.pem")


@pytest.fixture
def secure(make_receiver):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return make_receiver(tls=context)


def test_https_with_a_trusted_certificate_works(make_sender, secure, answers):
    sender = make_sender(tls=ssl.create_default_context(cafile=str(CERTIFICATE)))
    url = f"https://localhost:{secure.port}/hook"

    for _ in range(2):
        sender.post("world", 1, Parcel(url, (), b"secret"), answers)

    assert [answers.next().status for _ in range(2)] == [200, 200]
    assert secure.requests[0].body == b"secret"


def test_https_with_another_certificate_is_refused(sender, secure, answers):
    sender.post("world", 1, Parcel(f"https://localhost:{secure.port}/", (), b"secret"), answers)

    assert answers.next().error == "certificate refused"
    assert secure.requests == []


def test_silent_https_receiver_is_cut_off(make_sender, answers):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}/"
        make_sender(limit=0.2).post("world", 1, Parcel(url, (), b""), answers)

        assert answers.next().error == "timeout"


def test_closing_ends_all_threads_and_drops_what_comes_later(make_sender, holding, answers):
    before = set(threading.enumerate())
    sender = make_sender()
    for lane in range(3):
        sender.post("world", lane, parcel(holding), answers)
        holding.arrived.get(timeout=PATIENCE)

    sender.close()
    sender.post("world", 9, parcel(holding), answers)

    started = set(threading.enumerate()) - before
    assert [thread.name for thread in started if thread.name.startswith("callback-")] == []
    assert answers.is_empty
    assert len(holding.requests) == 3
