"""`hubusers options`: the options that a test adds to Locust's own."""

import argparse

import click

from hubusers.settings.options import options_by_section


@click.command(short_help="Explain the options that a test adds to Locust's own.")
def options() -> None:
    """Explain the options that a test adds to Locust's own; `locust --help` does not show them."""
    parser = argparse.ArgumentParser(
        prog="locust", usage="locust [options]", add_help=False, formatter_class=_wide_help
    )
    for section, declared in options_by_section().items():
        group = parser.add_argument_group(section)
        for option in declared:
            argument = option.argument()
            if option.variable:
                argument["help"] += f" [{option.variable}]"
            group.add_argument(option.flag, **argument)
    click.echo(parser.format_help())
    click.echo("In brackets: the environment variable that gives the option too. Locust's own options: locust --help")


def _wide_help(prog: str) -> argparse.HelpFormatter:
    return argparse.HelpFormatter(prog, max_help_position=32, width=100)
