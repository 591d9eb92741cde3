"""Errors of something before the hub."""

import pytest

from hubusers.report.finding import Finding
from hubusers.results.records import LAB_LOADED, LOGIN, START_TO_READY, Record
from tests.report.causes.failing import findings, step


def found(records: list[Record]) -> dict[str, Finding]:
    return {one.kind: one for one in findings(records)}


def test_errors_of_nginx_wherever_people_went() -> None:
    records = [
        *(step(LOGIN, n, "login broken: HTTP 503, from nginx") for n in range(3)),
        *(step(START_TO_READY, 3 + n, "server unreachable: HTTP 503 from nginx") for n in range(2)),
        step(LAB_LOADED, 3, "server unreachable: HTTP 502 from nginx"),
        *(step(LOGIN, 10 + n) for n in range(4)),
    ]
    kinds = found(records)
    gateway = kinds["gateway-errors"]
    assert gateway.sentence == (
        "Nginx answered 5 people with errors of its own: HTTP 503 (5), HTTP 502 (1). They failed at login (3 times), "
        "start to ready (2 times), lab loaded (1 time)."
    )
    assert (gateway.explains, gateway.share) == ("failures", 1.0)
    assert kinds["login-broken"].because_of == kinds["server-unreachable"].because_of == "gateway-errors"


@pytest.mark.parametrize("whom", ["the hub", "the proxy", "the server"])
def test_errors_of_the_hub_and_its_proxy_are_something_else(whom: str) -> None:
    records = [
        *(step(LOGIN, n, f"login broken: HTTP 500, from {whom}") for n in range(3)),
        *(step(START_TO_READY, 3 + n, f"server unreachable: HTTP 503 from {whom}") for n in range(3)),
    ]
    assert "gateway-errors" not in found(records)


def test_errors_at_one_step_only_have_a_finding_of_their_own() -> None:
    assert found([step(LOGIN, n, "login broken: HTTP 503, from nginx") for n in range(3)]).keys() == {"login-broken"}
