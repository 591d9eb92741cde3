"""Services: their addresses, their names in the pods, and what carries connections to the pods behind them.

A service gets a loopback address of its own, and a connection to one of its ports is carried to a pod that is ready,
or to an address that its Endpoints name, as for a hub outside the cluster. Pods find services by their names in
/etc/hosts, which is kept up to date. Names of headless services lead to their pods.
"""

import asyncio
import copy
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.kube.kubelet import Kubelet
from tests.kube.resources import Object
from tests.kube.store import Store


@dataclass
class Services:
    """Looks after all services."""

    store: Store
    kubelet: Kubelet
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(254, -1))
    _listening: dict[tuple[str, int], asyncio.Server] = field(default_factory=dict)
    """By uid of the service and port."""

    async def run(self) -> None:
        while True:
            seen = self.store.ticks
            services = self.store.all("services")
            for service in services:
                await self._look_after(service)
            for uid, port in set(self._listening) - {
                (service["metadata"]["uid"], port["port"])
                for service in services
                for port in service["spec"].get("ports") or []
            }:
                self._listening.pop((uid, port)).close()
            for namespace in self.store.all("namespaces"):
                self._write_names(namespace["metadata"]["name"])
            await self.store.changed(seen)

    async def _look_after(self, service: Object) -> None:
        spec = service["spec"]
        if "clusterIP" not in spec and spec.get("type") != "ExternalName":
            addressed = copy.deepcopy(service)
            address = f"{self.kubelet.addresses}.{next(self._numbers)}"
            addressed["spec"] |= {"clusterIP": address, "clusterIPs": [address]}
            service = self.store.update(addressed)
            spec = service["spec"]
        if spec.get("clusterIP") in (None, "None"):
            return
        for port in spec.get("ports") or []:
            key = (service["metadata"]["uid"], port["port"])
            leads_somewhere = bool(self._endpoints(service, port))
            if leads_somewhere and key not in self._listening:
                carrier = self._carrier(service, port)
                self._listening[key] = await asyncio.start_server(carrier, spec["clusterIP"], port["port"])
            elif key in self._listening and not leads_somewhere:
                self._listening.pop(key).close()  # connections are refused

    def _carrier(self, service: Object, port: Object) -> "asyncio.streams._ClientConnectedCallback":
        async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                end = random.choice(self._endpoints(service, port))
                inner_reader, inner_writer = await asyncio.open_connection(*end)
            except (OSError, IndexError):
                writer.transport.abort()
                return
            await asyncio.gather(_pump(reader, inner_writer), _pump(inner_reader, writer))

        return carry

    def _endpoints(self, service: Object, port: Object) -> list[tuple[str, int]]:
        """Return where a service leads to."""
        namespace = service["metadata"]["namespace"]
        found = []
        for pod in self._pods(service):
            target = port["targetPort"]
            if isinstance(target, str):
                ports = [named for container in pod["spec"]["containers"] for named in container.get("ports", [])]
                target = next(named["containerPort"] for named in ports if named.get("name") == target)
            found.append((pod["status"]["podIP"], int(target)))
        manual = self.store.find("endpoints", namespace, service["metadata"]["name"]) or {}
        for subset in manual.get("subsets") or []:
            numbers = [each["port"] for each in subset["ports"] if each.get("name") == port.get("name")]
            found += [(address["ip"], number) for address in subset["addresses"] for number in numbers]
        return found

    def _pods(self, service: Object) -> list[Object]:
        """Return the pods behind a service that are ready, or all that run if it wants that."""
        selector = service["spec"].get("selector")
        if not selector:
            return []
        chosen = []
        for pod in self.store.all("pods", service["metadata"]["namespace"]):
            labels, status = pod["metadata"].get("labels") or {}, pod["status"]
            ready = any(each["type"] == "Ready" and each["status"] == "True" for each in status.get("conditions", []))
            early = service["spec"].get("publishNotReadyAddresses") and status.get("podIP")
            if selector.items() <= labels.items() and (ready or (early and status["phase"] == "Running")):
                chosen.append(pod)
        return chosen

    def _write_names(self, namespace: str) -> None:
        lines = ["127.0.0.1 localhost"]
        for service in self.store.all("services"):
            name, of = service["metadata"]["name"], service["metadata"]["namespace"]
            headless = service["spec"].get("clusterIP") == "None"
            addresses = [pod["status"]["podIP"] for pod in self._pods(service)] if headless else []
            if not headless and service["spec"].get("clusterIP"):
                addresses = [service["spec"]["clusterIP"]]
            names = [f"{name}.{of}", f"{name}.{of}.svc", f"{name}.{of}.svc.cluster.local"]
            names = [name, *names] if of == namespace else names
            lines += [f"{address} {' '.join(names)}" for address in addresses]
        file = self.kubelet.hosts_file(namespace)
        text = "\n".join([*lines, ""])
        if file.read_text(encoding="utf-8") != text:
            # In place: the pods have this very file mounted.
            file.write_text(text, encoding="utf-8")


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
        writer.write_eof()
    except OSError:
        writer.transport.abort()
