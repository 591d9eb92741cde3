"""What to say of an event file that is not TOML: where, why, and the hint that fits what is written there."""

import re

_IN_QUOTES = 'Put text and durations in quotes, as in over = "10m".'
_NEW_VALUE = "invalid value|expected newline|unclosed inline table"

_HINTS = (
    ("", "[“”„‟‘’«»]", 'Write straight quotes in place of the curly ones, as in title = "Class at nine".'),
    ("expected '='", r"^\s*[\w-]+\s*:", 'Write = in place of the colon, as in title = "Class at nine".'),
    ("expected '='", "", "Write = between a key, which is one word, and its value, as in people = 300."),
    ("cannot", r"^\s*\[", "A header that can come again, for each cohort or target, has double brackets: [[cohorts]]."),
    (
        "cannot",
        "",
        "Give each key once. A second cohort or target begins with a header of its own: [[cohorts]].",
    ),
    ("initial character|unclosed inline", r"\{[^}]*,\s*\}", "Take away the comma before the closing brace."),
    ("initial character|unclosed inline", r"\{[^}]*$", "Write all that is between braces on one line."),
    ("illegal character|expected ['\"]{1,3}$", "", "Close the quotes at the end of the text, on the same line."),
    ("expected '\\]", "", "Close a header with as many brackets as it begins with, as in [[cohorts]]."),
    ("unescaped", "", "Write two backslashes for each one, or put the text in single quotes."),
    ("invalid value", r"=\s*(#.*)?$", 'Write a value after the =, as in over = "10m".'),
    ("invalid value", r"=\s*(True|False)\b", "Write true or false in small letters."),
    (_NEW_VALUE, r"=\s*\d{1,3}([,. ']\d{3})+\s*(#.*)?$", "Write a number without separators, as in people = 1000."),
    (_NEW_VALUE, r"=\s*\d+\s*;", "Take away what stands after the number."),
    (_NEW_VALUE, "", _IN_QUOTES),
)
"""Patterns of what the parser says and of the line where it says it, and the hint. The first that fits counts."""

_ANY = 'Each line is a header, such as [[cohorts]], or a key with its value, as in over = "10m". Remarks begin with #.'


def not_toml(error: Exception, text: str, source: str) -> str:
    """Return the sentences for a file that TOML's parser refuses.

    Args:
        error: The parser's.
        text: The file.
        source: What to call the file.
    """
    found = re.fullmatch(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", str(error), re.DOTALL)
    if found is None:
        reason = "its tables are nested too deep" if isinstance(error, RecursionError) else error
        return f"{source} is not an event file: {reason}."
    lines = text.split("\n")
    number = int(found[2] or max(1, len(text.splitlines())))
    where = f"line {number}{f', column {found[3]}' if found[3] else ''}"
    what = f"{found[1][0].lower()}{found[1][1:]}"
    return f"{source}, {where}: this is not TOML ({what}). {_hint(what, lines[number - 1])}"


def _hint(what: str, line: str) -> str:
    fits = (hint for said, written, hint in _HINTS if re.search(said, what) and re.search(written, line))
    return next(fits, _ANY)
