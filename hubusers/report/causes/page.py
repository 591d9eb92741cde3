"""Writes docs/reference/findings.md, what each finding means.

The command is `python -m hubusers.report.causes.page > docs/reference/findings.md`.
"""

from hubusers.report.causes.catalogue import KINDS
from hubusers.report.causes.kind import SECTIONS, Kind

_BEFORE = """\
# Findings

A report says under *What limited it, and what to change* what made people wait or fail. This page explains each kind of
finding: how it comes about, how you confirm it on the hub itself, and what to change. The commands are for a hub on
Kubernetes, in the namespace `jhub`; on another hub look at the same things with its own tools.
"""


def findings_page() -> str:
    """Return the text of docs/reference/findings.md."""
    parts = [_BEFORE]
    for section in SECTIONS:
        of_section = [kind for kind in KINDS.values() if kind.section == section]
        if of_section:
            parts.append(f"\n## {section}\n")
            parts += map(_text, of_section)
    return "".join(parts)


def _text(kind: Kind) -> str:
    return "".join(
        [
            f"\n### {kind.name}\n\n**{kind.title}.** {kind.mechanism}\n",
            _list("How to confirm it", kind.confirm),
            _list("What to change", kind.remedies),
        ]
    )


def _list(heading: str, sentences: tuple[str, ...]) -> str:
    return f"\n{heading}:\n\n" + "".join(f"- {sentence}\n" for sentence in sentences)


if __name__ == "__main__":
    print(findings_page(), end="")
