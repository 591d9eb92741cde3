"""The fields of a form, as a browser has them: what each is worth, and what a browser says against it.

As the HTML standard has it, in its chapters on form controls and on constraint validation.
"""

import math
import re
from collections.abc import Iterator
from typing import Any

BUTTONS = frozenset({"submit", "image"})
NEVER_SENT = frozenset({"reset", "button"})

_OF_INPUTS = {
    *BUTTONS,
    *NEVER_SENT,
    *["checkbox", "color", "date", "datetime-local", "email", "file", "hidden", "month", "number", "password"],
    *["radio", "range", "search", "tel", "text", "time", "url", "week"],
}

SHOWN = "data-shown"
"""The attribute with the value that the page shows, of a field in which something was typed: from there steps count."""

_WITH_PATTERN = {"text", "search", "url", "tel", "email", "password"}
_TEXTS = {*_WITH_PATTERN, "textarea"}


def kind_of(field: Any) -> str:
    """Return the type of a field, such as `checkbox`; `select`, `textarea`.

    A button of a type that the standard does not have sends the form; into such an input people type a text.
    """
    if field.tag in {"select", "textarea"}:
        return str(field.tag)
    said = (field.get("type") or "").lower()
    if field.tag == "button":
        return said if said in NEVER_SENT else "submit"
    return said if said in _OF_INPUTS else "text"


def is_button(field: Any) -> bool:
    """Say whether a field sends the form."""
    return kind_of(field) in BUTTONS


def is_disabled(field: Any) -> bool:
    """Say whether a field, or an option of a field, is disabled, perhaps with all of its group."""
    if "disabled" in field.attrib:
        return True
    for group in field.iterancestors("fieldset", "optgroup"):
        legend = next(group.iterchildren("legend"), None) if group.tag == "fieldset" else None
        if "disabled" in group.attrib and (legend is None or legend not in field.iterancestors("legend")):
            return True
    return False


def can_be_changed(field: Any) -> bool:
    """Say whether a person, or a script of the page, can change a field."""
    return not is_disabled(field) and "readonly" not in field.attrib


def option_value(option: Any) -> str:
    """Return what an option of a select stands for: its value, or else its text."""
    value = option.get("value")
    return " ".join(option.text_content().split()) if value is None else str(value)


def selected_options(select: Any) -> list[Any]:
    """Return the options of a select that are sent."""
    options = list(select.iter("option"))
    selected = [option for option in options if "selected" in option.attrib]
    if "multiple" not in select.attrib:
        if not selected and select.get("size", "1") in {"0", "1"}:
            selected = [option for option in options if not is_disabled(option)][:1]
        selected = selected[-1:]
    return [option for option in selected if not is_disabled(option)]


def text_of(field: Any) -> str:
    """Return the text of a field that has one, which is never empty for a slider or a colour."""
    value, kind = field.value or "", kind_of(field)
    if kind == "color":
        return value if re.fullmatch("#[0-9a-fA-F]{6}", value) else "#000000"
    if kind == "range":
        return _of_slider(field, value)
    if kind == "number" and value and _number(value) is None:
        return ""
    return str(value).removeprefix("\n") if kind == "textarea" else "".join(str(value).splitlines())


def set_mark(element: Any, mark: str, is_set: bool) -> None:
    """Set or remove an attribute without a value, such as `checked`."""
    if is_set:
        element.set(mark, mark)
    else:
        element.attrib.pop(mark, None)


def against_value(field: Any, value: str) -> str:
    """Return what a browser says against the text of a field, as the end of "the spawn form takes no …"; or "".

    Args:
        field: The field.
        value: Its text, which is not empty.
    """
    return next(_against(field, value, kind_of(field)), "")


def against_length(field: Any, value: str) -> str:
    """Return what a browser says against the length of a text that a person has typed; "" for nothing."""
    if kind_of(field) not in _TEXTS:
        return ""
    most, least = _number(field.get("maxlength")), _number(field.get("minlength"))
    if most is not None and len(value) > most:
        return f"it may have {most:g} characters"
    if least is not None and len(value) < least:
        return f"it must have {least:g} characters"
    return ""


def _against(field: Any, value: str, kind: str) -> Iterator[str]:
    pattern = field.get("pattern") if kind in _WITH_PATTERN else None
    if pattern and not _matches(pattern, value):
        yield f"it must be {field.get('title') or f'like {pattern}'}"
    if kind == "email" and not re.fullmatch(r"[^@\s]+@[^@\s]+", value):
        yield "it must be an e-mail address"
    if kind == "url" and not re.match(r"[a-zA-Z][\w+.-]*:", value):
        yield "it must be a URL"
    if kind in {"number", "range"}:
        yield from _against_number(field, value)


def _against_number(field: Any, value: str) -> Iterator[str]:
    number = _number(value)
    if number is None:
        yield "it must be a number"
        return
    least, most, step = (_number(field.get(name)) for name in ("min", "max", "step"))
    if kind_of(field) == "range":
        least, most = _ends(least, most)
    if least is not None and number < least:
        yield f"it must be at least {least:g}"
    if most is not None and number > most:
        yield f"it may be at most {most:g}"
    if field.get("step", "").lower() != "any":
        step = step if step and step > 0 else 1.0
        begin = least if least is not None else _number(field.get(SHOWN, field.get("value"))) or 0.0
        steps = (number - begin) / step
        if not math.isclose(steps, round(steps), abs_tol=1e-6):
            yield f"it must be {begin:g} and steps of {step:g}"


def _of_slider(field: Any, value: str) -> str:
    least, most = _ends(_number(field.get("min")), _number(field.get("max")))
    number = _number(value)
    if number is None:
        step = _number(field.get("step")) or 1.0
        number = least + round((most - least) / 2 / step) * step
    return value if value and least <= number <= most else f"{max(least, min(number, most)):g}"


def _ends(least: float | None, most: float | None) -> tuple[float, float]:
    """Return the ends of a slider."""
    return 0.0 if least is None else least, 100.0 if most is None else most


def _number(text: Any) -> float | None:
    try:
        number = float(text)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _matches(pattern: str, value: str) -> bool:
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error:  # JavaScript knows more than Python; browsers ignore what they do not understand
        return True
