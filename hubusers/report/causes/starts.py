"""Why starts failed: the image, no room, a volume, a server that ends, time that was up, or other words of the hub."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from statistics import median

from hubusers.report import words
from hubusers.report.causes.affected import after, failed, once, people_of, starts_of, telling
from hubusers.report.causes.catalogue import KINDS
from hubusers.report.causes.explained import Told, failures_by_kind, is_without_words, longest_part, told_by_part
from hubusers.report.causes.facts import Facts
from hubusers.report.causes.failure_rules import says
from hubusers.report.causes.how_failed import causes_of, of_kind
from hubusers.report.finding import Finding
from hubusers.results.records import Record
from hubusers.results.start_messages import StartMessage

_ALIKE = 0.25
"""Share of the median: times that are no further apart than this are alike."""

_MOST_REASONS = 3
"""How many reasons of failed starts get a finding of their own."""

_MOST_MESSAGES = 3
"""How many messages of progress streams a finding quotes."""

_BECAUSE = {
    "no-machine-account": "because the person has no account on the hub's machine",
    "sudo-refused": "because sudo did not let the hub act as the person",
    "job-refused": "because the batch system refused the job",
    "job-gone": "because the job of the server was gone before the hub reached it",
    "queue-too-long": "because the job of the server still waited in the queue when the time was up",
    "batch-system-away": "because the batch system did not tell what became of the job",
    "image-missing": "because the image of the server could not be pulled",
    "no-room": "because there was no room for the server",
    "volume-failed": "because of the volume of the server",
    "server-exits": "because the server ended soon after it was started",
}


_WITHOUT_WORDS = (
    "The hub gave no reason, so look in its log for what came before the failures: `kubectl -n jhub logs deploy/hub`. "
    "A hub that is restarted loses the starts that are under way.",
    *KINDS["start-failures"].remedies[1:],
)
"""The remedies where there are no words to follow."""

_WORDS = ("exceeded quota", "toomanyrequests", "oomkilled")
"""Words of which a remedy knows more."""


def unsent_forms(facts: Facts) -> Iterator[Finding]:
    """Find that people could not send the hub's spawn form."""
    for records in of_kind(facts, "spawn-form"):
        usual = Counter(record.failure for record in once(records)).most_common(1)[0][0]
        first = next(record for record in records if record.failure == usual)
        # Its example names the field, which its cause does not.
        why = facts.results.examples.of(first.step, usual, first.reason) or usual
        yield failed(
            facts,
            "spawn-form",
            records,
            f"{people_of(facts, records)} failed to send the spawn form: {why}.",
            they="who could not send the form",
            evidence=causes_of(once(records)),
        )


def by_mechanism(facts: Facts, kind: str) -> Iterator[Finding]:
    """Find starts that failed by one of the known mechanisms."""
    records = failures_by_kind(facts).get(kind, [])
    if not records:
        return
    starts = once(records)
    sentence = f"{starts_of(facts, records)} failed {_BECAUSE[kind]}"
    seconds = [start.seconds - start.throttled for start in starts]
    is_alike = len(starts) > 1 and max(seconds) - min(seconds) <= max(1.0, _ALIKE * median(seconds))
    if kind in {"server-exits", "job-gone"} and is_alike:
        sentence += f", each {after(starts)}"
    evidence = _messages(facts, kind, starts)
    if not evidence and not any(says(kind, start.reason) for start in starts):
        evidence = _waited_for(facts, starts)
    said = " ".join([*evidence, *(start.reason for start in starts)]).lower()
    yield failed(
        facts,
        kind,
        records,
        f"{sentence}.",
        they="whose start failed in this way",
        evidence=evidence,
        # What the words name comes first.
        remedies=sorted(KINDS[kind].remedies, key=lambda remedy: not _names_the_same(remedy.lower(), said)),
    )


def _names_the_same(remedy: str, said: str) -> bool:
    return any(word in remedy and word in said for word in _WORDS)


