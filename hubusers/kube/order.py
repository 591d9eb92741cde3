"""What is to be run in the cluster, and all that has to be made there for it."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from hubusers.accounts.names import BEGINNING_LENGTH, RUN_ID_BEGINS_VARIABLE
from hubusers.kube.files import TOKEN_KEY, FilesForPod
from hubusers.kube.final_options import FinalOptions, final_options
from hubusers.kube.manifests import RUN, Manifest, manifests
from hubusers.kube.values import Hub, TokenSecret, Values
from hubusers.settings.access import SettingsError

IN_CLUSTER = {False: "http://hub:8081", True: "http://proxy-public"}
"""The hub's URL in its namespace, by whether people with a browser come, as the Zero to JupyterHub chart has it."""


@dataclass(frozen=True)
class Order:
    """A run in a cluster, as somebody wants it.

    Attributes:
        name: Name of all that is made for it; it ends with a random word.
        values: Where and how it runs; `args` has the options of the run but for those that name files.
        files: What goes along.
        has_browser: Whether people with a browser come, who need the hub's pages.
        has_address: Whether somebody said where the hub is.
        home: Where its folder is brought; None for nowhere.
        where: The options of this command, beside those of kubectl, that say where hub and image are.
        web_port: Port of its web page on this machine; 0 for whichever is free.
    """

    name: str
    values: Values
    files: FilesForPod
    has_browser: bool = False
    has_address: bool = False
    home: Path | None = None
    where: tuple[str, ...] = ()
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
        given = {**files.variables, RUN_ID_BEGINS_VARIABLE: self.run_id_begins}
        variables = [
            *({"name": name, "value": value} for name, value in given.items()),
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

    @property
    def run_id_begins(self) -> str:
        """The beginning of the ids of all that the run makes on the hub: a first server, and the run itself."""
        return self.name.rpartition("-")[2][:BEGINNING_LENGTH]

    @cached_property
    def final(self) -> FinalOptions:
        """What the run really uses.

        Raises:
            SettingsError: This command could not know that.
        """
        jobs = [one for one in self.manifests() if one["metadata"]["name"] == self.name and one["kind"] == "Job"]
        containers = jobs[0]["spec"]["template"]["spec"]["containers"]
        return final_options(next(one for one in containers if one["name"] == RUN))

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
        return [*self.secrets(made), *made]

    @property
    def _secret_name(self) -> str:
        return f"{self.name}-variables"

    def secrets(self, others: Sequence[Manifest]) -> list[Manifest]:
        """Return the Secret of the token and of other variables, if there are any.

        Args:
            others: What is made beside it, of which it has the labels.
        """
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
