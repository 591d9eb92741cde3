"""Watches: each change of what a client asked for, as a line of JSON, until it goes or its time is over."""

import asyncio
import json

from aiohttp import web

from tests.kube.resources import Object, Resource
from tests.kube.selectors import Filter, is_true
from tests.kube.store import Change, Refused, Store
from tests.kube.tables import table


async def watch(store: Store, resource: Resource, wanted: Filter, request: web.BaseRequest) -> web.StreamResponse:
    """Stream the changes from a version on; without one, first all objects that are there."""
    query = request.query
    as_table = "as=Table" in request.headers.get("Accept", "")
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)

    async def send(kind: str, found: Object) -> None:
        shown = found
        if as_table and kind in ("ADDED", "MODIFIED", "DELETED"):
            shown = table(resource, [found], found["metadata"]["resourceVersion"])
        await response.write(json.dumps({"type": kind, "object": shown}).encode() + b"\n")

    since = query.get("resourceVersion", "")
    version = store.version if since in ("", "0") else int(since)
    if version < store.oldest:
        message = f"too old resource version: {version} ({store.oldest})"
        await send("ERROR", Refused(410, "Expired", message).status)
        return response
    if since in ("", "0") or is_true(query, "sendInitialEvents"):
        version = store.version
        for found in list(store.all(resource.plural)):
            if wanted(found):
                await send("ADDED", found)
    if is_true(query, "sendInitialEvents"):
        await send("BOOKMARK", _bookmark(resource, version))
    seconds = float(query["timeoutSeconds"]) if "timeoutSeconds" in query else None
    try:
        async with asyncio.timeout(seconds):
            while True:
                for change in store.since(version):
                    version = change.version
                    kind, found = _seen(change, wanted) if change.plural == resource.plural else ("", {})
                    if kind:
                        await send(kind, found)
                if version == store.version:
                    await store.changed()
    except (TimeoutError, ConnectionError):
        pass
    return response


def _bookmark(resource: Resource, version: int) -> Object:
    annotations = {"k8s.io/initial-events-end": "true"}
    metadata = {"resourceVersion": str(version), "annotations": annotations}
    return {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": metadata}


def _seen(change: Change, wanted: Filter) -> tuple[str, Object]:
    """Return what a change is to somebody who sees only some of the objects."""
    before = change.before is not None and wanted(change.before)
    after = change.after is not None and wanted(change.after)
    if after and change.after:
        return ("MODIFIED" if before else "ADDED"), change.after
    if before and change.before:
        last = change.after or change.before
        return "DELETED", {**change.before, "metadata": last["metadata"]}
    return "", {}
