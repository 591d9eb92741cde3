"""Drives a real browser through steps, in a process of its own: the tests' is patched by gevent, and Playwright is not
made for that. `browse` in browse.py starts it; it reads the steps from its standard input and prints what was seen.
"""

import contextlib
import json
import sys
import time
from typing import Any

from playwright.sync_api import Error, Page, sync_playwright

_SECONDS = 60
_SET_VISIBILITY = """(state) => {
    Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


def drive(visit: dict[str, Any]) -> dict[str, Any]:
    seen: list[Any] = []
    requests: list[str] = []
    errors: list[str] = []
    with sync_playwright() as playwright:
        names = ", ".join(f"MAP {name} 127.0.0.1" for name in visit["names"])
        browser = playwright.chromium.launch(
            executable_path=visit["executable"],
            args=[
                *["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
                *([f"--host-resolver-rules={names}"] if names else []),
            ],
        )
        page = browser.new_page(viewport={"width": 1400, "height": 900}, color_scheme="light")
        page.set_default_timeout(_SECONDS * 1000)
        page.on("request", lambda request: requests.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.clock.install()
        page.goto(visit["url"])
        for name, *arguments in visit["steps"]:
            try:
                if name == "count requests":
                    seen.append(len(requests))
                else:
                    _step(page, seen, name, *arguments)
            except Exception as error:
                failed = f"{name} {arguments}: {error}\n\nThe page was:\n{page.inner_text('body')}"
                return {"seen": seen, "requests": requests, "errors": errors, "failed": failed}
        browser.close()
    return {"seen": seen, "requests": requests, "errors": errors, "failed": ""}


def _step(page: Page, seen: list[Any], name: str, *arguments: Any) -> None:
    if name == "see":
        seen.append(page.evaluate(*arguments))
    elif name == "wait":
        _wait(page, *arguments)
    elif name == "click":
        page.click(*arguments)
    elif name == "fill":
        page.fill(*arguments)
    elif name == "choose":
        page.select_option(*arguments)
    elif name == "go":
        page.goto(*arguments)
    elif name == "reload":
        page.reload()
    elif name == "visibility":
        page.evaluate(_SET_VISIBILITY, *arguments)
    elif name == "later":
        page.clock.fast_forward(1000 * arguments[0])
    elif name == "press":
        page.keyboard.press(*arguments)
    elif name == "width":
        page.set_viewport_size({"width": arguments[0], "height": 900})
    elif name == "print":
        page.pdf(path=arguments[0], format=arguments[1])
    elif name == "screenshot":
        page.screenshot(path=arguments[0], full_page=True)
    else:
        raise ValueError(f"no such step: {name}")


def _wait(page: Page, condition: str) -> None:
    # Playwright's own waiting evaluates strings in the page, which a strict content security policy forbids.
    give_up_at = time.monotonic() + _SECONDS
    while True:
        with contextlib.suppress(Error):  # in the middle of a navigation, or before what is asked about is there
            if page.evaluate(condition):
                return
        if time.monotonic() > give_up_at:
            raise TimeoutError(f"not in {_SECONDS} seconds")
        page.wait_for_timeout(50)


if __name__ == "__main__":
    json.dump(drive(json.load(sys.stdin)), sys.stdout)
