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


@pytest.mark.parametrize("answer", ["HTTP 403, a web page", "HTTP 200, a web page"])
def test_a_web_page_in_place_of_the_apis_answer_is_not_of_the_hub_or_its_spawner(answer: str) -> None:
    said = "403 Forbidden 403 Forbidden nginx"
    records = [step(START_TO_READY, n, f"hub error: {answer}", said) for n in range(4)]
    ((kind, finding),) = found([*records, *(step(START_TO_READY, 10 + n) for n in range(4))]).items()
    assert (kind, finding.explains, finding.share) == ("refused-before-hub", "failures", 1.0)
    assert finding.sentence == (
        "4 people got a web page that is not the hub's in place of the answer of its API. They failed at start to "
        "ready (4 times)."
    )
    assert finding.evidence == (f"Answers: {answer} (4 times).", f"4 times it was said: “{said}”.")


def test_a_refusal_of_the_hub_itself_is_one_of_a_start() -> None:
    records = [step(START_TO_READY, n, "hub error: HTTP 403", "No course for you") for n in range(4)]
    assert found(records).keys() == {"start-failures"}
