"""The tests' own poor network delays, limits, drops and cuts as it says."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.poor_network import POOR, Address, Road, RoadOptions, TcpRoads, UdpRoads

MANY = 100
"""Datagrams at once that a socket of the usual size holds."""
SIZES = st.lists(st.integers(1, 1400), min_size=1, max_size=200)


@contextmanager
def echoing() -> Iterator[Address]:
    """A server that sends back what it gets."""

    def serve(connection: socket.socket) -> None:
        with connection:
            while piece := connection.recv(65536):
                connection.sendall(piece)

    def accept() -> None:
        while True:
            try:
                connection = server.accept()[0]
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()
        server.shutdown(socket.SHUT_RDWR)


def exchanged(connection: socket.socket, sent: bytes) -> float:
    """Seconds until all of it was back; it came back as it was."""
    began = time.monotonic()
    threading.Thread(target=connection.sendall, args=(sent,), daemon=True).start()
    got = b""
    while len(got) < len(sent):
        got += connection.recv(65536)
    assert got == sent
    return time.monotonic() - began


def dialled(address: Address) -> socket.socket:
    return socket.create_connection(address, timeout=60)


@given(SIZES, st.integers(0, 1000))
def test_nothing_overtakes_and_nothing_is_faster_than_the_road(sizes: list[int], seed: int) -> None:
    road = Road(RoadOptions(delay=0.05, rate=1e6, loss=0.1, queue=10_000), seed)
    out = [(size, arrives) for size in sizes if (arrives := road.enter(size, 5.0)) is not None]
    assert out == sorted(out, key=lambda each: each[1])
    sent = 0
    for size, arrives in out:
        sent += size
        assert arrives == pytest.approx(5.05 + 8 * sent / 1e6)
    assert sent <= 10_000
    assert road.carried + road.dropped == len(sizes)


def test_the_part_that_it_says_is_lost_and_the_same_one_each_time() -> None:
    lost = [[Road(POOR, seed).enter(100, 0.0) is None for _ in range(1)] for seed in range(5)]
    assert lost == [[Road(POOR, seed).enter(100, 0.0) is None for _ in range(1)] for seed in range(5)]
    road, again = Road(POOR, 7), Road(POOR, 7)
    fates = [road.enter(100, float(second)) is None for second in range(10_000)]
    assert fates == [again.enter(100, float(second)) is None for second in range(10_000)]
    assert sum(fates) == pytest.approx(200, abs=50)


def test_tcp_arrives_whole_and_as_late_as_both_ways_take() -> None:
    slow = RoadOptions(delay=0.05)
    with echoing() as server, TcpRoads(server, slow, slow) as roads, dialled(roads.address) as connection:
        assert exchanged(connection, b"knock") >= 0.1
        assert exchanged(connection, bytes(range(256)) * 400) >= 0.1


def test_tcp_is_no_faster_than_its_rate() -> None:
    narrow = RoadOptions(rate=2e6)
    with echoing() as server, TcpRoads(server, narrow) as roads, dialled(roads.address) as connection:
        assert exchanged(connection, bytes(100_000)) >= 0.39


def test_a_cut_ends_every_connection_and_new_ones_are_taken() -> None:
    with echoing() as server, TcpRoads(server) as roads, dialled(roads.address) as connection:
        exchanged(connection, b"knock")
        roads.cut()
        with suppress(ConnectionResetError):  # as good an end as any
            assert connection.recv(100) == b""
        assert len(roads.cuts) == 1
        with dialled(roads.address) as another:
            exchanged(another, b"knock again")


def test_the_end_of_one_side_reaches_the_other() -> None:
    with echoing() as server, TcpRoads(server, POOR, POOR) as roads, dialled(roads.address) as connection:
        exchanged(connection, b"knock")
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100) == b""


def test_a_refused_word_in_the_first_line_is_answered_with_503() -> None:
    with echoing() as server, TcpRoads(server) as roads:
        roads.refused = ("/live/mse",)
        with dialled(roads.address) as connection:
            connection.sendall(b"GET /api/v1/cameras/door/live/mse HTTP/1.1\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 503 ")
        with dialled(roads.address) as connection:
            exchanged(connection, b"GET /other HTTP/1.1\r\n\r\n")


def test_datagrams_go_both_ways_late_and_lossy() -> None:
    with (
        UdpRoads(replace(POOR, loss=0.1), POOR, seed=3) as roads,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as near,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far,
    ):
        far.bind(("127.0.0.1", 0))
        far.settimeout(0.5)
        near.settimeout(60)
        roads.far_peer(far.getsockname())
        began = time.monotonic()
        for number in range(MANY):
            near.sendto(number.to_bytes(2, "big"), roads.near)
        got: list[int] = []
        while len(got) + roads.roads[0].dropped < MANY:
            with suppress(TimeoutError):  # what is lost may be known only after all that comes has come
                got.append(int.from_bytes(far.recv(100), "big"))
            assert (0.05 if got else 0.0) <= time.monotonic() - began < 60
        assert got == sorted(got)
        assert MANY * 0.8 <= len(got) < MANY
        far.sendto(b"back", roads.far)
        assert near.recv(100) == b"back"
