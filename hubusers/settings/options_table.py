"""Writes docs/reference/options.md, the tables of all options.

The command is `python -m hubusers.settings.options_table > docs/reference/options.md`.
"""

from hubusers.settings.access import ENDPOINT_VARIABLE
from hubusers.settings.declaration import Option
from hubusers.settings.options import options_by_section

_BEFORE = f"""\
# Options

These options are those of `hubusers run`, whose `--help` shows them with the ones of Locust that a test needs. With
`locust`, they stand beside [Locust's own](https://docs.locust.io/en/stable/configuration.html), and `hubusers options`
shows them, because `locust --help` does not. Each can also be given by its environment variable, or without its
dashes in Locust's configuration file.

The hub itself is given with Locust's `--host` (`-H`), or in `{ENDPOINT_VARIABLE}`: its URL, or its API endpoint.

A duration is a bare number of seconds, or `500ms`, `90s`, `10m`, `1h30m`, `2 days`; a range is `30-90` or `1m-2m`.

- *form*: the web UI's start form offers the option and can change it. All others can only be given when Locust starts.
- *event*: with `--event` the event's file says this, and the option cannot be given.
"""


def options_table() -> str:
    """Return the text of docs/reference/options.md."""
    parts = [_BEFORE]
    for section, options in options_by_section().items():
        parts.append(f"\n## {section}\n\n| option | variable | default | what it does | form | event |\n")
        parts.append("| --- | --- | --- | --- | --- | --- |\n")
        parts += map(_row, options)
    return "".join(parts)


def _row(option: Option) -> str:
    cells = [
        f"`{option.flag} {option.metavar}`" if option.metavar else f"`{option.flag}`",
        f"`{option.variable}`" if option.variable else "",
        f"`{option.default}`" if option.default else "",
        option.help.replace("|", "\\|"),
        "yes" if option.in_web_form else "",
        "yes" if option.decided_by_event else "",
    ]
    return f"| {' | '.join(cells)} |\n"


if __name__ == "__main__":
    print(options_table(), end="")
