"""What must be there before a run is made in a cluster: the hub, its token, and the right to make what is needed."""

from concurrent.futures import ThreadPoolExecutor

from hubusers.kube.kubectl import Kubectl, NotAllowed, NotThere
from hubusers.kube.order import IN_CLUSTER, Order
from hubusers.kube.values import TokenSecret

_NEEDED = {
    ("create", "jobs.batch"): "make the run's Job",
    ("delete", "jobs.batch"): "delete it afterwards",
    ("list", "pods"): "see how its pod is",
    ("get", "pods/log"): "follow its log",
    ("create", "pods/exec"): "bring its results home, and end it in order",
}
_FOR_ALL_BESIDE_THE_JOB = {("patch", "jobs.batch"): "let its pod begin when all else is there"}
_FOR_FILES = {
    **_FOR_ALL_BESIDE_THE_JOB,
    ("create", "configmaps"): "give it the event and other files",
    ("delete", "configmaps"): "delete these files afterwards",
}
_FOR_SECRETS = {
    **_FOR_ALL_BESIDE_THE_JOB,
    ("create", "secrets"): "give it accounts and passwords",
    ("delete", "secrets"): "delete these afterwards",
}
_FOR_WORKERS = {
    **_FOR_ALL_BESIDE_THE_JOB,
    ("create", "services"): "let workers find the run",
    ("delete", "services"): "delete this Service afterwards",
}
_FOR_PAGE = {("create", "pods/portforward"): "show its web page here"}

_VALUES = """\
hub:
  services:
    hubusers: {}  # the chart makes its token, and puts it into the Secret
  loadRoles:
    hubusers:
      services: [hubusers]
      scopes: ["admin:users", "admin:servers", "tokens", "read:hub", "read:metrics"]
"""
"""What to add to the hub's values, of the Zero to JupyterHub chart."""


def check_cluster(kubectl: Kubectl, order: Order) -> Order:
    """Make sure that there can be this run, and find the hub; return the order with the hub's URL in it.

    Raises:
        KubectlError: There cannot; the text says why, and what to do. Or the cluster does not answer.
    """
    check_namespace(kubectl)
    if not order.has_address:
        order = order.at(address_of_hub(kubectl, with_browser=order.has_browser))
    if not order.files.token:
        check_token(kubectl, order.values.hub.token_secret)
    check_rights(kubectl, order)
    return order


def check_rights(kubectl: Kubectl, order: Order) -> None:
    """Make sure that this user may do what the run needs.

    Raises:
        KubectlError: The cluster does not answer, or the user lacks a right; the text names all that are missing.
    """
    files = order.files
    wanted = {
        **_NEEDED,
        **(_FOR_FILES if files.files else {}),
        **(_FOR_SECRETS if files.has_secrets else {}),
        **(_FOR_WORKERS if order.values.workers else {}),
        **(_FOR_PAGE if order.values.web else {}),
    }
    with ThreadPoolExecutor(4) as pool:
        allowed = list(pool.map(lambda right: kubectl.may(*right), wanted))
    rights = zip(wanted.items(), allowed, strict=True)
    missing = [f"{verb} {resource} ({what})" for ((verb, resource), what), may in rights if not may]
    if missing:
        raise NotAllowed(
            f"In the namespace {kubectl.namespace}, you may not {', '.join(missing)}. Ask an administrator of the "
            "cluster for a role with these rights."
        )


def check_namespace(kubectl: Kubectl) -> None:
    """Make sure that the namespace is there, where this user may see that.

    Raises:
        KubectlError: The cluster does not answer, or has no such namespace.
    """
    try:
        kubectl.run("get", "namespace", kubectl.namespace, "--output=name")
    except NotThere:
        raise NotThere(
            f"The cluster has no namespace {kubectl.namespace}: give that of the hub with -n; `kubectl get pods "
            "--all-namespaces` shows where the hub is."
        ) from None
    except NotAllowed as error:
        if "(Unauthorized)" in error.said or "logged in" in error.said:
            raise
        # A role for one namespace does not show namespaces.


def check_token(kubectl: Kubectl, secret: TokenSecret) -> None:
    """Make sure that the hub's token is where the pod takes it from. The token itself is not read.

    Raises:
        KubectlError: It is not there; the text says how the hub's chart makes it. Or the cluster does not answer.
    """
    keys = '--output=go-template={{range $key, $value := .data}}{{$key}}{{"\\n"}}{{end}}'
    try:
        found = kubectl.run("get", "secret", secret.name, keys).split()
    except NotThere:
        found = None
    except NotAllowed:
        return  # the pod will tell
    if found is None or secret.key not in found:
        is_missing = (
            f"no Secret {secret.name} in the namespace {kubectl.namespace}"
            if found is None
            else f"no key {secret.key} in the Secret {secret.name} of the namespace {kubectl.namespace}"
        )
        raise NotThere(
            f"There is {is_missing}, so that the run would have no token. Add this to the hub's values:\n\n{_VALUES}\n"
            f"then upgrade the hub as you always do, with all of its values and the version of the chart that it has, "
            f"which `helm list -n {kubectl.namespace}` shows: helm upgrade RELEASE jupyterhub --repo "
            f"https://hub.jupyter.org/helm-chart --version VERSION -n {kubectl.namespace} --values FILE. Then run this "
            "command again. If the token is elsewhere, name its Secret in --values (hub.tokenSecret), or give "
            "--hub-token-file."
        )


def address_of_hub(kubectl: Kubectl, *, with_browser: bool) -> str:
    """Return the URL at which the pods reach the hub.

    The API is at the Service `hub`. People with a browser come by the proxy, at the Service `proxy-public`; where the
    chart's own TLS stands before it, which has a certificate for the public name only, at `proxy-http` behind that.

    Args:
        kubectl: How to get at the cluster.
        with_browser: Whether people with a browser come.

    Raises:
        KubectlError: There is no hub in the namespace, or the cluster does not answer.
    """
    try:
        services = {one["metadata"]["name"]: one for one in kubectl.json("get", "services")["items"]}
    except NotAllowed:
        return IN_CLUSTER[with_browser]
    if "hub" not in services:
        raise NotThere(
            f"There is no hub in the namespace {kubectl.namespace}: the Zero to JupyterHub chart makes a Service `hub` "
            "there. Give the hub's namespace with -n, or its URL with --host."
        )
    # The chart writes where the hub's metrics are, below hub.baseUrl.
    metrics = (services["hub"]["metadata"].get("annotations") or {}).get("prometheus.io/path", "")
    base = metrics.removesuffix("/hub/metrics") if metrics.endswith("/hub/metrics") else ""
    behind_tls = "http://proxy-http:8000" if with_browser and "proxy-http" in services else ""
    return f"{behind_tls or IN_CLUSTER[with_browser]}{base}"
