"""What is to be run in the cluster, and all that has to be made there for it."""

import base64
from dataclasses import dataclass, replace
from pathlib import Path

from hubusers.kube.files import TOKEN_KEY, FilesForPod
from hubusers.kube.manifests import Manifest, manifests
from hubusers.kube.values import Hub, TokenSecret, Values
from hubusers.settings.access import SettingsError

IN_CLUSTER = {False: "http://hub:8081", True: "http://proxy-public"}
"""The hub's URL in its namespace, by whether people with a browser come, as the Zero to JupyterHub chart has it."""


@dataclass(frozen=True)
class Order:
    """A run in a cluster, as somebody wants it.

    Attributes:
        name: Name of all that is made for it.
        values: Where and how it runs; `args` has the options of the run but for those that name files.
        files: What goes along.
        prefix: The beginning of its people's names.
        has_browser: Whether people with a browser come, who need the hub's pages.
        has_address: Whether somebody said where the hub is.
        accounts: The file of the accounts that it uses, on this machine; "" where it makes its own.
        named_servers: Whether it starts named servers of the token's owner.
        keep: Whether its people and servers are to stay on the hub.
        home: Where its folder is brought; None for nowhere.
        web_port: Port of its web page on this machine; 0 for whichever is free.
    """

    name: str
    values: Values
    files: FilesForPod
    prefix: str
    has_browser: bool = False
    has_address: bool = False
    accounts: str = ""
    named_servers: bool = False
    keep: bool = False
    home: Path | None = None
    web_port: int = 0

    def at(self, url: str) -> "Order":
        """Return the same for the hub at this URL."""
        hub = self.values.hub.model_copy(update={"url": url})
        return replace(self, values=self.values.model_copy(update={"hub": hub}), has_address=True)

    @property
    def values_for_pods(self) -> Values:
        """The values with what follows from the files."""
        values, files = self.values, self.files
        url = values.hub.url if self.has_address else IN_CLUSTER[self.has_browser]
        variables = [
            *({"name": name, "value": value} for name, value in files.variables.items()),
            *(
                {"name": name, "valueFrom": {"secretKeyRef": {"name": self._secret_name, "key": name}}}
                for name in files.secret_variables
            ),
        ]
        secret = TokenSecret(name=self._secret_name, key=TOKEN_KEY) if files.token else values.hub.token_secret
        return values.model_copy(
            update={
                "env": [*values.env, *variables],
                "args": [*files.arguments, *values.args],
                "hub": Hub(url=url, token_secret=secret),
            }
        )

    def manifests(self) -> list[Manifest]:
        """Return all that is to be made.

        Raises:
            SettingsError: A file is too large for a cluster.
        """
        files = self.files
        try:
            made = manifests(self.values_for_pods, self.name, files.files, files.secret_files)
        except ValueError as error:
            raise SettingsError(
                f"{error}. Leave it out or make it smaller; or put it into an image of your own, made from hubusers' "
                "(image in --values), and name it as it is there behind two dashes: -- --notebooks /srv/course"
            ) from None
        return [*self._secret(made), *made]

    @property
    def _secret_name(self) -> str:
        return f"{self.name}-variables"

    def _secret(self, others: list[Manifest]) -> list[Manifest]:
        """Return the Secret of the token and of other variables, if there are any."""
        content = {**self.files.secret_variables, **({TOKEN_KEY: self.files.token} if self.files.token else {})}
        if not content:
            return []
        labels = {
            key: value for key, value in others[0]["metadata"]["labels"].items() if not key.endswith("/component")
        }
        return [
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": self._secret_name, "labels": labels},
                "data": {key: base64.b64encode(value.encode()).decode() for key, value in content.items()},
            }
        ]
