"""docker-compose.yml: what its services run is a command of the image, with options that there are."""

from locust.argument_parser import get_parser

import re
import shlex

import click
import yaml

from hubusers.cli import main
from hubusers.settings.options import add_options
from tests.deploy.files import TOP

IMAGE = (TOP / "Dockerfile").read_text(encoding="utf-8")


def test_the_services_run_commands_that_there_are() -> None:
    services = yaml.safe_load((TOP / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    assert 'ENTRYPOINT ["locust"]' in IMAGE
    parser = get_parser()
    add_options(parser)
    for name, service in services.items():
        program, arguments = service.get("entrypoint", "locust"), shlex.split(service["command"])
        assert program == ("hubusers" if name == "hub" else "locust")
        if program == "locust":
            parser.parse_args(arguments)
        else:
            subcommand = main.get_command(click.Context(main), arguments[0])
            assert subcommand
            subcommand.make_context(arguments[0], arguments[1:])
    # What the image runs the check with is a command, too.
    assert services["hub"]["healthcheck"]["test"].startswith("hubusers check ")


def test_the_image_has_the_locustfile_where_it_says() -> None:
    assert re.search(r"^COPY locustfile\.py /hubusers/$", IMAGE, re.MULTILINE)
    assert "LOCUST_LOCUSTFILE=/hubusers/locustfile.py" in IMAGE
