"""The page about Kubernetes, and what other pages say of it: what can be pasted from it is accepted where it goes, and
its figures are true.
"""

import re
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from hubusers.cli import main
from hubusers.kube.manifests import SECONDS_AFTER_DELETION, manifests
from hubusers.kube.values import Values
from hubusers.settings.hub_check import NEEDED_SCOPES
from hubusers.version import version
from tests.deploy.files import TOP, assert_valid

PAGE, TELEMETRY = (
    (TOP / "docs" / "how-to" / name).read_text(encoding="utf-8") for name in ("kubernetes.md", "telemetry.md")
)


def blocks(page: str) -> list[dict[str, Any]]:
    return [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)]


BLOCKS = blocks(PAGE)


def test_the_values_for_the_hub_give_the_service_its_role() -> None:
    (hub,) = [block["hub"] for block in BLOCKS if "loadRoles" in block.get("hub", {})]
    # An empty service: then the chart makes its token.
    assert hub["services"] == {"hubusers": {}}
    assert hub["loadRoles"]["hubusers"]["services"] == ["hubusers"]
    assert set(NEEDED_SCOPES) <= set(hub["loadRoles"]["hubusers"]["scopes"])


def test_all_other_values_are_those_of_a_run() -> None:
    values = [block for block in BLOCKS if "loadRoles" not in block.get("hub", {})]
    assert len(values) == 5
    of_telemetry = [block for block in blocks(TELEMETRY) if "scrape_configs" not in block]
    assert [set(block) for block in of_telemetry] == [{"env"}, {"annotations"}]
    for block in values + of_telemetry:
        for manifest in manifests(Values.model_validate(block), "rehearsal"):
            assert_valid(manifest)


def test_the_image_gets_the_version_of_the_command() -> None:
    cut = re.search(r'--build-arg VERSION="\$\((hubusers --version) \| cut -d \' \' -f (\d+)\)"', PAGE)
    assert cut
    shown = CliRunner().invoke(main, ["--version"]).output.strip()
    assert shown.split(" ")[int(cut[2]) - 1] == version()


def test_its_figures_are_those_of_the_code() -> None:
    assert f"{SECONDS_AFTER_DELETION} seconds\nto fetch the folder in" in PAGE
    assert "for an hour after the run (`keepResults`)" in PAGE
    assert Values().keep_results == 3600
    with pytest.raises(ValueError, match="takes files of up to 879 KiB"):
        manifests(Values(), "rehearsal", {"data.csv": b"1" * (879 * 1024)})
    assert "file may have 879 KiB at most" in PAGE
