"""`hubusers kube run`: a test in the hub's own Kubernetes cluster, followed from here."""

import sys
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from hubusers.accounts.names import DEFAULT_PREFIX, checked_beginning
from hubusers.cli.kube_options import WHERE, ForPods, kube_groups
from hubusers.cli.shared import NAMED_SERVERS_OPTION, fail
from hubusers.exit_codes import EXIT_INTERRUPTED, EXIT_LEFT_BEHIND
from hubusers.how_installed import this_installation
from hubusers.settings.access import SettingsError
from hubusers.settings.options import WEB_UI

if TYPE_CHECKING:
    from hubusers.kube.kubectl import Kubectl
    from hubusers.kube.order import Order
    from hubusers.kube.values import Values

_GROUPS = kube_groups()


@click.group(short_help="Test a hub from inside its Kubernetes cluster.")
def kube() -> None:
    """Test a hub from inside its Kubernetes cluster, with your own kubectl."""


@kube.command(cls=ForPods, groups=_GROUPS, short_help="Test the hub from a pod beside it, and bring the results home.")
@click.argument("user_classes", nargs=-1, metavar="[USER_CLASS]... [-- LOCUST_OPTION...]")
@click.pass_context
def run(
    ctx: click.Context,
    /,
    namespace: str | None,
    context: str | None,
    kubeconfig: str | None,
    dry_run: bool,
    user_classes: tuple[str, ...],
    **_: Any,
) -> None:
    """Test the hub from a pod beside it: the same as `hubusers run`, in the hub's own Kubernetes cluster.

    \b
    Two commands. Once, let the hub's chart make a token: add this to the hub's values, and `helm upgrade` it.
      hub:
        services:
          hubusers: {}
        loadRoles:
          hubusers:
            services: [hubusers]
            scopes: ["admin:users", "admin:servers", "tokens", "read:hub", "read:metrics"]
    Then, as often as you like:
      hubusers kube run -n jhub                                 a first try: 10 users, for two minutes
      hubusers kube run --event class.toml -n jhub              an event, from one pod
      hubusers kube run --event exam -n jhub --workers 2        the same, from three pods
      hubusers kube run -u 300 -r 10 -t 5m -n jhub              300 users, 10 more each second
      hubusers kube run NotebookUser -u 30 -n jhub --web        people with a browser; watch them here
      hubusers kube run --event exam -n jhub --host https://hub.example.org
                                                                with ingress and TLS in the test
      hubusers kube run --event class.toml -n jhub --dry-run    only the manifests, without a cluster

    It needs kubectl, with a user who may create Jobs in the hub's namespace; it says what else is missing. It makes a
    Job, and ConfigMaps and a Secret for the files that you name; follows the run's log; brings the run's folder home,
    into runs, every minute and at the end; and deletes all that it made. Ctrl-C ends the run in order: it removes what
    it made on the hub, and its folder comes home. A second Ctrl-C ends it at once, and says what may be left.

    Without --host, people without a browser use the hub's own address in the cluster, http://hub:8081, and people with
    a browser the proxy's, http://proxy-public. JUPYTERHUB_ENDPOINT and JUPYTERHUB_API_TOKEN are for tests from this
    machine, and do not count here: the token comes from the Secret hub, or from --hub-token-file.

    The exit code is that of the run: 0 when all targets were held, or without targets when nothing failed; 1 when a
    target was missed or something failed; 2 when there could be no test; 3 when something is left on the hub or in the
    cluster; 4 when the run gave no answer; and 130 when it was interrupted before it began, or ended at once.

    --dry-run hides the values of Secrets and of variables in --values, so that you may show what it prints to others;
    the event, notebooks and locustfiles are in it as they are.
    """
    _check_extra()
    # Imported here, because the help and a mistake on the command line need none of it.
    from hubusers.cli.kube_order import as_yaml, order_from
    from hubusers.kube.kubectl import KubectlError, in_namespace
    from hubusers.kube.pod_lines import set_up_logging

    for option in _GROUPS[WEB_UI] if not ctx.params["web"] else []:
        if _is_typed(ctx, option):
            raise click.UsageError(f"{option.opts[0]} is for the web UI: add --web.")
    set_up_logging()
    try:
        order = order_from(ctx, user_classes)
        if dry_run:
            click.echo(as_yaml(order), nl=False)
            return
        code = _run(in_namespace(namespace or "", context or "", kubeconfig or ""), order)
    except (SettingsError, KubectlError) as error:
        fail(str(error))
    sys.exit(code)


