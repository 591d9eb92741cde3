"""The `hubusers` command: a local hub and a demonstration, a hub's check and purge, the reports of runs.

Each command has a file of its name.
"""

import click

from hubusers.cli import check, compare, demo, events, hub, options, purge, report


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="hubusers")
def main() -> None:
    """Find out whether a JupyterHub holds when everyone comes at once.

    \b
    No hub at hand?           hubusers demo
    A hub to play with:       hubusers hub
    Is my hub ready for it?   hubusers check --host https://hub.example.org
    The test itself:          locust --host https://hub.example.org
    Its options:              hubusers options
    An event to rehearse:     hubusers events, then locust --event NAME
    Was the change for good?  hubusers compare RUN-BEFORE RUN-AFTER
    """


for command in (
    hub.hub,
    demo.demo,
    check.check,
    purge.purge,
    events.events,
    report.report,
    compare.compare,
    options.options,
):
    main.add_command(command)
