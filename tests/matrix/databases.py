"""Databases of the hub, each a server of its own on loopback."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from hubusers.local.ports import LOOPBACK, free_port
from tests.matrix.case import Case, Part, Site
from tests.matrix.processes import as_somebody, folder_of, listens, ran, running, version_of


def _postgresql_program(name: str) -> str:
    """Return the path of a program that Debian keeps apart for each version of PostgreSQL."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(found[-1]) if found else name


@contextmanager
def _postgresql(site: Site) -> Iterator[Mapping[str, object]]:
    port, owner = free_port(), "postgres"
    with folder_of(owner) as folder:
        initdb = [_postgresql_program("initdb"), "--pgdata", f"{folder}/data", "--auth", "trust", "--username", "hub"]
        ran(initdb, cwd=folder, **as_somebody(owner))
        command = [_postgresql_program("postgres"), "-D", f"{folder}/data", "-p", str(port)]
        command += ["-c", f"listen_addresses={LOOPBACK}", "-c", f"unix_socket_directories={folder}"]
        log = site.folder / "postgresql.log"
        with running(command, log, lambda: "ready to accept" in log.read_text(), cwd=folder, **as_somebody(owner)):
            yield {"database_url": f"postgresql+psycopg2://hub@{LOOPBACK}:{port}/postgres"}


_MAKE_DATABASE = """
CREATE DATABASE hub; CREATE USER hub@localhost IDENTIFIED BY 'hub'; GRANT ALL ON hub.* TO hub@localhost;
"""


@contextmanager
def _mariadb(site: Site) -> Iterator[Mapping[str, object]]:
    port, owner = free_port(), "mysql"
    with folder_of(owner) as folder:
        install = [
            "mariadb-install-db",
            "--no-defaults",
            f"--datadir={folder}/data",
            "--auth-root-authentication-method=normal",
        ]
        ran(install, cwd=folder, **as_somebody(owner))
        command = ["mariadbd", "--no-defaults", f"--datadir={folder}/data", f"--socket={folder}/socket"]
        command += [f"--port={port}", f"--bind-address={LOOPBACK}", f"--pid-file={folder}/pid"]
        with running(command, site.folder / "mariadb.log", lambda: listens(port), cwd=folder, **as_somebody(owner)):
            client = ["mariadb", "--no-defaults", f"--socket={folder}/socket", "--user=root"]
            ran([*client, "--execute", _MAKE_DATABASE], cwd=folder)
            yield {"database_url": f"mysql+pymysql://hub:hub@{LOOPBACK}:{port}/hub"}


POSTGRESQL = Part(
    "PostgreSQL",
    {_postgresql_program("postgres"): "apt install postgresql"},
    _postgresql,
    version_of(_postgresql_program("postgres"), "--version"),
)
MARIADB = Part("MariaDB", {"mariadbd": "apt install mariadb-server"}, _mariadb, version_of("mariadbd", "--version"))

CONFIG = "c.JupyterHub.db_url = database_url\n"

CASES = (
    Case("PostgreSQL", hub_packages=("psycopg2-binary",), parts=(POSTGRESQL,), config=CONFIG),
    Case("MariaDB", hub_packages=("pymysql",), parts=(MARIADB,), config=CONFIG),
)
