"""A form of a page: what a person can choose in it, and what a browser then sends, or why it does not.

As the HTML standard has it, in its chapter on form submission. Fields that a script adds to the page are not there.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from hubusers.browser.form_fields import (
    BUTTONS,
    NEVER_SENT,
    SHOWN,
    against_length,
    against_value,
    can_be_changed,
    is_button,
    is_disabled,
    kind_of,
    option_value,
    selected_options,
    set_mark,
    text_of,
)
from hubusers.browser.sent_form import Entry, Sent
from hubusers.hub.errors import HubUsersError

_TRUE, _FALSE = {"true", "on", "yes", "1"}, {"false", "off", "no", "0"}
_NO_FILE = ("", b"", "application/octet-stream")


class UnknownOption(HubUsersError):
    """The form has no such profile, option or choice; the detail lists what it has."""

    phrase = "not in the spawn form"
    no_server = True  # the form is not sent


class FormNotSent(HubUsersError):
    """A browser would not send the form like this; the detail names the field, and what is wrong there."""

    phrase = "spawn form not sent"
    no_server = True


class Form:
    """A form as its page shows it, and then as a person leaves it.

    Args:
        element: The form, as lxml has it in its page; choosing changes it.
    """

    def __init__(self, element: Any) -> None:
        self.element = element
        self._files: dict[Any, tuple[str, bytes, str]] = {}
        self._typed: list[Any] = []
        self._button: Any = None
        for radio in reversed(self.fields):  # of a group the last one holds
            if kind_of(radio) == "radio" and "checked" in radio.attrib:
                for other in self.named(radio.get("name")):
                    set_mark(other, "checked", other is radio)

    @property
    def fields(self) -> list[Any]:
        """The fields of the form, in the order of the page; also those outside of it that name it."""
        form_id = self.element.get("id")
        return [
            field
            for field in self.element.getroottree().getroot().iter("input", "select", "textarea", "button")
            if (field.get("form") == form_id if field.get("form") else self.element in field.iterancestors("form"))
        ]

    @property
    def names(self) -> list[str]:
        """What a person can choose: the names of the fields that can be seen and changed."""
        seen = (field for field in self.fields if can_be_changed(field) and kind_of(field) != "hidden")
        return list(dict.fromkeys(field.get("name") for field in seen if field.get("name")))

    def named(self, name: str) -> list[Any]:
        """Return the fields of a name."""
        return [field for field in self.fields if field.get("name") == name]

    def value(self, name: str) -> str:
        """Return the first value that is sent under a name, or the empty string."""
        return next((str(value) for sent, value in self.entries(None) if sent == name), "")

    def offers(self, name: str) -> list[str]:
        """Return the values that a person can choose from under a name; none where any can be typed."""
        found: list[str] = []
        for field in self.named(name):
            if field.tag == "select":
                found += [option_value(option) for option in field.iter("option") if not is_disabled(option)]
            elif kind_of(field) in {"radio", "checkbox"} or is_button(field):
                found.append(_value_of_box(field))
        return found

    def choose(self, name: str, value: Any, called: str = "") -> None:
        """Choose a value, or several, as a person does.

        Args:
            name: The name of the fields, which must be there.
            value: A text or number; true or false for a checkbox; a list for fields that take several; for a file a
                table with its `filename` and its `content`. None leaves the field as it is.
            called: What a person calls the fields.

        Raises:
            UnknownOption: There is no such choice, or nobody can change the field.
        """
        fields, called = [field for field in self.named(name) if can_be_changed(field)], called or name
        if value is None:
            return
        if not fields:
            raise UnknownOption(f"{called} of the spawn form cannot be changed", cause="option")
        kind = kind_of(fields[0])
        if kind == "file":
            self._files[fields[0]] = _file(called, value)
        elif isinstance(value, Mapping):
            raise UnknownOption(f"{called} of the spawn form takes a text, not a table", cause="choice")
        elif kind == "checkbox":
            _check(called, fields, value)
        elif kind in {"select", "radio"} or all(map(is_button, fields)):
            self._select(called, fields, _texts(value), self.offers(name))
        else:
            texts = _texts(value)
            _limit(called, texts, len(fields))
            self._typed += fields
            for field, text in zip(fields, texts, strict=False):
                field.set(SHOWN, field.get("value", ""))
                field.value = text

    def sent(self, prefix: str = "") -> Sent:
        """Return what a browser sends when the person presses the button: the chosen one, or the form's last.

        Args:
            prefix: The beginning of names that people leave out.

        Raises:
            FormNotSent: The browser shows the person what is missing or wrong instead.
        """
        button = self._button if self._button is not None or not self.buttons else self.buttons[-1]
        if self.is_checked_for(button):
            for field in self.fields:
                self._check_field(field, prefix)
        return self.pressed(button)

    @property
    def buttons(self) -> list[Any]:
        """The buttons that send the form, and can be pressed."""
        return [field for field in self.fields if is_button(field) and not is_disabled(field)]

    def is_checked_for(self, button: Any) -> bool:
        """Say whether a browser looks at what is filled in before a button sends the form."""
        return "novalidate" not in self.element.attrib and (button is None or "formnovalidate" not in button.attrib)

    def pressed(self, button: Any) -> Sent:
        """Return what a browser sends when a button is pressed, whatever it says against what is filled in.

        Args:
            button: One of `buttons`, which may say itself where the form goes, and how; None where a script sends it.
        """
        method = self._of(button, "method").lower()
        return Sent(
            self._of(button, "action"),
            method.upper() if method in {"post", "dialog"} else "GET",
            self._of(button, "enctype").lower() == "multipart/form-data",
            list(self.entries(button)),
        )

    def _of(self, button: Any, name: str) -> str:
        """Return what a button says of the form, also if that is empty; or else what the form says."""
        of_button = None if button is None else button.get(f"form{name}")
        return str(self.element.get(name, "") if of_button is None else of_button)

    def _select(self, called: str, fields: list[Any], texts: list[str], offered: list[str]) -> None:
        for text in texts:
            if text not in offered:
                raise _no_choice(called, text, offered)
        is_multiple = fields[0].tag == "select" and "multiple" in fields[0].attrib
        _limit(called, texts, len(texts) if is_multiple else 1)
        if fields[0].tag == "select":
            for option in fields[0].iter("option"):
                set_mark(option, "selected", option_value(option) in texts)
        elif kind_of(fields[0]) == "radio":
            chosen = [radio for radio in fields if _value_of_box(radio) in texts]
            if not [radio for radio in chosen if "checked" in radio.attrib]:
                for radio in fields:
                    set_mark(radio, "checked", radio is chosen[0])
        else:
            self._button = next(button for button in fields if _value_of_box(button) in texts)

    def entries(self, button: Any = None) -> Iterator[Entry]:
        """Yield what a browser sends of the form as it is, whether or not it would send it.

        Args:
            button: The one that is pressed; None for none.
        """
        for field in self.fields:
            name, kind = field.get("name"), kind_of(field)
            if is_disabled(field) or kind in NEVER_SENT or next(field.iterancestors("datalist"), None) is not None:
                continue
            if kind == "image":
                if field is button:  # where in the image: nowhere, by the key Enter
                    yield from ((f"{name}.{axis}" if name else axis, "0") for axis in "xy")
            elif not name:
                continue
            elif is_button(field):
                if field is button:
                    yield name, _lines(_value_of_box(field))
            elif kind == "select":
                for option in selected_options(field):
                    yield name, _lines(option_value(option))
            elif kind in {"checkbox", "radio"}:
                if "checked" in field.attrib:
                    yield name, _lines(_value_of_box(field))
            elif kind == "file":
                yield name, self._files.get(field, _NO_FILE)
            elif kind == "hidden" and name == "_charset_":
                yield name, "UTF-8"
            else:
                yield name, _lines(text_of(field))

    def _check_field(self, field: Any, prefix: str) -> None:
        if not can_be_changed(field) or kind_of(field) in BUTTONS | NEVER_SENT | {"hidden"}:
            return
        name = (field.get("name") or field.get("id") or "a field without a name").removeprefix(prefix)
        value = (field.value or "") if field in self._typed else self._present(field)
        if not value and "required" in field.attrib:
            what = f"the spawn form requires {name}: give it in the user options"
            raise FormNotSent(what, cause="a value is missing")
        against = against_value(field, value) if value else ""
        if value and field in self._typed:
            against = against or against_length(field, value)
        if against:
            what = f"the spawn form takes no {value!r} for {name}: {against}"
            raise FormNotSent(what, cause="a value is not accepted")

    def _present(self, field: Any) -> str:
        kind = kind_of(field)
        if kind == "select":
            return next(filter(None, map(option_value, selected_options(field))), "")
        if kind == "radio":
            same = self.named(field.get("name") or "")
            return "on" if any("checked" in radio.attrib for radio in same) else ""
        if kind == "checkbox":
            return "on" if "checked" in field.attrib else ""
        if kind == "file":
            return self._files.get(field, _NO_FILE)[0]
        return text_of(field)


def listed(names: list[str]) -> str:
    """Return names as a sentence lists them."""
    return ", ".join(name or "''" for name in dict.fromkeys(names)) or "nothing"


def _no_choice(called: str, value: str, offered: list[str], more: str = "") -> UnknownOption:
    return UnknownOption(
        f"the spawn form has no choice {value!r} for {called}; it has: {listed(offered)}{more}", cause="choice"
    )


def _limit(called: str, texts: list[str], most: int) -> None:
    if len(texts) > most:
        raise UnknownOption(
            f"{called} of the spawn form takes {most if most > 1 else 'one'}, not {len(texts)} values", cause="choice"
        )


def _check(called: str, boxes: list[Any], value: Any) -> None:
    """Check those boxes that have one of the values, or the only one by true and false."""
    texts, values = _texts(value), [_value_of_box(box) for box in boxes]
    if len(boxes) == 1 and len(texts) == 1 and texts != values:
        if texts[0].lower() not in _TRUE | _FALSE:
            raise _no_choice(called, texts[0], values, " (or true and false)")
        set_mark(boxes[0], "checked", texts[0].lower() in _TRUE)
        return
    if missing := [text for text in texts if text not in values]:
        raise _no_choice(called, missing[0], values)
    for box, its_value in zip(boxes, values, strict=True):
        set_mark(box, "checked", its_value in texts)


def _file(called: str, value: Any) -> tuple[str, bytes, str]:
    if not isinstance(value, Mapping) or value.keys() != {"filename", "content"}:
        raise UnknownOption(
            f"{called} of the spawn form is a file: give a table with its filename and its content", cause="choice"
        )
    return str(value["filename"]), str(value["content"]).encode(), "application/octet-stream"


def _texts(value: Any) -> list[str]:
    return [_text(one) for one in value] if isinstance(value, list | tuple) else [_text(value)]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _value_of_box(field: Any) -> str:
    return str(field.get("value", "" if is_button(field) else "on"))


def _lines(text: str) -> str:
    """Return a text with line ends as browsers send them."""
    return "\r\n".join(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
