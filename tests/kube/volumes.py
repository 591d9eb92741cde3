"""What a container is given: files from ConfigMaps, Secrets and empty folders, and variables."""

import base64
import re
from pathlib import Path
from typing import Any

from tests.kube.resources import Object
from tests.kube.store import Store


class NotThereYet(Exception):
    """Something that a pod refers to is missing; the kubelet tries again."""


def make_volume(store: Store, pod: Object, volume: Object, folder: Path) -> None:
    """Fill the folder of a volume.

    Raises:
        NotThereYet: a ConfigMap or Secret, or a key in it, is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sources = volume.get("projected", {}).get("sources") or [volume]
    for source in sources:
        for plural, field in (("configmaps", "configMap"), ("secrets", "secret")):
            if field in source:
                chosen = source[field]
                name = chosen.get("name") or chosen.get("secretName")
                files = _contents(store, plural, pod["metadata"]["namespace"], name, chosen.get("optional", False))
                _write(files, chosen, name, folder)
        for item in source.get("downwardAPI", {}).get("items", []):
            (folder / item["path"]).write_text(str(_field(pod, item["fieldRef"]["fieldPath"])))


def _contents(store: Store, plural: str, namespace: str, name: str, optional: bool) -> dict[str, bytes]:
    found = store.find(plural, namespace, name)
    if found is None:
        if optional:
            return {}
        raise NotThereYet(f'{plural.removesuffix("s")} "{name}" not found')
    if plural == "secrets":
        return {key: base64.b64decode(value) for key, value in (found.get("data") or {}).items()}
    texts = {key: text.encode() for key, text in (found.get("data") or {}).items()}
    return texts | {key: base64.b64decode(value) for key, value in (found.get("binaryData") or {}).items()}


def _write(files: dict[str, bytes], chosen: Object, name: str, folder: Path) -> None:
    items: list[Object] | None = chosen.get("items")
    everything: list[Object] = [{"key": key, "path": key} for key in files]
    for item in items if items is not None else everything:
        if item["key"] not in files:
            if chosen.get("optional"):
                continue
            raise NotThereYet(f"references non-existent config key: {item['key']}")
        path = folder / item["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(files[item["key"]])
        mode = int(item.get("mode") or chosen.get("defaultMode") or 0o644)
        path.chmod(mode | 0o400)


def environment(store: Store, pod: Object, container: Object) -> dict[str, str]:
    """Return the variables that a container's spec gives it.

    Raises:
        NotThereYet: a ConfigMap or Secret, or a key in it, is missing.
    """
    namespace = pod["metadata"]["namespace"]
    variables: dict[str, str] = {}
    for source in container.get("envFrom") or []:
        for plural, field in (("configmaps", "configMapRef"), ("secrets", "secretRef")):
            if field in source:
                chosen = source[field]
                files = _contents(store, plural, namespace, chosen["name"], chosen.get("optional", False))
                variables |= {source.get("prefix", "") + key: text.decode() for key, text in files.items()}
    for variable in container.get("env") or []:
        if "valueFrom" not in variable:
            variables[variable["name"]] = expand(variable.get("value", ""), variables)
            continue
        value = _value_from(store, pod, variable["valueFrom"], namespace)
        if value is not None:
            variables[variable["name"]] = value
    return variables


def _value_from(store: Store, pod: Object, source: Object, namespace: str) -> str | None:
    if "fieldRef" in source:
        return str(_field(pod, source["fieldRef"]["fieldPath"]))
    for plural, field in (("configmaps", "configMapKeyRef"), ("secrets", "secretKeyRef")):
        if field in source:
            chosen = source[field]
            files = _contents(store, plural, namespace, chosen["name"], chosen.get("optional", False))
            if chosen["key"] in files:
                return files[chosen["key"]].decode()
            if not chosen.get("optional"):
                what = {"configmaps": "ConfigMap", "secrets": "Secret"}[plural]
                raise NotThereYet(f"couldn't find key {chosen['key']} in {what} {namespace}/{chosen['name']}")
    return None


def _field(pod: Object, path: str) -> Any:
    if keyed := re.fullmatch(r"metadata\.(labels|annotations)\['(.*)'\]", path):
        return pod["metadata"].get(keyed[1], {}).get(keyed[2], "")
    found: Any = pod
    for part in path.split("."):
        found = found.get(part, "")
    return found


def expand(text: str, variables: dict[str, str]) -> str:
    """Return a text with `$(NAME)` replaced where there is such a variable; `$$(NAME)` stays as `$(NAME)`."""

    def value(found: re.Match[str]) -> str:
        return found[0][1:] if found[0].startswith("$$") else variables.get(found[1], found[0])

    return re.sub(r"\$?\$\(([^)]*)\)", value, text)
