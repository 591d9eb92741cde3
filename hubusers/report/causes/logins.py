"""Why people did not get past the login, or waited there."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from hubusers.report import words
from hubusers.report.causes.affected import failed, of_all, people, people_of, small, telling, who_waited
from hubusers.report.causes.catalogue import KINDS, found
from hubusers.report.causes.explained import failures_by_kind
from hubusers.report.causes.facts import Facts
from hubusers.report.causes.how_failed import were
from hubusers.report.counts import Count
from hubusers.report.evidence import SLOW_ANSWER
from hubusers.report.finding import Finding
from hubusers.results.percentiles import percentile
from hubusers.results.records import HUB_AFTER_PROVIDER, LOGIN, START_TO_READY, Record, provider_of

_NOT_BY_PASSWORD = {
    "login-elsewhere": "the hub leaves logins to another service",
    "login-asks-more": "the login asks for more than a name and a password",
    "login-other-name": "the hub has another name for them",
}
"""By the kind of finding, why name and password do not do."""

_MOST = 0.5
"""Share of the time of slow logins that makes a part of it the reason."""

_MOST_REASONS = 3
"""How many reasons of failed logins get a finding of their own."""


def refused(facts: Facts) -> Iterator[Finding]:
    """Find that the hub refused logins."""
    records = failures_by_kind(facts).get("login-refused", [])
    if not records:
        return
    said = Counter(telling(record.reason) or record.failure for record in records).most_common(1)[0][0]
    everybody, some, *others = KINDS["login-refused"].remedies
    is_everybody = people(records) == people(facts.records.of(LOGIN))
    yield failed(
        facts,
        "login-refused",
        records,
        f"{people_of(facts, records)} {were(records)} refused at the login: “{said}”.",
        they="who were refused at the login",
        evidence=_without_server(facts, records),
        remedies=[everybody if is_everybody else some, *others],
    )


def refused_by_provider(facts: Facts) -> Iterator[Finding]:
    """Find that an identity provider refused logins."""
    records = failures_by_kind(facts).get("provider-refused", [])
    if not records:
        return
    said = Counter(telling(record.reason) for record in records if record.reason).most_common(1)
    yield failed(
        facts,
        "provider-refused",
        records,
        f"{people_of(facts, records)} {were(records)} refused by {_the_provider(records)}"
        + (f": “{said[0][0]}”." if said else ", which did not say why."),
        they="whom the identity provider refused",
        evidence=_without_server(facts, records),
    )


def failed_provider(facts: Facts) -> Iterator[Finding]:
    """Find that an identity provider did not answer, or answered with errors."""
    by_failure = defaultdict[str, list[Record]](list)
    for record in failures_by_kind(facts).get("provider-failed", []):
        by_failure[record.failure].append(record)
    for failure, records in sorted(by_failure.items(), key=lambda item: -len(item[1]))[:_MOST_REASONS]:
        yield failed(
            facts,
            "provider-failed",
            records,
            f"The login failed for {small(people_of(facts, records))} at {_the_provider(records)}: "
            f"{failure.removeprefix('identity provider failed: ')}.",
            they="whose login failed at the identity provider",
            evidence=_without_server(facts, records),
        )


def broken(facts: Facts) -> Iterator[Finding]:
    """Find that logins failed, each reason by itself."""
    by_reason = defaultdict[str, list[Record]](list)
    for record in failures_by_kind(facts).get("login-broken", []):
        by_reason[record.failure].append(record)
    for failure, records in sorted(by_reason.items(), key=lambda item: -len(item[1]))[:_MOST_REASONS]:
        yield failed(
            facts,
            "login-broken",
            records,
            f"The login failed for {small(people_of(facts, records))}: {failure.removeprefix('login broken: ')}.",
            they="whose login failed",
            evidence=_without_server(facts, records),
        )


def launches_refused(facts: Facts) -> Iterator[Finding]:
    """Find that the hub did not take people whom an LMS sent."""
    records = failures_by_kind(facts).get("launch-refused", [])
    if records:
        example = facts.results.examples.of(LOGIN, records[0].failure, records[0].reason)
        yield failed(
            facts,
            "launch-refused",
            records,
            f"{people_of(facts, records)} came by an LTI launch that the hub did not take.",
            they="whose launch was refused",
            evidence=[*([f"For example: {example}."] if example else []), *_without_server(facts, records)],
        )


def not_by_password(facts: Facts) -> Iterator[Finding]:
    """Find that people could not log in by the name and the password that they had."""
    for kind, because in _NOT_BY_PASSWORD.items():
        records = failures_by_kind(facts).get(kind, [])
        if records:
            example = facts.results.examples.of(LOGIN, records[0].failure, records[0].reason)
            yield failed(
                facts,
                kind,
                records,
                f"{people_of(facts, records)} failed to log in, because {because}.",
                they="who could not log in",
                evidence=[*([f"For example: {example}."] if example else []), *_without_server(facts, records)],
            )


def slow(facts: Facts) -> Iterator[Finding]:
    """Find that logins took too long."""
    records = [record for record in facts.slow(LOGIN) if not record.failed]
    if not records:
        return
    seconds = [record.seconds for record in records]
    waited = sum(record.seconds for record in facts.all_slow)
    at_provider = sum(spent for record in records for part, spent in record.parts if provider_of(part))
    is_of_provider = at_provider >= _MOST * sum(seconds)
    begin = f"{of_all(len(records), len(facts.records.of(LOGIN)), 'login')} took too long"
    took = f"{words.in_seconds(sum(seconds) / len(seconds))} on average, {words.in_seconds(max(seconds))} at most"
    of_them = f", of which {words.in_seconds(at_provider / len(seconds))} on average at {_the_provider(records)}"
    yield found(
        "provider-slow" if is_of_provider else "login-slow",
        f"{begin}: {took}{of_them if at_provider else ''}.",
        explains="slowness",
        share=sum(seconds) / waited,
        evidence=[*_after_provider(records), *_probes_meanwhile(facts, records), *who_waited(facts, records)],
        began=min(record.began for record in records),
        ended=max(record.began + record.seconds for record in records),
    )


def _after_provider(slow_logins: list[Record]) -> list[str]:
    """Say how long the hub took for its first answers after an identity provider, which it asks meanwhile."""
    after = [dict(record.parts).get(HUB_AFTER_PROVIDER, 0.0) for record in slow_logins]
    if sum(after) < _MOST * sum(record.seconds for record in slow_logins):
        return []
    return [
        f"{words.in_seconds(sum(after) / len(after))} of that, on average, was the hub's first answer after the "
        "identity provider: for it, the hub itself asks the provider who the person is."
    ]


def _the_provider(records: list[Record]) -> str:
    """Return the identity providers at which people were, as in "the identity provider sso.example.org"."""
    hosts = sorted({host for record in records for part, _ in record.parts if (host := provider_of(part))})
    if not hosts:
        return "the identity provider"
    return f"the identity {'provider' if len(hosts) == 1 else 'providers'} {' and '.join(hosts)}"


def _probes_meanwhile(facts: Facts, slow_logins: list[Record]) -> list[str]:
    """Say whether the hub answered others quickly while some logins were under way."""
    under_way = Count((record.began, record.began + record.seconds) for record in slow_logins)
    taken = [probe.time_taken for probe in facts.probes if under_way.at(probe.began)]
    if not taken:
        return []
    middle = percentile(taken, 50)
    said = f"Half of the probes of the hub took at most {words.in_seconds(middle)} meanwhile"
    if middle > SLOW_ANSWER:
        return [f"{said}: the whole hub was late, not only its logins."]
    return [f"{said}: the hub was not late, only its logins were."]


def _without_server(facts: Facts, records: list[Record]) -> list[str]:
    """Say that people who stopped at the login never asked for a server."""
    asked = {record.username for record in facts.records if record.step == START_TO_READY}
    stopped = len({record.username for record in records} - asked)
    if not stopped:
        return []
    never = "never got to ask for a server, which is why they had none"
    return [f"{words.counted(stopped, 'person', 'people')} stopped there and {never}."]


CAUSES = (refused, refused_by_provider, broken, failed_provider, launches_refused, not_by_password, slow)
