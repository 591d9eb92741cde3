"""The files on this machine that a run needs in its pod, and where they are there."""

import ast
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hubusers.accounts.file import AccountsFileError, read_accounts
from hubusers.kube.manifests import INPUT_FOLDER
from hubusers.lab.files_beside import read_files_beside
from hubusers.lab.notebooks import NotebookError, files_in, read_notebooks
from hubusers.settings.access import (
    PASSWORD_FILE_VARIABLE,
    PASSWORD_VARIABLE,
    SettingsError,
    read_grafana_token,
    read_password,
    read_token,
)

TOKEN_KEY = "token"  # noqa: S105  # a name, not a token

_OF_THIS_MACHINE = r"(\w+://)?([^/@]*@)?(localhost|127(\.\d+){3}|\[::1\])(:|/|$)"


@dataclass
class FilesForPod:
    """What goes along into the pods of a run.

    Attributes:
        files: Their content, by their path below `INPUT_FOLDER`.
        secret_files: The same, for what nobody else should read.
        arguments: The options that name them, as they are in the pod.
        variables: Variables for each process of the run. Workers get a master's options, but each reads its own files.
        secret_variables: The same, for what nobody else should read.
        names: Their paths here, by those in the pod, for sentences that name them.
        token: The hub's API token, if it comes from a file on this machine.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    secret_files: dict[str, bytes] = field(default_factory=dict, repr=False)
    arguments: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    secret_variables: dict[str, str] = field(default_factory=dict, repr=False)
    names: dict[str, str] = field(default_factory=dict)
    token: str = field(default="", repr=False)

    @property
    def has_secrets(self) -> bool:
        """Whether it takes a Secret to give all of it to the pods."""
        return bool(self.secret_files or self.secret_variables or self.token)


def files_for_pod(
    options: Mapping[str, str], event_text: str, open_telemetry: Mapping[str, str] | None = None
) -> FilesForPod:
    """Return what goes along with these options, which are those whose values name files.

    Args:
        options: The values of `--accounts`, `--password-file`, `--notebooks`, `--ca-bundle`, `--hub-token-file`,
            `--grafana-url`, `--grafana-token-file`, `--lti` and `--locustfile`, by the names of the flags without
            dashes, as in "password-file"; only those that are given.
        event_text: Of the event file, with its seed; "" without an event.
        open_telemetry: The variables OTEL_... of this machine that count in the pods too.

    Raises:
        SettingsError: A file cannot be read or used.
    """
    made = FilesForPod()
    if event_text:
        made.files["event.toml"] = event_text.encode()
        made.arguments.append(f"--event={INPUT_FOLDER}/event.toml")
    if accounts := options.get("accounts"):
        try:
            read_accounts(accounts, names_do="lti" in options)
        except AccountsFileError as error:
            raise SettingsError(f"{error}.") from None
        made.secret_files["accounts.csv"] = _content(Path(accounts))
        made.arguments.append(f"--accounts={INPUT_FOLDER}/accounts.csv")
        made.names[f"{INPUT_FOLDER}/accounts.csv"] = accounts
    if lti := options.get("lti"):
        made.secret_files["lti.toml"] = _content(Path(lti))
        made.arguments.append(f"--lti={INPUT_FOLDER}/lti.toml")
        made.names[f"{INPUT_FOLDER}/lti.toml"] = lti
    if options.get("password-file") or os.environ.get(PASSWORD_VARIABLE):
        made.secret_files["password"] = read_password(options.get("password-file")).encode()
        made.variables[PASSWORD_FILE_VARIABLE] = f"{INPUT_FOLDER}/password"
    if options.get("grafana-url") and (token := read_grafana_token(options.get("grafana-token-file"), is_needed=False)):
        made.secret_files["grafana-token"] = token.encode()
        made.arguments.append(f"--grafana-token-file={INPUT_FOLDER}/grafana-token")
    if token_file := options.get("hub-token-file"):
        made.token = read_token(token_file)
    if notebooks := options.get("notebooks"):
        _add_notebooks(made, Path(notebooks))
    if bundle := options.get("ca-bundle"):
        _add_certificates(made, Path(bundle))
    if locustfile := options.get("locustfile"):
        _add_locustfiles(made, locustfile)
    for variable, value in sorted((open_telemetry or {}).items()):
        _add_open_telemetry(made, variable, value)
    return made


def _add_notebooks(made: FilesForPod, folder: Path) -> None:
    try:
        read_notebooks(folder)
        read_files_beside(folder)
    except NotebookError as error:
        raise SettingsError(str(error)) from None
    for path in files_in(folder):
        made.files[f"notebooks/{path.relative_to(folder).as_posix()}"] = _content(path)
    made.arguments.append(f"--notebooks={INPUT_FOLDER}/notebooks")
    made.names[f"{INPUT_FOLDER}/notebooks"] = str(folder)


def _add_certificates(made: FilesForPod, bundle: Path) -> None:
    if bundle.is_dir():
        made.files |= {
            f"certificates/{path.name}": _content(path) for path in sorted(bundle.iterdir()) if path.is_file()
        }
        made.variables["REQUESTS_CA_BUNDLE"] = f"{INPUT_FOLDER}/certificates"
    else:
        made.files["ca.crt"] = _content(bundle)
        made.variables["REQUESTS_CA_BUNDLE"] = f"{INPUT_FOLDER}/ca.crt"


def _add_locustfiles(made: FilesForPod, locustfiles: str) -> None:
    in_pod = []
    for number, given in enumerate(map(str.strip, locustfiles.split(",")), start=1):
        path, folder = Path(given), f"locustfiles-{number}"
        if "://" in given:
            raise SettingsError(f"The locustfile {given} is on the web: download it, and give the file.")
        if path.is_dir():
            made.files |= {
                f"{folder}/{each.relative_to(path).as_posix()}": _content(each) for each in sorted(path.rglob("*.py"))
            }
            in_pod.append(f"{INPUT_FOLDER}/{folder}")
        else:
            made.files |= {
                f"{folder}/{each.relative_to(path.parent).as_posix()}": _content(each)
                for each in _with_what_it_imports(path)
            }
            in_pod.append(f"{INPUT_FOLDER}/{folder}/{path.name}")
        made.names[in_pod[-1]] = given
    made.variables["LOCUST_LOCUSTFILE"] = ",".join(in_pod)


def _add_open_telemetry(made: FilesForPod, variable: str, value: str) -> None:
    if variable.endswith("ENDPOINT") and re.match(_OF_THIS_MACHINE, value):
        raise SettingsError(
            f"{variable} names this machine, and in the cluster that would be the pod itself: give the collector's "
            "address as pods reach it, as in http://collector.monitoring:4317. If each pod has a collector, write the "
            "variable under env in --values."
        )
    if variable.endswith(("CERTIFICATE", "CLIENT_KEY")):  # of which the values are paths here
        store = made.secret_files if variable.endswith("KEY") else made.files
        try:
            store[variable] = _content(Path(value))
        except SettingsError as error:
            raise SettingsError(f"{variable}: {error}") from None
        made.variables[variable] = f"{INPUT_FOLDER}/{variable}"
    elif variable.endswith("HEADERS") or re.search("//[^/]*@", value):
        made.secret_variables[variable] = value
    else:
        made.variables[variable] = value


def _with_what_it_imports(file: Path) -> list[Path]:
    """Return a Python file with those of the modules and packages beside it that it imports, and that these import."""
    found: list[Path] = []
    left = [file]
    while left:
        if (path := left.pop()) not in found:
            found.append(path)
            for module in _imported_by(path):
                beside = Path(file.parent, *module.split("."))
                inits = [
                    parent / "__init__.py" for parent in (beside, *beside.parents) if file.parent in parent.parents
                ]
                left += [each for each in (beside.with_suffix(".py"), *inits) if each.is_file()]
    return found


def _imported_by(file: Path) -> Iterator[str]:
    try:
        tree = ast.parse(_content(file))
    except (SyntaxError, ValueError) as error:
        raise SettingsError(f"{file} is not Python that can be read: {error}.") from None
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.") from None
