"""Which kernel runs a notebook: where JupyterLab 4.0 and 4.6 start one by themselves, it is the same here.

Where they ask the person in a dialog, nothing runs, unless the dialog proposes the only kernel that fits.
"""

from typing import Any

import pytest

from hubusers.lab.kernel_choice import KernelNotInstalled, kernel_for


def kernelspecs(**languages: str) -> dict[str, Any]:
    known = {name: {"name": name, "spec": {"language": language}} for name, language in languages.items()}
    return {"default": next(iter(languages)), "kernelspecs": known}


PYTHON = kernelspecs(python3="python")
TWO_PYTHONS = kernelspecs(python3="python", old="python", ir="R")


def named(name: str, language: str = "", of_kernel: str = "") -> dict[str, Any]:
    kernelspec = {"name": name, "display_name": name, **({"language": of_kernel} if of_kernel else {})}
    return {"kernelspec": kernelspec, **({"language_info": {"name": language}} if language else {})}


@pytest.mark.parametrize(
    ("metadata", "there", "kernel"),
    [
        (named("python3", "python"), PYTHON, "python3"),
        (named("ir", "R"), TWO_PYTHONS, "ir"),
        (named("conda-env-x-py", "python"), PYTHON, "python3"),  # no other kernel has this language
        (named("conda-env-x-py", of_kernel="python"), PYTHON, "python3"),
        ({"language_info": {"name": "R"}}, TWO_PYTHONS, "ir"),
        ({}, PYTHON, "python3"),
        ({}, {}, ""),
        (named("ir", "R"), {}, "ir"),  # where the server did not say which ones it has
        ({"kernelspec": None, "language_info": 5}, PYTHON, "python3"),
    ],
)
def test_the_kernel_that_a_notebook_is_run_by(metadata: dict[str, Any], there: dict[str, Any], kernel: str) -> None:
    assert kernel_for("a.ipynb", metadata, there) == kernel


@pytest.mark.parametrize(
    ("metadata", "there", "failure", "example"),
    [
        (named("ir", "R"), PYTHON, "ir", "it wants ir, and there are python3 (python). Its page"),
        (named("xpython", "python"), TWO_PYTHONS, "xpython", "python3 (python), old (python), ir (R)"),
        ({"language_info": {"name": "julia"}}, PYTHON, "any for julia", "it wants any for julia, and"),
        (named("gone"), PYTHON, "gone", "it wants gone"),
        (named("x" * 500), PYTHON, "x" * 59 + "…", "xxx…"),
        (named("a\nb"), kernelspecs(**{f"k{i}": "R" for i in range(12)}), r"a\nb", "k9 (R) and 2 others."),
    ],
)
def test_a_notebook_whose_kernel_is_not_installed(
    metadata: dict[str, Any], there: dict[str, Any], failure: str, example: str
) -> None:
    with pytest.raises(KernelNotInstalled) as raised:
        kernel_for("a.ipynb", metadata, there)
    assert str(raised.value) == f"kernel not installed: {failure}"
    assert example in raised.value.detail
    assert "\n" not in raised.value.detail
