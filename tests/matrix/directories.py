"""Where people's passwords are, when not in the hub: an LDAP directory, an OpenID provider."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from hubusers.local.ports import LOOPBACK, free_port
from tests.matrix.case import Part, Site
from tests.matrix.processes import listens, ran, running, version_of

PEOPLE: Mapping[str, str] = {name: f"{name}'s password" for name in ("anna", "bert", "cleo", "dirk")}
"""Who is in each directory, and their passwords."""

ACCOUNTS = "name,password\n" + "".join(f"{name},{password}\n" for name, password in PEOPLE.items())
"""The same for `--accounts`."""

KNOWN = f"c.Authenticator.allowed_users = set({list(PEOPLE)!r})\n"
"""With it the hub knows them before they log in, so that their servers can be started by the API."""

_SLAPD = """\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/slapd.pid
database mdb
suffix dc=campus,dc=example
directory {folder}/ldap
"""


def _ldif() -> str:
    entries = ["dn: dc=campus,dc=example\nobjectClass: domain\ndc: campus\n"]
    entries += [
        f"dn: uid={name},dc=campus,dc=example\nobjectClass: inetOrgPerson\nuid: {name}\ncn: {name}\nsn: {name}\n"
        f"userPassword: {password}\n"
        for name, password in PEOPLE.items()
    ]
    return "\n".join(entries)


@contextmanager
def _slapd(site: Site) -> Iterator[Mapping[str, object]]:
    port = free_port()
    config, entries = site.folder / "slapd.conf", site.folder / "people.ldif"
    config.write_text(_SLAPD.format(folder=site.folder), encoding="utf-8")
    entries.write_text(_ldif(), encoding="utf-8")
    (site.folder / "ldap").mkdir()
    ran(["slapadd", "-f", str(config), "-l", str(entries)])
    command = ["slapd", "-d", "0", "-f", str(config), "-h", f"ldap://{LOOPBACK}:{port}"]
    with running(command, site.folder / "slapd.log", lambda: listens(port)):
        yield {"ldap_port": port}


SLAPD = Part("OpenLDAP", {"slapd": "apt install slapd"}, _slapd, version_of("slapd", "-VV"))


@contextmanager
def _openid_provider(site: Site) -> Iterator[Mapping[str, object]]:
    port = free_port()
    command = [str(site.hub_python), "-m", "oidc_provider_mock", "--port", str(port)]
    with running(command, site.folder / "openid.log", lambda: listens(port)):
        yield {"provider": f"http://{LOOPBACK}:{port}"}


OPENID_PROVIDER = Part("an OpenID provider", {}, _openid_provider, lambda: "")
