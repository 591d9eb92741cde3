"""Which kernel runs a notebook, as JupyterLab and Notebook 7 choose it: `SessionContext.getDefaultKernel` there."""

from collections.abc import Mapping
from typing import Any

from hubusers.counting import counted
from hubusers.hub.errors import HubUsersError
from hubusers.log import shown

_NAME_CHARACTERS = 60
_KERNELS_LISTED = 10


class KernelNotInstalled(HubUsersError):
    """The server has no kernel for a notebook. The page asks the person which other one to take, and runs nothing."""

    phrase = "kernel not installed"


def kernel_for(notebook: str, metadata: Mapping[str, Any], kernelspecs: Mapping[str, Any]) -> str:
    """Return the name of the kernel that a notebook is run by.

    That is the one that the notebook names, or the only one of its language. A notebook that names neither kernel nor
    language gets the server's default one. Where the page's dialog proposes just that kernel, the person takes it.

    Args:
        notebook: Its path, for texts.
        metadata: The notebook's.
        kernelspecs: What the server answers at `api/kernelspecs`; where that is empty, any kernel is taken to be there.

    Raises:
        KernelNotInstalled: There is none; the detail says which one is wanted, and which ones there are.
    """
    wanted = _text(metadata, "kernelspec", "name")
    language = _text(metadata, "language_info", "name") or _text(metadata, "kernelspec", "language")
    known = kernelspecs.get("kernelspecs")
    if not isinstance(known, dict) or not known or wanted in known:
        return wanted
    if not wanted and not language:
        return str(kernelspecs.get("default") or "")
    languages = {name: _text(known, name, "spec", "language") for name in known}
    of_language = [name for name in known if language and languages[name] == language]
    if len(of_language) == 1:
        return str(of_language[0])
    wants = _short(wanted) if wanted else f"any for {_short(language)}"
    listed = [f"{_short(name)} ({_short(languages[name])})" for name in list(known)[:_KERNELS_LISTED]]
    more = f" and {counted(len(known) - _KERNELS_LISTED, 'other')}" if len(known) > _KERNELS_LISTED else ""
    raise KernelNotInstalled(
        f"{notebook} needs another kernel than the server has: it wants {wants}, and there are {', '.join(listed)}"
        f"{more}. Its page asks the person which to take, so nothing was run. Install that kernel in the servers' "
        "image, or save the notebook with a kernel that the servers have",
        cause=wants,
    )


def _text(mapping: Mapping[str, Any], *names: str) -> str:
    """Return the text at the end of a way through mappings; the empty string where there is none."""
    value: Any = mapping
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else ""


def _short(text: str) -> str:
    text = shown(text)
    return text if len(text) <= _NAME_CHARACTERS else f"{text[: _NAME_CHARACTERS - 1]}…"
