"""Options as forms of the web UI post them, and as fields of the start form."""

import argparse
from typing import Any

import pytest

from hubusers.plugin.form_options import OFFERED, fields_by_section, with_form
from hubusers.settings.access import SettingsError
from hubusers.settings.declaration import Default
from tests.plugin.test_run_control import options

UNTOUCHED = {name: "false" if option.read is None else str(option.default) for name, option in OFFERED.items()}


def changed(form: dict[str, str], *, has_event: bool = True, **standing: Any) -> dict[str, object]:
    """Return what a form changes."""
    before = options(**standing)
    after = with_form(before, form, has_event=has_event)
    return {name: value for name, value in vars(after).items() if value is not getattr(before, name)}


def test_an_untouched_form_changes_nothing_also_with_an_event() -> None:
    assert changed(UNTOUCHED) == {}
    assert changed(UNTOUCHED, has_event=False) == {}


@pytest.mark.parametrize(
    ("form", "standing"),
    [
        ({"lifecycles": "00"}, {}),
        ({"lifecycles": ""}, {}),
        ({"stay": "30-90"}, {}),
        ({"stay": " 30s - 90s "}, {}),
        ({"stay": ""}, {}),
        ({"stay": "5m"}, {"stay": "300"}),
        ({"stay": "30s-90s"}, {"stay": "5"}),  # typed for a run without an event; an event does not use it
        ({"leave": "log-out=100%"}, {}),
        ({"user_options": "  "}, {}),
        ({"keep": "false"}, {}),
    ],
)
def test_what_reads_the_same_is_no_change_of_what_an_event_decides(
    form: dict[str, str], standing: dict[str, Any]
) -> None:
    assert changed(form, **standing) == {}


@pytest.mark.parametrize(("field", "text"), [("stay", "5"), ("lifecycles", "1"), ("keep", "true"), ("keep", "on")])
def test_what_an_event_decides_is_refused_by_its_field(field: str, text: str) -> None:
    with pytest.raises(SettingsError, match=rf"^Leave out --{field}: the event's file says it\.$") as refused:
        changed({**UNTOUCHED, field: text})
    assert refused.value.field == field
    assert list(changed({**UNTOUCHED, field: text}, has_event=False)) == [field]


def test_what_cannot_be_read_is_refused_by_its_field() -> None:
    with pytest.raises(SettingsError, match=r"^--server-timeout: 'soon' is not a duration") as refused:
        changed({"server_timeout": "soon"})
    assert refused.value.field == "server_timeout"


def test_an_emptied_field_is_the_default_again() -> None:
    emptied = with_form(options(server_timeout="5m"), {"server_timeout": ""}, has_event=False)
    assert OFFERED["server_timeout"].value(emptied) == 60
    # Locust itself makes the text that was posted of the type that stands.
    assert OFFERED["server_timeout"].value(argparse.Namespace(server_timeout=Default(""))) == 60


def test_every_option_of_the_form_has_a_field_with_words_for_people() -> None:
    fields = [field for group in fields_by_section().values() for field in group]
    assert {field.name for field in fields} == set(OFFERED)
    for field in fields:
        assert field.short.endswith(".")
        assert len(field.short) < 200, field.name
        assert not {"%(", "\n"} & set(field.short + field.more + field.hint), field.name
        assert f"{field.short} {field.more}".strip() == OFFERED[field.name].help
    by_name = {field.name: field for field in fields}
    assert by_name["poll_interval"].hint == "A duration, such as 90s, 5m or 1h30m. Default: 1s."
    assert by_name["poll_interval"].label == "Poll interval"
