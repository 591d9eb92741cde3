"""The options of `hubusers kube run`: those of `hubusers run` that make sense in a pod, and where the cluster is."""

import click

from hubusers.cli.run import InGroups
from hubusers.cli.run_options import groups

WHERE = [
    click.Option(["--namespace", "-n"], metavar="NAME", help="The hub's namespace. Default: that of the context."),
    click.Option(["--context"], metavar="NAME", help="Context of the kubeconfig. Default: the current one."),
    click.Option(["--kubeconfig"], metavar="FILE", help="The kubeconfig. Default: as for kubectl."),
    click.Option(
        ["--values"],
        metavar="FILE",
        help="Image, resources, node selector, tolerations, labels and more, in YAML: the values of the chart in "
        "deploy/chart.",
    ),
]

_CLUSTER = [
    *WHERE,
    click.Option(
        ["--workers"],
        metavar="N",
        type=click.IntRange(min=0),
        help="Share the people out to so many pods more. Default: 0; one pod keeps thousands waiting.",
    ),
]

_MORE_WORKERS = "pods are the processes here: give --workers N."
_ADDRESS = "the web page is on this machine's loopback only, by kubectl's port-forward."
_IN_FOLDER = "it would stay in the pod; the run's folder, which comes home, has"

_REFUSED = {
    "--processes": _MORE_WORKERS,
    "--master": _MORE_WORKERS,
    "--worker": _MORE_WORKERS,
    "--expect-workers": _MORE_WORKERS,
    "--master-bind-host": _MORE_WORKERS,
    "--master-bind-port": _MORE_WORKERS,
    "--master-host": _MORE_WORKERS,
    "--master-port": _MORE_WORKERS,
    "--web-host": _ADDRESS,
    "--web-url": _ADDRESS,
    "--class-picker": "with --web the run begins at once: name the user classes on the command line.",
    "--csv": f"{_IN_FOLDER} the same tables in locust-requests.csv and locust-failures.csv.",
    "--html": f"{_IN_FOLDER} a report of its own, report.html.",
    "--logfile": "the pod's log appears here: redirect the standard error of this command.",
}
"""Options of `hubusers run` that make no sense in a pod, with what to do instead."""

_FIRST_TRY = "but a command that says nothing of the run has 10 users come, one each second, for two minutes"

_HELP = {
    "host": "The hub's URL as the pods reach it. Without it, that of the Service hub or, for people with a browser, of "
    "proxy-public, with hub.baseUrl.",
    "hub_token_file": "File on this machine with the hub's API token. Without it, the token is that of the Secret hub.",
    "ca_bundle": "File or folder on this machine with the certificates of the authorities that may have signed the "
    "hub's TLS certificate. Without it, the usual authorities.",
    "users": f"Number of users. Default: 1; {_FIRST_TRY}. [LOCUST_USERS]",
    "run_time": f"How long the run lasts: 90s, 10m, 1h30m. Without it, until Ctrl-C; {_FIRST_TRY}. [LOCUST_RUN_TIME]",
    "web": "Show the web UI here while the run lasts, by kubectl's port-forward. The run begins at once.",
    "autostart": "What --web does in a cluster in any case.",
    "autoquit": "End the run's web UI so many seconds after the run. Default: 60.",
    "web_port": "Port of the web UI on this machine. Default: 8089, or one that is free.",
    "dry_run": "Print the manifests of all that would be made in the cluster, and ask neither cluster nor hub. The "
    "content of Secrets is hidden.",
    "otel": "Send figures and traces to an OpenTelemetry collector: which one, the variables OTEL_... say, of this "
    "machine or under env in --values. [LOCUST_ENABLE_OPENTELEMETRY]",
    "runs_folder": 'Folder on this machine into which the run\'s folder comes; "" for none. Default: runs. '
    "[HUBUSERS_RUNS_FOLDER]",
}
"""What options mean here, where it is not the same as in a run from this machine."""

_OF_THIS_MACHINE = {"host", "hub_token_file", "ca_bundle"}
"""Options whose variables are for tests from this machine: here, the hub and its token are those of the cluster."""

NOT_PASSED_ON = {
    *["namespace", "context", "kubeconfig", "workers", "values", "web", "web_port", "autostart", "dry_run", "host"],
    *["event", "time_scale", "accounts", "password_file", "notebooks", "ca_bundle", "hub_token_file", "locustfile"],
    *["runs_folder", "grafana_token_file", "lti"],
}
"""What is for this command, or is said to the pod in another way."""


def kube_groups() -> dict[str, list[click.Option]]:
    """Return the options by the titles of their groups, in the order of the help."""
    made = {"The cluster": _CLUSTER}
    for title, options in groups(read_variables=True).items():
        kept = [option for option in options if not set(option.opts) & _REFUSED.keys()]
        for option in kept:
            option.help = _HELP.get(str(option.name), option.help)
            if option.name in _OF_THIS_MACHINE:
                option.envvar = None
        if kept:
            made[title] = kept
    return made


class ForPods(InGroups):
    """Refuses, with a sentence of its own, what makes no sense in a pod."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if why := _REFUSED.get(error.option_name.partition("=")[0]):
                raise click.UsageError(f"Leave out {error.option_name}: {why}", ctx) from None
            raise
