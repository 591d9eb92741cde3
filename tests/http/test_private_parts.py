"""The private parts of other libraries that `hubusers/http` uses: a new release may change them."""

from locust.contrib.fasthttp import FastHttpSession
from locust.env import Environment

import inspect

import geventhttpclient
from gevent.queue import LifoQueue
from geventhttpclient.connectionpool import ConnectionPool
from geventhttpclient.response import HTTPResponse

from hubusers.http.response import Response

WHERE = f"(geventhttpclient {geventhttpclient.__version__}): see _PlainPool in hubusers/http/connections.py"


def test_the_pool_keeps_connections_in_a_queue_that_can_be_looked_at() -> None:
    queue = getattr(ConnectionPool("127.0.0.1", 9, "127.0.0.1", 9), "_socket_queue", None)
    assert isinstance(queue, LifoQueue), f"ConnectionPool has no queue called _socket_queue any more {WHERE}"
    assert queue.empty(), f"a new ConnectionPool has a kept connection in _socket_queue {WHERE}"


def test_the_pool_asks_whether_a_kept_connection_lives() -> None:
    look = getattr(ConnectionPool, "_is_socket_alive", None)
    assert look, f"ConnectionPool has no _is_socket_alive any more, which we replace {WHERE}"
    parameters = list(inspect.signature(look).parameters)
    assert parameters == ["self", "sock"], f"ConnectionPool._is_socket_alive takes other arguments now {WHERE}"
    assert "_is_socket_alive" in inspect.getsource(ConnectionPool.get_socket), (
        f"ConnectionPool.get_socket does not ask _is_socket_alive any more {WHERE}"
    )


def test_the_pool_looks_addresses_up_for_each_connection_that_it_opens() -> None:
    for look_up, caller in (("_resolve", "_create_socket"), ("_create_socket", "get_socket")):
        method = getattr(ConnectionPool, look_up, None)
        assert method, f"ConnectionPool has no {look_up} any more, which we replace {WHERE}"
        assert list(inspect.signature(method).parameters) == ["self"], f"{look_up} takes arguments now {WHERE}"
        assert look_up in inspect.getsource(getattr(ConnectionPool, caller)), (
            f"ConnectionPool.{caller} does not call {look_up} any more {WHERE}"
        )


def test_the_parser_calls_back_what_a_response_defines() -> None:
    # What each of them does is tested in `test_response.py`.
    called = {name for name in dir(Response) if name.startswith("_on_")} | {"_on_body"}
    known = {name for name in vars(HTTPResponse) if name.startswith("_on_")}
    assert called == known, f"the parser calls others now: see hubusers/http/response.py {WHERE}"


def test_locust_s_fast_session_has_a_pool_of_clients_and_default_headers() -> None:
    session = FastHttpSession("http://127.0.0.1:9", Environment().events.request, None)
    where = "(Locust's FastHttpSession): see GeventTransport in hubusers/http/gevent_transport.py"
    client = getattr(session, "client", None)
    pool = getattr(client, "clientpool", None)
    assert hasattr(pool, "get_client"), f"the session has no client.clientpool.get_client any more {where}"
    assert hasattr(client, "default_headers"), f"the session has no client.default_headers any more {where}"
    assert hasattr(session, "request_event"), f"the session has no request_event any more {where}"
    assert hasattr(session, "user"), f"the session does not know its user any more {where}"