def _run(kubectl: "Kubectl", order: "Order") -> int:
    """Make sure that there can be a run, and conduct it; return its exit code."""
    from hubusers.kube.cluster_check import check_cluster
    from hubusers.kube.conductor import Conductor
    from hubusers.kube.interrupts import Interrupts

    interrupts = Interrupts()
    with interrupts.noted():
        order = check_cluster(kubectl, order)
        manifests = order.manifests()
        if interrupts.count:
            click.echo("Interrupted; nothing was made in the cluster.", err=True)
            return EXIT_INTERRUPTED
        return Conductor(kubectl, order, interrupts).run(manifests)


@kube.command(
    cls=click.Command,
    params=[*WHERE],
    short_help="Remove what a run left on the hub, from a pod beside it.",
)
@click.option("--host", "-H", metavar="URL", help="The hub's URL as pods reach it. Default: that of the Service hub.")
@click.option("--run", "run_id", metavar="ID", help="Remove only what this run left; by default, what any run left.")
@click.option(
    "--name-prefix", metavar="PREFIX", default=DEFAULT_PREFIX, show_default=True, help="The beginning of the names."
)
@NAMED_SERVERS_OPTION
@click.option("--yes", is_flag=True, help="Don't ask before removing.")
def purge(
    namespace: str | None,
    context: str | None,
    kubeconfig: str | None,
    values: str | None,
    host: str | None,
    run_id: str | None,
    name_prefix: str,
    named_servers: bool,
    yes: bool,
) -> None:
    """Remove what a run left on the hub, from a pod beside it: hubusers purge, for whoever has no token of the hub.

    Give the same --values and --host as to the run. Where the values name a Secret with accounts, it stops the servers
    of all these accounts, whoever started them. Do not purge during a test, unless you want to remove its users too.

    The exit code is 0 when nothing is left, and 3 when something may be left.
    """
    _check_extra()
    from hubusers.cli.kube_order import values_from
    from hubusers.kube.kubectl import KubectlError, in_namespace
    from hubusers.kube.pod_lines import set_up_logging

    if run_id is not None:
        try:
            checked_beginning(run_id)
        except ValueError as error:
            raise click.UsageError(f"{error}.") from None
    set_up_logging()
    which = [f"--name-prefix={name_prefix}"]
    which += [f"--run={run_id}"] if run_id else []
    which += ["--named-servers"] if named_servers else []
    try:
        chosen = values_from(values)
        if host:
            hub = chosen.hub.model_copy(update={"url": host})
            chosen = chosen.model_copy(update={"hub": hub})
        kubectl = in_namespace(namespace or "", context or "", kubeconfig or "")
        if not yes:
            what = f"what the run {run_id} left" if run_id else "what any run left"
            what = f"the servers of all accounts in the Secret {chosen.accounts}" if chosen.accounts else what
            click.confirm(f"Remove {what} on the hub of the namespace {kubectl.namespace}?", abort=True)
        why = _purge(kubectl, chosen, which, has_address=bool(host) or "url" in chosen.hub.model_fields_set)
    except (SettingsError, KubectlError) as error:
        fail(str(error))
    if why:
        click.echo(f"Something may be left on the hub: {why}.", err=True)
        sys.exit(EXIT_LEFT_BEHIND)


def _purge(kubectl: "Kubectl", values: "Values", which: list[str], *, has_address: bool) -> str:
    from hubusers.accounts.names import random_word
    from hubusers.kube.clean_up_pod import purge_in_cluster
    from hubusers.kube.interrupts import Interrupts
    from hubusers.kube.patience import EndAtOnce, Patience

    interrupts, name = Interrupts(), f"hubusers-{random_word()}-clean-up"
    with interrupts.noted():
        try:
            return purge_in_cluster(
                kubectl, values, name, which, has_address=has_address, patience=Patience(interrupts)
            )
        except EndAtOnce:
            return "you ended it"


def _check_extra() -> None:
    """Exit with a sentence where the extra `kube` is not installed."""
    try:
        import yaml  # noqa: F401
    except ImportError as error:
        fail(this_installation().without("kube", "Commands for a cluster need", error))


def _is_typed(ctx: click.Context, option: click.Option) -> bool:
    return ctx.get_parameter_source(str(option.name)) is ParameterSource.COMMANDLINE
