"""`hubusers options`: what a test adds to Locust's own options."""

import argparse
from typing import Any, cast

import click

from hubusers.settings.options import add_options


@click.command()
def options() -> None:
    """Explain the options that a test adds to Locust's own; `locust --help` does not show them."""
    parser = _OptionsParser(prog="locust", usage="locust [options]", add_help=False, formatter_class=_wide_help)
    add_options(cast(Any, parser))
    click.echo(parser.format_help())
    click.echo("Behind each option is the variable that gives it too. All of Locust's own: locust --help")


class _OptionsParser(argparse.ArgumentParser):
    """Only to print help: takes what Locust's parser takes, and needs no Locust."""

    def add_argument(
        self, *flags: str, env_var: str = "", include_in_web_ui: bool = True, **kwargs: Any
    ) -> argparse.Action:
        if env_var:
            kwargs["help"] += f" [{env_var}]"
        return super().add_argument(*flags, **kwargs)


def _wide_help(prog: str) -> argparse.HelpFormatter:
    return argparse.HelpFormatter(prog, max_help_position=32, width=100)
