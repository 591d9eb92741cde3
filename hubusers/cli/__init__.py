"""The `hubusers` command. Each subcommand has a file of its name."""

import sys

try:
    import click

    from hubusers.cli import check, compare, demo, events, hub, incidents, options, purge, report
except KeyboardInterrupt:  # imports take most of a second, and Click handles Ctrl-C only after them
    sys.exit(130)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="hubusers")
def main() -> None:
    """Find out whether a JupyterHub holds when everyone comes at once.

    \b
    No hub at hand?           hubusers demo
    A hub to play with:       hubusers hub
    Check your own hub:       hubusers check --host https://hub.example.org
    Test it:                  locust --host https://hub.example.org
    List the test's options:  hubusers options
    Rehearse an event:        hubusers events, then locust --event NAME
    Learn from others:        hubusers incidents, then hubusers hub --incident NAME
    Compare two runs:         hubusers compare RUN-BEFORE RUN-AFTER
    Remove what a run left:   hubusers purge
    """


for command in (
    hub.hub,
    demo.demo,
    check.check,
    purge.purge,
    events.events,
    incidents.incidents,
    report.report,
    compare.compare,
    options.options,
):
    main.add_command(command)
