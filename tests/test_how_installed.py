"""Which command adds an extra or brings a newer version, for each way of installing, by what its tool leaves."""

from dataclasses import replace
from pathlib import Path

import pytest

from hubusers.how_installed import IMAGE_MARK, Installation, Way, _command, this_installation

WHEEL = "file:///tmp/hubusers-1.0-py3-none-any.whl"


def installed(
    prefix: Path, *, files: tuple[str, ...] = (), pip: bool = True, package: Path | None = None
) -> Installation:
    """Return an installation in an environment with these files."""
    (prefix / "bin").mkdir(parents=True)
    for name in (*files, *["bin/pip"] * pip):
        (prefix / name).touch()
    package = package or prefix / "lib/python3.13/site-packages/hubusers"
    return Installation(package, prefix, prefix / "bin/python", "/usr/bin", Path("/home/ada"), command="hubusers demo")


def checkout(folder: Path, environment: str) -> Installation:
    folder.mkdir()
    (folder / "pyproject.toml").touch()
    return installed(folder / environment, package=folder / "hubusers")


def test_pip_in_an_active_environment(tmp_path: Path) -> None:
    here = installed(tmp_path / "venv")
    active = replace(here, search_path=f"/usr/bin:{tmp_path}/venv/bin", source=WHEEL)
    assert active.way is Way.PIP
    assert active.to_add("hub") == 'Run: pip install "hubusers[hub]"'
    missing, broken = ModuleNotFoundError("No module named 'yaml'"), ImportError("libyaml.so: not there")
    not_there = 'Clusters need libraries that are not installed here. Run: pip install "hubusers[kube]"'
    assert active.without("kube", "Clusters need") == active.without("kube", "Clusters need", missing) == not_there
    assert active.without("kube", "Clusters need", broken) == (
        'Clusters need libraries that cannot be imported here: libyaml.so: not there. Run: pip install "hubusers[kube]"'
    )
    assert active.to_add("report", "hubusers report r") == 'Run: pip install "hubusers[report]" && hubusers report r'
    assert active.to_upgrade() == "Run: pip install --upgrade hubusers"


def test_pip_in_another_environment_is_named_without_telling_whose_it_is(tmp_path: Path) -> None:
    here = installed(tmp_path / "venv")
    assert here.to_add("hub") == f'Run: {tmp_path}/venv/bin/python -m pip install "hubusers[hub]"'
    assert replace(here, home=tmp_path).to_add("hub") == 'Run: ~/venv/bin/python -m pip install "hubusers[hub]"'
    with_space = replace(installed(tmp_path / "my venv"), home=tmp_path)  # the shell knows no ~ between quotes
    assert with_space.to_upgrade() == f"Run: '{tmp_path}/my venv/bin/python' -m pip install --upgrade hubusers"


def test_an_environment_without_pip_was_made_by_uv(tmp_path: Path) -> None:
    here = replace(installed(tmp_path / "venv", pip=False), home=tmp_path)
    assert here.to_add("otel") == 'Run: uv pip install --python ~/venv/bin/python "hubusers[otel]"'


def test_a_checkout(tmp_path: Path) -> None:
    own = checkout(tmp_path / "hubusers", ".venv")
    assert own.way is Way.CHECKOUT
    assert own.to_add("lab") == 'Run in the folder of hubusers: .venv/bin/pip install --editable ".[lab]"'
    assert own.to_upgrade() == "Run in the folder of hubusers: git pull && .venv/bin/pip install --editable ."
    other = replace(checkout(tmp_path / "clone", "../other"), search_path=f"{tmp_path}/clone/../other/bin")
    assert other.to_add("lab") == 'Run in the folder of hubusers: pip install --editable ".[lab]"'


@pytest.mark.parametrize(
    ("prefix", "files", "way", "to_add", "to_upgrade"),
    [
        (
            "uv/tools/hubusers",
            ("uv-receipt.toml",),
            Way.UV_TOOL,
            'uv tool install "hubusers[hub]"',
            "uv tool upgrade hubusers",
        ),
        (
            "uv/archive-v0/qMGiPUbSkwqhVl4I",
            (),
            Way.UVX,
            'uvx --from "hubusers[hub]" hubusers demo',
            "uvx --from hubusers@latest hubusers demo",
        ),
        (
            "pipx/venvs/hubusers",
            ("pipx_metadata.json",),
            Way.PIPX,
            'pipx install --force "hubusers[hub]"',
            "pipx upgrade hubusers",
        ),
        (
            "pipx/.cache/d1ff82765b99623",
            ("pipx_metadata.json",),
            Way.PIPX_RUN,
            'pipx run --spec "hubusers[hub]" hubusers demo',
            "pipx run --no-cache --spec hubusers hubusers demo",
        ),
    ],
)
def test_tools_that_make_an_environment_for_it(
    tmp_path: Path, prefix: str, files: tuple[str, ...], way: Way, to_add: str, to_upgrade: str
) -> None:
    here = installed(tmp_path / prefix, files=files, pip=False)
    assert here.way is way
    assert here.to_add("hub") == f"Run: {to_add}"
    assert here.to_upgrade() == f"Run: {to_upgrade}"
    # What was not installed from an index is named as it was, or another hubusers would come.
    assert f'"hubusers[hub] @ {WHEEL}"' in replace(here, source=WHEEL).to_add("hub")
    throwaway = way in {Way.UVX, Way.PIPX_RUN}
    report = here.to_add("report", "hubusers report runs/a")
    assert report.endswith('"hubusers[report]" hubusers report runs/a' if throwaway else " && hubusers report runs/a")


def test_nothing_can_be_added_to_the_image(tmp_path: Path) -> None:
    image = installed(tmp_path / "hubusers", files=(IMAGE_MARK,), pip=False)
    assert image.to_add("lab") == (
        'hubusers\' image does not have it. Where you can install something, run: pip install "hubusers[lab]"'
    )
    assert image.to_upgrade() == "Take a newer image of hubusers"
    dockerfile = Path(__file__).parents[1].joinpath("Dockerfile").read_text(encoding="utf-8")
    assert f"/opt/hubusers/{IMAGE_MARK}" in dockerfile


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["/x/bin/hubusers", "hub", "--incident", "slow image"], "hubusers hub --incident 'slow image'"),
        (["/x/bin/locust", "--headless"], "locust --headless"),
        (["hubusers run", "--locustfile=/x/hubusers/locustfile.py"], "hubusers run …"),
        (["/x/ipykernel_launcher.py"], "hubusers …"),
        ([""], "hubusers …"),
    ],
)
def test_the_present_command(arguments: list[str], shown: str) -> None:
    assert _command(arguments) == shown


def test_these_tests_run_in_a_checkout() -> None:
    assert this_installation().way is Way.CHECKOUT


def test_no_other_file_says_how_to_install() -> None:
    """What it said would fit one way of installing only."""
    package = Path(__file__).parents[1] / "hubusers"
    for file in package.rglob("*.py"):
        if file.name != "how_installed.py":
            assert "pip install" not in file.read_text(encoding="utf-8"), file
