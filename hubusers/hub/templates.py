"""Texts of the hub without what differs from case to case, so that equal texts can be counted as equal."""

import re
from collections.abc import Iterable
from functools import lru_cache

from hubusers.log import without_secrets

LONGEST = 300
"""Characters of a template; a longer one is cut."""

_SHORTEST_NAME = 3
"""Characters. A user called "a" is not looked for in a text, or each "a" of its sentences would be taken for a name."""

_KEPT = re.compile(
    r"(?:HTTP(?:/\d\.\d)?|status(?: code)?|exit(?:ed)?(?: with)?(?: code| status)?|code|Errno|signal)[ =:]+\d+"
    r"|image \"[^\"]*\"",  # which image it was tells much, and there are few
    re.IGNORECASE,
)
_TAKEN_OUT = [
    # Kubernetes puts the moment before a message, and JupyterHub's spawners the kind of the event after it.
    (re.compile(r"^(?:\d{4}-\d\d-\d\d[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)?|None) (?:\[Normal\] )?"), ""),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d[\d:.]*(?:Z|[+-]\d\d:?\d\d)?"), "{time}"),
    (re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"), "{id}"),
    (re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b"), "{address}"),
    (re.compile(r"0x[0-9a-fA-F]+|\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b"), "{id}"),
    # Names of pods, nodes and volumes: letters and digits, with hyphens between them.
    (re.compile(r"\b(?=[\w.]*-)(?=[\w.-]*\d)[A-Za-z0-9_]+(?:[-.]+[A-Za-z0-9_]+)+"), "{id}"),
    (re.compile(r"\b\d+(?:\.\d+)?(?:h|m(?=\d)|ms|µs|us|s)(?:\d+(?:\.\d+)?(?:m|s))*\b"), "{duration}"),
    (re.compile(r"(?<![\w{])\d+(?:[.,]\d+)*"), "{number}"),
]


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
        for form in dict.fromkeys((name, name.replace("-", "-2d"))):
            if form.lower() in text.lower():
                word = rf"(?<![A-Za-z0-9])(?:[\w.-]*[-_.])?{re.escape(form)}(?:[-_.][\w.-]*)?(?![A-Za-z0-9])"
                text = re.sub(word, "{name}", text, flags=re.IGNORECASE)
    return _without_numbers(text)


@lru_cache(maxsize=4096)
def _without_numbers(text: str) -> str:
    text = " ".join(text.split())
    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        kept.append(found[0])
        return f"\x00{chr(0xE000 + len(kept) - 1)}\x00"

    text = _KEPT.sub(keep, text)
    for pattern, kind in _TAKEN_OUT:
        text = pattern.sub(kind, text)
    for position, part in enumerate(kept):
        text = text.replace(f"\x00{chr(0xE000 + position)}\x00", part)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
