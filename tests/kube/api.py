"""The API server: what each request means, and the answer to it."""

import copy
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import yaml
from aiohttp import web

from tests.kube import admission, protobuf, resources
from tests.kube.deletion import delete
from tests.kube.faults import Faults
from tests.kube.patches import json_patch, merge, strategic_merge
from tests.kube.resources import BY_PATH, BY_PLURAL, Object, Resource
from tests.kube.selectors import field_filter, is_true, label_filter
from tests.kube.store import Refused, Store, not_found
from tests.kube.tables import table
from tests.kube.watches import watch

Streamer = Callable[[web.BaseRequest, Object], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Target:
    """What a request is about."""

    resource: Resource
    namespace: str = ""
    name: str = ""
    part: str = ""


@dataclass
class Api:
    """Answers each request, from the objects of a store."""

    store: Store
    faults: Faults
    streamers: dict[str, Streamer] = field(default_factory=dict)
    """What answers `log`, `exec` and `portforward` of a pod."""

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            return await self._answer(request)
        except Refused as refused:
            return web.json_response(refused.status, status=refused.code)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        parts = [unquote(part) for part in request.rel_url.raw_path.split("/") if part]
        told = self._tell(parts, request.headers.get("Accept", ""))
        if told is not None:
            return told
        target = _target(parts)
        verb = _verb(request, target)
        self.faults.check(verb, target.resource, target.part, target.namespace, target.name)
        if target.part in self.streamers:
            pod = self.store.get(target.resource.plural, target.namespace, target.name)
            return await self._stream(target.part, request, self.streamers[target.part], pod)
        if verb in ("watch", "list", "deletecollection"):
            return await self._many(request, target, verb)
        if verb == "get":
            found = self.store.get(target.resource.plural, target.namespace, target.name)
            return _shown(request, target.resource, found)
        given = _read(await request.read())
        dry = "dryRun" in request.query
        handler = {"create": self._create, "update": self._update, "patch": self._patch, "delete": self._delete}[verb]
        return handler(request, target, given, dry)

    def _tell(self, parts: list[str], accept: str) -> web.Response | None:
        """Answer what is about the API itself, or return nothing."""
        match parts:
            case ["version"]:
                return web.json_response(resources.VERSION)
            case ["healthz" | "livez" | "readyz"]:
                return web.Response(text="ok")
            case ["api" | "apis" as path] if "as=APIGroupDiscoveryList" in accept:
                kind = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
                body = json.dumps(resources.aggregated(path)).encode()
                return web.Response(body=body, headers={"Content-Type": kind})
            case ["api"]:
                return web.json_response({"kind": "APIVersions", "versions": ["v1"]})
            case ["apis"]:
                return web.json_response(resources.group_list())
            case ["api", "v1"] | ["apis", _, "v1"]:
                return web.json_response(resources.resource_list("/".join(parts)))
            case ["openapi", "v2"]:
                return web.Response(body=resources.OPENAPI_V2, headers={"Content-Type": resources.OPENAPI_V2_TYPE})
            case ["openapi", "v3"]:
                return web.json_response(resources.openapi_paths())
            case ["openapi", "v3", *root]:
                return web.json_response(resources.openapi("/".join(root)))
        return None

    async def _stream(
        self, kind: str, request: web.BaseRequest, streamer: Streamer, about: Object
    ) -> web.StreamResponse:
        streams, transport = self.faults.streams.setdefault(kind, set()), request.transport
        assert transport
        streams.add(transport)
        try:
            return await streamer(request, about)
        finally:
            streams.discard(transport)

    async def _many(self, request: web.BaseRequest, target: Target, verb: str) -> web.StreamResponse:
        resource, query = target.resource, request.query
        by_label = label_filter(query.get("labelSelector", ""))
        by_field = field_filter(resource, query.get("fieldSelector", ""))

        def wanted(found: Object) -> bool:
            in_place = target.namespace in ("", found["metadata"].get("namespace"))
            named = target.name in ("", found["metadata"]["name"])
            return in_place and named and by_label(found) and by_field(found)

        if verb == "watch":

            async def stream(request: web.BaseRequest, about: Object) -> web.StreamResponse:
                return await watch(self.store, resource, wanted, request)

            return await self._stream("watch", request, stream, {})
        found = [one for one in self.store.all(resource.plural, target.namespace) if wanted(one)]
        if verb == "deletecollection":
            options = _options(request, _read(await request.read()))
            for one in found:
                delete(self.store, one, options)
        elif "as=Table" in request.headers.get("Accept", ""):
            return web.json_response(table(resource, found, str(self.store.version)))
        metadata = {"resourceVersion": str(self.store.version)}
        listed = {"kind": f"{resource.kind}List", "apiVersion": resource.api_version, "metadata": metadata}
        return web.json_response(listed | {"items": found})

    def _create(self, request: web.BaseRequest, target: Target, given: Object, dry: bool) -> web.Response:
        resource = target.resource
        if resource.kind == "SelfSubjectAccessReview":
            given["status"] = {"allowed": self.faults.review(given["spec"])}
            return web.json_response(given, status=201)
        if target.part == "eviction":
            pod = self.store.get("pods", target.namespace, target.name)
            delete(self.store, pod, given.get("deleteOptions") or {})
            return web.json_response({"kind": "Status", "apiVersion": "v1", "status": "Success"}, status=201)
        strict = request.query.get("fieldValidation") == "Strict"
        admission.admit(self.store, resource, target.namespace, given, strict)
        if dry:
            given["metadata"].setdefault("namespace", target.namespace) if resource.namespaced else None
            return _shown(request, resource, given, 201)
        created = self.store.create(resource, target.namespace, given)
        if resource.plural == "namespaces":
            account = {"metadata": {"name": "default"}}
            self.store.create(BY_PLURAL["serviceaccounts"], created["metadata"]["name"], account)
        return _shown(request, resource, created, 201)

    def _update(self, request: web.BaseRequest, target: Target, given: Object, dry: bool) -> web.Response:
        before = self.store.get(target.resource.plural, target.namespace, target.name)
        return self._keep(request, target, before, given, dry)

    def _patch(self, request: web.BaseRequest, target: Target, given: Any, dry: bool) -> web.Response:
        kind = request.headers.get("Content-Type", "").split(";")[0]
        before = self.store.find(target.resource.plural, target.namespace, target.name)
        if kind == "application/apply-patch+yaml":
            if before is None:
                return self._create(request, Target(target.resource, target.namespace), given, dry)
            given["metadata"].pop("managedFields", None)
            after = strategic_merge(before, given)
        elif before is None:
            raise not_found(target.resource, target.name)
        elif kind == "application/json-patch+json":
            after = json_patch(before, given)
        elif kind == "application/merge-patch+json":
            after = merge(before, given)
        else:
            after = strategic_merge(before, given)
        return self._keep(request, target, before, after, dry)

    def _keep(self, request: web.BaseRequest, target: Target, before: Object, after: Object, dry: bool) -> web.Response:
        """Keep the changed object: of its status only that, of anything else all but that."""
        after = copy.deepcopy(after)
        if target.part == "status":
            after = copy.deepcopy(before) | {"status": after.get("status")}
        elif "status" in before:
            after["status"] = copy.deepcopy(before["status"])
        if target.part != "status":
            admission.check(target.resource, after, request.query.get("fieldValidation") == "Strict")
            admission.check_update(target.resource, before, after)
            if target.resource.plural == "secrets":
                admission.default(self.store, target.resource, after)
        if dry:
            return _shown(request, target.resource, after)
        kept = self.store.update(after)
        going = kept["metadata"].get("deletionTimestamp") and not kept["metadata"].get("finalizers")
        if going and target.resource.plural not in ("pods", "namespaces"):
            self.store.remove(kept)
        return _shown(request, target.resource, kept)

    def _delete(self, request: web.BaseRequest, target: Target, given: Object, dry: bool) -> web.Response:
        found = self.store.get(target.resource.plural, target.namespace, target.name)
        if dry:
            return web.json_response(found)
        return web.json_response(delete(self.store, found, _options(request, given)))


def _target(parts: list[str]) -> Target:
    """Return what a path is about.

    Raises:
        Refused: the API has nothing there.
    """
    length = 3 if parts[:1] == ["apis"] else 2
    root, rest = "/".join(parts[:length]), parts[length:]
    namespace = ""
    if rest[:1] == ["namespaces"] and len(rest) > 2 and rest[2] not in ("status", "finalize"):
        namespace, rest = rest[1], rest[2:]
    if not rest or (root, rest[0]) not in BY_PATH or len(rest) > 3:
        raise Refused(404, "NotFound", "the server could not find the requested resource")
    resource, name, part = BY_PATH[root, rest[0]], *(*rest[1:], "", "")[:2]
    if part and part not in resource.subresources:
        raise Refused(404, "NotFound", "the server could not find the requested resource")
    return Target(resource, namespace, name, part)


def _verb(request: web.BaseRequest, target: Target) -> str:
    """Return the verb of a request, as roles name it."""
    if request.method == "GET":
        if target.part in ("exec", "portforward"):
            return "create"  # by websocket; since 1.35 it needs the verb that it needs by POST
        if is_true(request.query, "watch"):
            return "watch"
        return "get" if target.name else "list"
    if request.method == "DELETE":
        return "delete" if target.name else "deletecollection"
    verbs = {"POST": "create", "PUT": "update", "PATCH": "patch"}
    if request.method not in verbs:
        raise Refused(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")
    return verbs[request.method]


def _read(body: bytes) -> Any:
    """Return what was sent, as JSON, protobuf or (server-side apply) YAML."""
    if not body:
        return {}
    if body.startswith(protobuf.MAGIC):
        return protobuf.read(body)
    try:
        return json.loads(body) if body[:1] in b"{[" else yaml.safe_load(body)
    except ValueError as error:
        raise Refused(400, "BadRequest", f"couldn't get version/kind; json parse error: {error}") from None


def _options(request: web.BaseRequest, given: Object) -> Object:
    """Return the options of a deletion, which may be in the query, too."""
    options = dict(given)
    if "gracePeriodSeconds" in request.query:
        options["gracePeriodSeconds"] = int(request.query["gracePeriodSeconds"])
    if "propagationPolicy" in request.query:
        options["propagationPolicy"] = request.query["propagationPolicy"]
    return options


def _shown(request: web.BaseRequest, resource: Resource, found: Object, status: int = 200) -> web.Response:
    """Answer with an object, or with its row in a table if the client prefers that."""
    if "as=Table" in request.headers.get("Accept", ""):
        version = found["metadata"].get("resourceVersion", "")
        return web.json_response(table(resource, [found], version), status=status)
    return web.json_response(found, status=status)