def timeouts(facts: Facts) -> Iterator[Finding]:
    """Find starts that were given up because the time was up."""
    records = failures_by_kind(facts).get("start-timeout", [])
    if not records:
        return
    starts = once(records)
    by_run = [start for start in starts if start.failure.startswith("timed out")]
    is_cut_off = all("HTTP 504" in start.failure for start in starts)
    *usual, of_a_proxy = KINDS["start-timeout"].remedies
    limit = words.in_seconds(float(facts.info.options.get("server_timeout") or 0))
    if len(by_run) == len(starts) and facts.info.options.get("server_timeout"):
        what = f"were not ready within {limit}, which is as long as this run waits (`--server-timeout`)"
    elif is_cut_off:
        what = f"were answered with HTTP 504 {after(starts)}: something before the hub waited no longer for its answer"
    elif any("respond" in start.reason for start in starts):
        what = f"were given up by the hub {after(starts)}: the server was started, but did not answer (`http_timeout`)"
    elif all(is_without_words(start) for start in starts):
        what = f"were given up by the hub {after(starts)} without a reason, as it does when `start_timeout` is over"
    else:
        what = f"were given up by the hub {after(starts)}, before the server was ready (`start_timeout`)"
    yield failed(
        facts,
        "start-timeout",
        records,
        f"{starts_of(facts, records)} {what}.",
        they="whose start was given up",
        evidence=_waited_for(facts, starts),
        remedies=[of_a_proxy, *usual] if is_cut_off else usual,
    )


def other_reasons(facts: Facts) -> Iterator[Finding]:
    """Find starts that failed for other reasons, which the hub's words name."""
    by_reason, told = defaultdict[str, list[Record]](list), told_by_part(facts)
    for record in failures_by_kind(facts).get("start-failures", []):
        by_reason[_reason_of(record, told) or record.failure].append(record)
    most_first = sorted(by_reason.items(), key=lambda item: -len(once(item[1])))
    for reason, records in most_first[:_MOST_REASONS]:
        failure = Counter(record.failure for record in records).most_common(1)[0][0]
        is_told = reason != failure
        said = f"“{reason}”" if is_told else f"“{failure}”, without a reason"
        sentence = f"{starts_of(facts, records)} failed: {said}."
        yield failed(
            facts,
            "start-failures",
            records,
            sentence,
            they="whose start failed in this way",
            remedies=() if is_told else _WITHOUT_WORDS,
        )
    rest = [record for _, records in most_first[_MOST_REASONS:] for record in records]
    if rest:
        sentence = f"{starts_of(facts, rest)} failed for {len(most_first) - _MOST_REASONS:,} other reasons."
        yield failed(facts, "start-failures", rest, sentence, they="whose start failed in this way")


def _reason_of(record: Record, told: Mapping[str, Told]) -> str:
    """Return why a start failed: the hub's last words, or the warning before them where they say only "too late"."""
    warning = told.get(longest_part(record), Told()).warning
    last_words = "" if is_without_words(record) else record.reason
    return warning if warning and (not last_words or says("start-timeout", last_words)) else telling(last_words)


def _waited_for(facts: Facts, starts: list[Record]) -> list[str]:
    """Return what starts waited for most of the time, if their progress streams told."""
    seconds = Counter[str]()
    for start in starts:
        seconds.update(dict(start.parts))
    if not seconds:
        return []
    part = max(set(map(longest_part, starts)) - {""}, key=lambda part: seconds[part])
    spent, when = seconds[part], "Once the hub had answered, most" if seconds.most_common(1)[0][0] != part else "Most"
    whole = sum(start.seconds for start in starts)
    of_whole = f"{words.in_seconds(spent / len(starts))} of {words.in_seconds(whole / len(starts))}"
    of_part = [message for message in facts.messages if message.part == part]  # those first after which most was waited
    said = sorted(of_part, key=lambda message: -message.failed)[:1]
    return [f"{when} of their time was {part}: {of_whole}, on average.", *map(_in_words, said)]


def _messages(facts: Facts, kind: str, starts: list[Record]) -> list[str]:
    """Return what progress streams said of the mechanism, beside the last words of the failures themselves."""
    last_words = {start.reason for start in starts}
    telling = [
        one for one in facts.messages if one.failed and says(kind, one.template) and one.template not in last_words
    ]
    return list(map(_in_words, sorted(telling, key=_how_telling)[:_MOST_MESSAGES]))


def _how_telling(message: StartMessage) -> tuple[int, int]:
    """Put the most frequent first, and of equally frequent ones the longest: `ErrImagePull` does not say why."""
    return -message.count, -len(message.template)


def _in_words(message: StartMessage) -> str:
    said = f"{words.counted(message.count, 'time')}, from {words.moment(message.first)} to {words.moment(message.last)}"
    return f"{said}, progress streams said: “{message.words}”."


CAUSES: tuple[Callable[[Facts], Iterable[Finding]], ...] = (
    unsent_forms,
    *(partial(by_mechanism, kind=kind) for kind in _BECAUSE),
    timeouts,
    other_reasons,
)
