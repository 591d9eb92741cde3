"""Where people's passwords are, when not in the hub: an LDAP directory, an OpenID provider, PAM."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from hubusers.local.ports import LOOPBACK, free_port
from tests.matrix.case import Part, Site
from tests.matrix.processes import listens, ran, running, version_of

PEOPLE: Mapping[str, str] = {"anna": "anna's password", "bert": "bert's password"}
"""Who is in each directory, and their passwords."""

ACCOUNTS = "name,password\n" + "".join(f"{name},{password}\n" for name, password in PEOPLE.items())
"""The same for `--accounts`."""

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


_PAM_WRAPPER = "libpam_wrapper.so"
_NSS_WRAPPER = "libnss_wrapper.so"


def _library(name: str) -> str:
    """Return the path of a library; its name, where it is not installed."""
    found = sorted(Path("/usr/lib").glob(f"*/{name}"))
    return str(found[0]) if found else name


def machine_accounts(folder: Path, names: Sequence[str]) -> dict[str, str]:
    """Return variables with which a process sees these accounts on the machine, and nobody else does.

    They have the number of the account that runs this, because the files of the tests must be readable for them.
    """
    passwd, group = folder / "passwd", folder / "group"
    theirs = "".join(f"{name}:x:0:0::{folder}/homes/{name}:/bin/bash\n" for name in names)
    passwd.write_text(Path("/etc/passwd").read_text(encoding="utf-8") + theirs, encoding="utf-8")
    group.write_text(Path("/etc/group").read_text(encoding="utf-8"), encoding="utf-8")
    return {
        "LD_PRELOAD": _library(_NSS_WRAPPER),
        "NSS_WRAPPER_PASSWD": str(passwd),
        "NSS_WRAPPER_GROUP": str(group),
    }


@contextmanager
def _pam(site: Site) -> Iterator[Mapping[str, object]]:
    services, passwords = site.folder / "pam.d", site.folder / "passdb"
    services.mkdir()
    passwords.write_text("".join(f"{name}:{password}:login\n" for name, password in PEOPLE.items()), encoding="utf-8")
    matrix = _library("pam_wrapper/pam_matrix.so")
    lines = [f"{kind} required {matrix} passdb={passwords}\n" for kind in ("auth", "account", "session", "password")]
    (services / "login").write_text("".join(lines), encoding="utf-8")
    accounts = machine_accounts(site.folder, list(PEOPLE))
    yield {
        **accounts,
        "LD_PRELOAD": f"{_library(_PAM_WRAPPER)}:{accounts['LD_PRELOAD']}",
        "PAM_WRAPPER": "1",
        "PAM_WRAPPER_SERVICE_DIR": str(services),
    }


PAM = Part(
    "PAM",
    {
        _library(_PAM_WRAPPER): "apt install libpam-wrapper",
        _library(_NSS_WRAPPER): "apt install libnss-wrapper",
    },
    _pam,
    lambda: "",
)
