"""Whether answers were broken in ways that name their cause: a failing database, or a certificate."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from hubusers.report import words
from hubusers.report.causes.affected import failed
from hubusers.report.causes.catalogue import found
from hubusers.report.causes.explained import failures_by_kind
from hubusers.report.causes.facts import Facts
from hubusers.report.causes.token import TOKEN_REJECTED, revoked_at
from hubusers.report.finding import Finding

_OF_SPAWNS = ("spawn", "server", "progress")
"""Words in the paths of requests that also answer 500 when nothing but a spawn failed."""

_FEWEST_ERRORS = 3

_PAUSE = 10.0
"""Seconds without an error after which the next one is of another time."""

_LEAST_SHARE = 0.2
"""Share of the requests of these kinds that were sent in that time."""

_NO_CREDENTIALS = "invalid credentials"
"""What a hub says to a good token when it cannot look it up."""

_NOT_TRUSTED = "TLS certificate not trusted"


@dataclass(frozen=True)
class _Failed:
    request: str
    began: float
    failure: str
    count: int  # how many requests failed so


def database(facts: Facts) -> Iterable[Finding]:
    """Find each time in which the hub could not use its database."""
    refused = [
        record
        for record in facts.failures
        if _NO_CREDENTIALS in record.reason.lower() or record.failure == TOKEN_REJECTED
    ]
    revoked = revoked_at(facts.requests)
    errors = sorted(filter(_is_error_of_database, _failed_requests(facts)), key=lambda one: one.began)
    for spell in _spells(errors, _PAUSE + facts.requests.width):
        began, ended = spell[0].began, spell[-1].began
        if revoked is not None and ended >= revoked:
            continue
        refused_then = sum(began <= record.began + record.seconds <= ended + _PAUSE for record in refused)
        if _is_of_database(spell, refused_then) and _are_many(spell, facts) and _answers_else(facts, began, ended):
            yield _database_failed(facts, spell, refused_then)


def _database_failed(facts: Facts, errors: list[_Failed], refused: int) -> Finding:
    began, ended = errors[0].began, errors[-1].began
    met = [
        record
        for record in [*facts.failures, *facts.unfinished]
        if record.began <= ended and record.began + record.seconds >= began
    ]
    counts = Counter[tuple[str, str]]()
    for one in errors:
        counts[one.request, one.failure] += one.count
    shown = "; ".join(f"{name} {failure} ({count:,})" for (name, failure), count in counts.most_common(4))
    said = f"To {words.counted(refused, 'step')} it said that the token is not valid, which it was before or after."
    return found(
        "database-errors",
        f"For {words.in_seconds(max(ended - began, 1.0))}, from {words.moment(began)} on, the hub answered "
        f"{words.counted(counts.total(), 'request')} of {words.counted(len({one.request for one in errors}), 'kind')} "
        "with errors, while it answered what needs no database.",
        explains="failures" if met else "note",
        share=facts.share_of_failures(met),
        evidence=[f"Errors: {shown}.", *([said] if refused else [])],
        began=began,
        ended=ended,
    )


def token(facts: Facts) -> Iterable[Finding]:
    """Find that the hub stopped to accept the run's token, and did not accept it again."""
    records = failures_by_kind(facts).get("token-rejected", [])
    revoked = revoked_at(facts.requests)
    if not records or revoked is None:
        return
    steps = ", ".join(
        f"{step} ({words.counted(count, 'time')})"
        for step, count in Counter(record.step for record in records).most_common()
    )
    yield failed(
        facts,
        "token-rejected",
        records,
        f"From {words.moment(revoked)} on, the hub did not accept the run's token, which it had accepted before, nor "
        f"did it once again until the run ended. These steps failed of it: {steps}.",
        they="whose step failed so",
    )


def _spells(errors: list[_Failed], pause: float) -> Iterable[list[_Failed]]:
    """Yield errors, which are in their order, in lists without longer pauses than that, in seconds."""
    spell: list[_Failed] = []
    for error in errors:
        if spell and error.began > spell[-1].began + pause:
            yield spell
            spell = []
        spell.append(error)
    if spell:
        yield spell


def _is_of_database(errors: list[_Failed], refused: int) -> bool:
    """Say whether errors are of what only the database has in common.

    A spawner, or a login, that fails answers 500 as well, but to its own requests only.
    """
    kinds = {one.request for one in errors}
    of_others = {request for request in kinds if not any(word in request for word in _OF_SPAWNS)}
    return sum(one.count for one in errors) >= _FEWEST_ERRORS and bool(of_others) and (len(kinds) >= 2 or refused > 0)


def _are_many(errors: list[_Failed], facts: Facts) -> bool:
    """Say whether errors are a good part of what was asked in the meantime."""
    began, ended = errors[0].began, errors[-1].began
    asked = sum(
        count
        for name in {one.request for one in errors}
        for moment, _, count in facts.requests.of(name).moments()
        if began <= moment <= ended
    )
    return sum(one.count for one in errors) >= _LEAST_SHARE * asked


def _answers_else(facts: Facts, began: float, ended: float) -> bool:
    """Say whether the hub answered what needs no database; otherwise it was away."""
    probes = [probe for probe in facts.probes if began <= probe.began <= ended]
    return sum(bool(probe.failure) for probe in probes) <= len(probes) / 2


def certificate(facts: Facts) -> Iterable[Finding]:
    """Find that the certificate of the hub's address was not accepted."""
    failed = [one for one in _failed_requests(facts) if _NOT_TRUSTED in one.failure]
    moments = [one.began for one in failed]
    probes = [probe.began for probe in facts.probes if _NOT_TRUSTED in probe.failure]
    moments += probes
    if not moments:
        return
    how_many = sum(one.count for one in failed) + len(probes)
    at_provider = failures_by_kind(facts).get("provider-failed", [])
    met = [record for record in facts.failures if _NOT_TRUSTED in record.failure and record not in at_provider]
    good_before = any(probe.began < min(moments) and not probe.failure for probe in facts.probes)
    yield found(
        "certificate",
        f"{'From' if good_before else 'Already at'} {words.moment(min(moments))}{' on' if good_before else ''}, the "
        f"certificate of {facts.info.hub} was not accepted: {words.counted(how_many, 'request')} failed.",
        explains="failures" if met else "note",
        share=facts.share_of_failures(met),
        evidence=["It had been accepted before: it may have expired, or was replaced."] if good_before else [],
        began=min(moments),
        ended=max(moments),
    )


def _failed_requests(facts: Facts) -> list[_Failed]:
    return [
        _Failed(name, *moment) for name in facts.requests_to_hub for moment in facts.requests.of(name).failed_moments()
    ]


def _is_error_of_database(one: _Failed) -> bool:
    # A hub also answers 500 to those who delete a user whose spawn is pending.
    # So it does for a server that it cannot reach.
    is_of_hub = "/user/" not in one.request and not one.request.startswith("DELETE")
    return is_of_hub and one.failure in {"HTTP 500", "HTTP 403"}


def _probes(count: int) -> list[str]:
    return [f"{words.counted(count, 'probe')} of the hub in that time were answered, or most of them."] if count else []


CAUSES = (database, token, certificate)
