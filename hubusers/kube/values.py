"""What can be chosen for a run in a cluster: the values of the chart in `deploy/chart`, and of `kube run --values`.

The names are those of the chart's values.yaml. Its values.schema.json is made of these models, so that helm refuses
what they refuse: `python -m hubusers.kube.values > deploy/chart/values.schema.json`.
"""

import json
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from hubusers.kube.value_mistakes import mistakes
from hubusers.kube.value_types import (
    Amounts,
    Annotations,
    Labels,
    Name,
    NodeSelector,
    Repository,
    Tag,
    Toleration,
    Url,
    Variable,
)

VERSION = "0.1.0"
"""The image's tag, unless somebody chooses another one: this project's version."""


class _Part(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        extra="forbid",
        frozen=True,
        strict=True,
    )


class Image(_Part):
    """The image of this project's Dockerfile, where the cluster can pull it."""

    repository: Repository = "hubusers"
    tag: Tag = VERSION
    pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"


class TokenSecret(_Part):
    """The Secret with the hub's API token, in the namespace of the run."""

    name: Name = "hub"
    key: str = Field(default="hub.services.hubusers.apiToken", min_length=1)


class Hub(_Part):
    """Which hub is tested, and its token."""

    url: Url = "http://hub:8081/hub/api"
    token_secret: TokenSecret = TokenSecret()


class PullSecret(_Part):
    """A Secret that pulls the image."""

    name: Name


class Resources(_Part):
    """What the run and each worker ask of their node, and what they may take."""

    requests: Amounts = {"cpu": "1", "memory": "1Gi"}
    limits: Amounts = {"memory": "1Gi"}


class Values(_Part):
    """All values, with the defaults of the chart."""

    image: Image = Image()
    image_pull_secrets: list[PullSecret] = []
    hub: Hub = Hub()
    event: str = Field(default="", description="Content of an event file, as with --set-file event=class.toml.")
    args: list[str] = Field(default=[], description="User classes, and options of hubusers run.")
    notebooks: Name = Field(default="", description="ConfigMap of the notebooks that people work through.")
    accounts: Name = Field(default="", description="Secret with the key accounts.csv: the accounts to use.")
    ca_bundle: Name = Field(default="", description="ConfigMap with the key ca.crt: who signed the hub's certificate.")
    people: int = Field(default=1000, ge=1, description="The most people who come; the clean-up needs time for each.")
    server_timeout: int = Field(default=60, ge=1, description="Seconds that a server may take to start, or to stop.")
    workers: int = Field(default=0, ge=0, description="Pods that share the people; 0: one pod does all.")
    web: bool = Field(default=False, description="Show the web UI while the run lasts, on port 8089 inside the pod.")
    keep_results: int = Field(default=3600, ge=60, description="Seconds after the run to fetch its folder in.")
    env: list[Variable] = Field(default=[], description="More environment variables, as in a pod's manifest.")
    resources: Resources = Resources()
    node_selector: NodeSelector = {}
    tolerations: list[Toleration] = []
    labels: Labels = Field(default={}, description="More labels of the pods.")
    annotations: Annotations = Field(default={}, description="More annotations of the pods.")


def read_values(text: str) -> Values:
    """Return the values that a YAML text gives; all others have their defaults.

    Raises:
        ValueError: The text is not YAML, or a value cannot be; the text of the error says which, and why.
    """
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(f"it is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict | None):
        raise ValueError("it must have values such as `workers: 2`, a name and a colon first")
    try:
        return Values.model_validate(content or {})
    except ValidationError as error:
        raise ValueError("; ".join(mistakes(error, Values))) from None


def schema() -> str:
    """Return the JSON schema of the values, as the chart has it in values.schema.json."""
    return json.dumps(Values.model_json_schema(), indent=2) + "\n"


if __name__ == "__main__":
    print(schema(), end="")
