"""A response is read right in whatever pieces it arrives, and its connection is kept only if it can carry another."""

import locust  # noqa: F401  # patches the standard library for gevent; must come before everything else

from collections.abc import Iterator

import pytest
from geventhttpclient.response import HTTPConnectionClosed, HTTPParseError

from hubusers.http.response import Response

WHOLE = (
    b"HTTP/1.1 200 OK\r\nX-Empty:\r\nContent-Type: text/plain\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\n"
    b"Content-Length: 11\r\n\r\none\ntwo\nend"
)
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\none\n\r\n7\r\ntwo\nend\r\n0\r\nX-Trailer: 1\r\n\r\n"
)
UNTIL_CLOSED = b"HTTP/1.1 200 OK\r\n\r\none\ntwo\nend"
INTERIM = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"


class Pieces:
    """Stands in for a socket, which nobody can make cut what it receives at a given byte, and for the pool."""

    def __init__(self, pieces: list[bytes], error: OSError | None = None) -> None:
        self._pieces = iter(pieces)
        self._error = error
        self.became = ""

    def recv(self, _: int) -> bytes:
        for piece in self._pieces:
            return piece
        if self._error:
            raise self._error
        return b""

    def return_socket(self, _: object) -> None:
        assert not self.became
        self.became = "kept"

    def release_socket(self, _: object) -> None:
        assert not self.became
        self.became = "closed"

    def response(self, method: str = "GET") -> Response:
        return Response(self, self, method)  # type: ignore[arg-type]


def cut(message: bytes) -> Iterator[list[bytes]]:
    yield [message]
    yield [message[place : place + 1] for place in range(len(message))]
    yield from ([message[:place], message[place:]] for place in range(1, len(message)))


@pytest.mark.parametrize("message", [WHOLE, INTERIM + WHOLE, INTERIM + INTERIM + WHOLE])
def test_headers_and_body_in_whatever_pieces_they_arrive(message: bytes) -> None:
    for pieces in cut(message):
        sock = Pieces(pieces)
        response = sock.response()
        assert response.status == 200
        assert dict(response.headers) == {
            "x-empty": "",
            "content-type": "text/plain",
            "set-cookie": "a=1\nb=2",
            "content-length": "11",
        }, pieces
        assert response.read() == b"one\ntwo\nend"
        assert response.read() == b""
        assert sock.became == "kept", pieces


@pytest.mark.parametrize(("message", "became"), [(CHUNKED, "kept"), (UNTIL_CLOSED, "closed")])
def test_bodies_without_a_length(message: bytes, became: str) -> None:
    for pieces in cut(message):
        sock = Pieces(pieces)
        assert sock.response().read() == b"one\ntwo\nend"
        assert sock.became == became, pieces


@pytest.mark.parametrize("message", [WHOLE, CHUNKED, UNTIL_CLOSED])
def test_lines_and_blocks(message: bytes) -> None:
    for pieces in cut(message):
        lines = Pieces(pieces).response()
        assert [lines.readline() for _ in range(3)] == [b"one\n", b"two\n", b""]  # and not what is no whole line
        blocks = Pieces(pieces).response()
        assert [blocks.read(4) for _ in range(4)] == [b"one\n", b"two\n", b"end", b""]


def test_a_line_that_has_arrived_needs_no_waiting() -> None:
    response = Pieces([WHOLE]).response()
    assert response.has_line
    assert response.readline() + response.readline() == b"one\ntwo\n"
    assert not response.has_line


def test_an_answer_without_a_body() -> None:
    for method, message in (("HEAD", WHOLE.partition(b"one")[0]), ("DELETE", b"HTTP/1.1 204 No Content\r\n\r\n")):
        sock = Pieces([message])
        assert sock.response(method).read() == b""
        assert sock.became == "kept"


def test_a_connection_that_the_other_side_closes_after_the_answer_is_not_kept() -> None:
    sock = Pieces([b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"])
    assert sock.response().read() == b"ok"
    assert sock.became == "closed"


@pytest.mark.parametrize("error", [None, ConnectionResetError()])
def test_a_connection_that_was_closed_before_the_answer_began(error: OSError | None) -> None:
    sock = Pieces([], error)
    with pytest.raises(HTTPConnectionClosed):
        sock.response()
    assert sock.became == "closed"


@pytest.mark.parametrize("message", [WHOLE, CHUNKED])
@pytest.mark.parametrize("error", [None, ConnectionResetError()])
def test_an_answer_that_is_cut_off_anywhere(message: bytes, error: OSError | None) -> None:
    for length in range(1, len(message)):
        sock = Pieces([message[:length]], error)
        with pytest.raises((OSError, HTTPParseError)):
            sock.response().read()
        assert sock.became == "closed", length


@pytest.mark.parametrize(
    "message",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more",
        b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\n",
    ],
)
def test_what_is_no_answer_or_more_than_one(message: bytes) -> None:
    sock = Pieces([message])
    with pytest.raises(HTTPParseError):
        sock.response().read()
    assert sock.became == "closed"


def test_a_response_that_is_left_halfway() -> None:
    sock = Pieces([WHOLE[:-5]])
    response = sock.response()
    response.release()
    response.release()
    assert sock.became == "closed"
