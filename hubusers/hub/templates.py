"""Texts of the hub without what differs from case to case, so that equal texts can be counted as equal."""

import re
from collections.abc import Iterable
from functools import lru_cache, partial

from hubusers.log import without_secrets

LONGEST = 300
"""Characters of a template; a longer one is cut."""

_SHORTEST_NAME = 3
"""Characters. A user called "a" is not looked for in a text, or each "a" of its sentences would be taken for a name."""

_BEGINNING = re.compile(r"^(?:\d{4}-\d\d-\d\d[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)?|None) (?:\[Normal\] )?")
"""KubeSpawner puts the moment of an event, and its kind, before its message."""

_TAKEN_OUT = re.compile(
    "|".join(
        (
            # Statuses and exit codes tell what happened, and so do images, of which there are few.
            r"(?P<kept>(?:HTTP(?:/\d\.\d)?|status(?: code)?|exit(?:ed)?(?: with)?(?: code| status)?|[Cc]ode|Errno"
            r"|signal)[ =:]+\d+|image \"[^\"]*\""
            r"|\b[45]\d\d(?=:? (?:Client|Server|Bad|Unauthorized|Forbidden|Not|Request|Too|Internal|Service|Gateway)\b"
            r"|\)\s+Reason:))",
            r"(?P<time>\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d[\d:.]*(?:Z|[+-]\d\d:?\d\d)?)",
            r"(?P<address>\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b)",
            # Identifiers, and names of pods, nodes and volumes: letters and digits, with hyphens between them.
            r"(?P<id>\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b|\b0x[0-9a-fA-F]+|\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b"
            r"|\b(?=[\w.]*-)(?=[\w.-]*\d)[A-Za-z0-9_]+(?:[-.]+[A-Za-z0-9_]+)+)",
            r"(?P<duration>\b\d+(?:\.\d+)?(?:h|m(?=\d)|ms|µs|us|s)(?:\d+(?:\.\d+)?(?:m|s))*\b)",
            r"(?P<number>(?<!\w)\d+(?:[.,]\d+)*)",
        )
    )
)


_WORD = re.compile(r"[\w.+@-]+")


def template_of(text: str, names: Iterable[str] = ()) -> str:
    """Return a text on one line, without names, ids, numbers, moments and durations; each is shown as `{kind}`.

    Statuses, exit codes and images stay, because they tell what happened.

    Args:
        text: What the hub, its spawner or something in front of the hub said.
        names: The user's and the server's name. A word that contains one of them, as the name of a pod does, is taken
            out as a whole.
    """
    text = without_secrets(text)
    for name in sorted((name for name in names if len(name) >= _SHORTEST_NAME), key=len, reverse=True):
        # KubeSpawner escapes names: "-" becomes "-2d".
        for form in dict.fromkeys((name.lower(), name.lower().replace("-", "-2d"))):
            if form in text.lower():
                text = _WORD.sub(partial(_without_name, form), text)
    return _without_numbers(text)


def _without_name(name: str, found: re.Match[str]) -> str:
    """Return a word, or what stands for it if it consists of the name, or has it between hyphens."""
    if found[0].lower() == name:
        return "{name}"
    return "{name}" if f"-{_hyphenated(name)}-" in f"-{_hyphenated(found[0].lower())}-" else found[0]


def _hyphenated(word: str) -> str:
    return word.replace(".", "-").replace("_", "-")


@lru_cache(maxsize=4096)
def _without_numbers(text: str) -> str:
    text = " ".join(text.split())
    text = _TAKEN_OUT.sub(_kind, _BEGINNING.sub("", text))
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _kind(found: re.Match[str]) -> str:
    return found[0] if found.lastgroup == "kept" else f"{{{found.lastgroup}}}"
