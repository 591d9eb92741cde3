"""The `hubusers` command. Each subcommand has a file of its name, which is imported only for that subcommand."""

import sys
from typing import Any

from hubusers.exit_codes import EXIT_INTERRUPTED

try:
    import importlib
    from collections.abc import Iterable

    import click
except KeyboardInterrupt:  # imports take a while, and Click handles Ctrl-C only after them
    sys.exit(EXIT_INTERRUPTED)

_SUBCOMMANDS = (
    "run",
    "check",
    "events",
    "demo",
    "hub",
    "incidents",
    "report",
    "compare",
    "purge",
    "options",
    "locustfile",
    "lti",
    "kube",
)


class _Subcommands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_SUBCOMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _SUBCOMMANDS:
            return None
        try:
            module = importlib.import_module(f"hubusers.cli.{cmd_name}")
        except KeyboardInterrupt:
            sys.exit(EXIT_INTERRUPTED)
        command: click.Command = getattr(module, cmd_name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:  # for which Click has an exit code of its own
            click.echo("Interrupted.", err=True)
            sys.exit(EXIT_INTERRUPTED)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if not ctx.resilient_parsing and args[0] not in _SUBCOMMANDS and not args[0].startswith("-"):
            from hubusers.event.model import did_you_mean

            raise click.UsageError(f"There is no command {args[0]!r}; {did_you_mean(args[0], _SUBCOMMANDS)}", ctx)
        return super().resolve_command(ctx, args)


class _WholeWords(click.HelpFormatter):
    """Breaks no word at its hyphen: what a person copies from the help, such as log-out=70%, stays whole."""

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        kept = [(first, second.replace("-", _UNBROKEN)) for first, second in rows]
        super().write_dl(kept, col_max, col_spacing)

    def write_text(self, text: str) -> None:
        super().write_text(text.replace("-", _UNBROKEN))

    def getvalue(self) -> str:
        return super().getvalue().replace(_UNBROKEN, "-")


_UNBROKEN = "\N{NON-BREAKING HYPHEN}"

click.Context.formatter_class = _WholeWords


def _show_version(ctx: click.Context, option: click.Parameter, is_wanted: bool) -> None:
    if is_wanted:
        from hubusers.version import version

        click.echo(f"hubusers, version {version()}")
        ctx.exit()


@click.group(cls=_Subcommands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version and exit.",
)
def main() -> None:
    """Find out whether a JupyterHub holds when everyone comes at once.

    \b
    No hub at hand?           hubusers demo
    A hub to play with:       hubusers hub
    Check your own hub:       hubusers check --host https://hub.example.org
    Test it:                  hubusers run -u 300 -r 10 -t 5m
    Watch it in the browser:  hubusers run --web
    Rehearse an event:        hubusers events, then hubusers run --event NAME
    All that a run can do:    hubusers run --help
    In the hub's cluster:     hubusers kube run --help
    Learn from others:        hubusers incidents, then hubusers hub --incident NAME
    People from an LMS:       hubusers lti FILE, then hubusers run NotebookUser --lti FILE
    Compare two runs:         hubusers compare RUN-BEFORE RUN-AFTER
    Remove what a run left:   hubusers purge
    For Locust's own command: locust -f "$(hubusers locustfile)"
    Documentation:            https://hubusers.readthedocs.io
    """
