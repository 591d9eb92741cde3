"""The files that are tested, and Kubernetes' own schemas."""

from pathlib import Path
from typing import Any

import kubernetes_validate

TOP = Path(__file__).parents[2]
DEPLOY = TOP / "deploy"

KUBERNETES = "1.37"


def assert_valid(manifest: dict[str, Any]) -> None:
    """Fail where Kubernetes would refuse a manifest, or ignore a part that it does not know."""
    kubernetes_validate.validate(manifest, KUBERNETES, strict=True)
