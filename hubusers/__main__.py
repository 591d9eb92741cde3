"""`python -m hubusers` is the `hubusers` command."""

from hubusers.cli import main

main(prog_name="hubusers")
