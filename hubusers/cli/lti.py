"""`hubusers lti`: the LMS that a run plays, so that people come by LTI launches."""

import json
import os
import secrets
from pathlib import Path
from typing import get_args

import click

from hubusers.browser.lti_platform import Lms, PlatformError, missing_libraries, read_platform
from hubusers.cli.lti_lines import config_lines, helm_values
from hubusers.cli.shared import fail

_HOST = "https://hubusers.invalid"
"""No host has such a name, now and ever: nobody is sent there, and nothing is asked of it."""

_FIELDS = """
# More fields of each launch, or others in place of those that it has anyway. In {lms}'s, every field that tells who
# somebody is has the name of the account. For LTI 1.3, names that begin with custom_ go into the claim `custom`.
[fields]
# custom_uname = "{{username}}"
"""


@click.command(short_help="Make the LMS that a run plays for LTI launches; print what the hub needs.")
@click.argument("file", type=click.Path(dir_okay=False))
@click.option(
    "--version",
    type=click.Choice(["1.1", "1.3"]),
    help="Of LTI, for a new file: the one that the hub's authenticator takes. Without it, 1.3.",
)
@click.option(
    "--lms",
    type=click.Choice(get_args(Lms)),
    help="Whose fields the launches have, for a new file. Without it, Moodle's.",
)
@click.option("--helm", is_flag=True, help="Print values for the Helm chart, in place of lines for the configuration.")
def lti(file: str, version: str | None, lms: Lms | None, helm: bool) -> None:
    """Make FILE, an LMS that a run plays (`--lti FILE`), and print what the hub's configuration needs for it.

    A FILE that is there stays as it is, and the lines for it are printed again. It holds a secret by which anybody can
    come to the hub as anybody: only you can read it. So give these lines to a copy of your hub, and take them out after
    the test.
    """
    is_new = not Path(file).exists()
    try:
        if is_new:
            _write(Path(file), (_one_of_1_1 if version == "1.1" else _one_of_1_3)(lms or "moodle"))
        platform = read_platform(file)
    except PlatformError as error:
        fail(str(error))
    except OSError as error:
        fail(f"{file} cannot be written: {error.strerror}.")
    if version not in {None, platform.version} or lms not in {None, platform.lms}:
        fail(
            f"{file} is there already, for LTI {platform.version} and launches as from {platform.lms.capitalize()}: "
            "give another name for a new file."
        )
    made = "made; only you can read it" if is_new else "is there already, and stays as it is"
    click.echo(f"{file}: {made}. LTI {platform.version}, launches as from {platform.lms.capitalize()}.", err=True)
    where = "the values of the hub's Helm chart" if helm else "the hub's jupyterhub_config.py"
    click.echo(f"For {where}; it needs the package jupyterhub-ltiauthenticator:\n", err=True)
    click.echo(helm_values(platform) if helm else config_lines(platform), nl=False)
    click.echo(f"\nThen: hubusers check --lti {file}", err=True)


def _write(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def _one_of_1_1(lms: Lms) -> str:
    return (
        f'version = "1.1"\nlms = "{lms}"\n'
        f'consumer_key = "hubusers-{secrets.token_hex(4)}"\nshared_secret = "{secrets.token_hex(32)}"\n'
        + _FIELDS.format(lms=lms.capitalize())
    )


def _one_of_1_3(lms: Lms) -> str:
    try:
        import jwt  # noqa: F401  # with which launches are signed
        from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    except ImportError as error:
        raise missing_libraries(error) from None
    key = generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    name = secrets.token_hex(4)
    rows = {
        "version": "1.3",
        "lms": lms,
        "issuer": _HOST,
        "client_id": f"hubusers-{name}",
        "deployment_id": "1",
        "authorize_url": f"{_HOST}/authorize",
        "key_id": name,
    }
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in rows.items())
    return f'{lines}private_key = """\n{pem}"""\n' + _FIELDS.format(lms=lms.capitalize())
