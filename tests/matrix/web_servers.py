"""Web servers before a hub, with a certificate of an authority of their own, configured as JupyterHub's docs say."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import trustme

from hubusers.local.ports import LOOPBACK, free_port
from tests.matrix.case import Part, Site
from tests.matrix.processes import listens, running, version_of

# As in JupyterHub's "Using a reverse proxy".
_NGINX = """\
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/nginx-body;
    proxy_temp_path {folder}/nginx-proxy;
    fastcgi_temp_path {folder}/nginx-fastcgi;
    uwsgi_temp_path {folder}/nginx-uwsgi;
    scgi_temp_path {folder}/nginx-scgi;
    map $http_upgrade $connection_upgrade {{
        default upgrade;
        ''      close;
    }}
    server {{
        listen {ip}:{port} ssl;
        ssl_certificate {certificate};
        ssl_certificate_key {certificate};
        client_max_body_size 50M;
        location / {{
            proxy_pass http://{ip}:{proxy_port};
            proxy_set_header X-Real-IP $remote_addr;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Scheme $scheme;
            proxy_http_version 1.1;
            proxy_set_header Upgrade {upgrade};
            proxy_set_header Connection $connection_upgrade;
            proxy_read_timeout {seconds}s;
            proxy_buffering off;
        }}
    }}
}}
"""

_HAPROXY = """\
global
    maxconn 2000
defaults
    mode http
    timeout connect 5s
    timeout client {seconds}s
    timeout server {seconds}s
    timeout tunnel 1h
    option forwardfor
frontend people
    bind {ip}:{port} ssl crt {certificate}
    http-request set-header X-Forwarded-Proto https
    http-request set-header X-Scheme https
    default_backend hub
backend hub
    server hub {ip}:{proxy_port}
"""

_APACHE = """\
ServerRoot {folder}
ServerName {ip}
PidFile {folder}/apache.pid
ErrorLog {folder}/apache.log
DefaultRuntimeDir {folder}
Mutex file:{folder}
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule ssl_module {modules}/mod_ssl.so
LoadModule headers_module {modules}/mod_headers.so
LoadModule rewrite_module {modules}/mod_rewrite.so
LoadModule proxy_module {modules}/mod_proxy.so
LoadModule proxy_http_module {modules}/mod_proxy_http.so
LoadModule proxy_wstunnel_module {modules}/mod_proxy_wstunnel.so
Listen {ip}:{port}
<VirtualHost {ip}:{port}>
    SSLEngine on
    SSLCertificateFile {certificate}
    SSLCertificateKeyFile {certificate}
    RewriteEngine On
    RewriteCond %{{HTTP:Connection}} Upgrade [NC]
    RewriteCond %{{HTTP:Upgrade}} websocket [NC]
    RewriteRule /(.*) ws://{ip}:{proxy_port}/$1 [P,L]
    RequestHeader set "X-Forwarded-Proto" expr=%{{REQUEST_SCHEME}}
    ProxyPreserveHost on
{more}    ProxyTimeout {seconds}
    ProxyPass / http://{ip}:{proxy_port}/
    ProxyPassReverse / http://{ip}:{proxy_port}/
</VirtualHost>
"""
_APACHE_MODULES = "/usr/lib/apache2/modules"

# A login by SAML at the hub's login page; the hub gets the person's name in a header.
_MELLON = """\
    ProxyPass /mellon/ !
    <Location />
        MellonEnable info
        MellonEndpointPath /mellon
        MellonSPPrivateKeyFile {folder}/saml/hub.key
        MellonSPCertFile {folder}/saml/hub.crt
        MellonIdPMetadataFile {folder}/saml/idp.xml
        MellonSPentityId {hub}/mellon/metadata
        MellonUser uid
        MellonSecureCookie secure
        RequestHeader unset X-Remote-User
    </Location>
    <Location /hub/login>
        MellonEnable auth
        AuthType Mellon
        Require valid-user
        RequestHeader set X-Remote-User expr=%{{REMOTE_USER}}
    </Location>
"""


def _certificate(site: Site) -> tuple[str, str]:
    """Make a certificate for loopback; return its file, with the key, and the file of its authority."""
    authority = trustme.CA()
    certificate, authority_file = site.folder / "certificate.pem", site.folder / "authority.pem"
    authority.issue_cert(LOOPBACK).private_key_and_cert_chain_pem.write_to_path(str(certificate))
    authority.cert_pem.write_to_path(str(authority_file))
    return str(certificate), str(authority_file)


def _web_server(
    config: str, command: Callable[[Path], Sequence[str]], *, at: int = 0, **values: object
) -> Callable[[Site], AbstractContextManager[Mapping[str, object]]]:
    @contextmanager
    def web_server(site: Site) -> Iterator[Mapping[str, object]]:
        port, (certificate, authority) = at or free_port(), _certificate(site)
        file = site.folder / "web_server.conf"
        text = config.format(
            folder=site.folder, ip=LOOPBACK, port=port, proxy_port=site.proxy_port, certificate=certificate, **values
        )
        file.write_text(text, encoding="utf-8")
        with running(command(file), site.folder / "web_server.log", lambda: listens(port)):
            yield {"public_url": f"https://{LOOPBACK}:{port}", "authority": authority}

    return web_server


def nginx(*, seconds: int = 60, upgrade: str = "$http_upgrade") -> Part:
    """Return nginx.

    Args:
        seconds: `proxy_read_timeout`: for how long nothing may come from the hub or a server.
        upgrade: The header of that name, without which no websocket gets through.
    """
    start = _web_server(_NGINX, lambda file: ["nginx", "-c", str(file)], seconds=seconds, upgrade=upgrade)
    return Part("nginx", {"nginx": "apt install nginx"}, start, version_of("nginx", "-v"))


def haproxy(*, seconds: int = 60) -> Part:
    """Return haproxy.

    Args:
        seconds: For how long a side may say nothing, except in a websocket.
    """
    start = _web_server(_HAPROXY, lambda file: ["haproxy", "-db", "-f", str(file)], seconds=seconds)
    return Part("haproxy", {"haproxy": "apt install haproxy"}, start, version_of("haproxy", "-v"))


def apache(*, seconds: int = 60) -> Part:
    """Return Apache.

    Args:
        seconds: `ProxyTimeout`.
    """
    start = _web_server(
        _APACHE,
        lambda file: ["apache2", "-D", "FOREGROUND", "-f", str(file)],
        seconds=seconds,
        modules=_APACHE_MODULES,
        more="",
    )
    return Part("Apache", {"apache2": "apt install apache2"}, start, version_of("apache2", "-v"))


def apache_with_saml(site: Site, port: int) -> AbstractContextManager[Mapping[str, object]]:
    """Run Apache with mod_auth_mellon, by which people log in with SAML.

    Args:
        site: Where; its folder has the keys and the provider's metadata, below `saml`.
        port: The port of the hub for people.
    """
    needs = [f"LoadModule {name}_module {_APACHE_MODULES}/mod_{name}.so" for name in ("authn_core", "authz_user")]
    mellon = f"LoadModule auth_mellon_module {_APACHE_MODULES}/mod_auth_mellon.so"
    # Those who answer share the sessions, which only an account with a name can.
    account = ["User www-data", "Group www-data"] if os.geteuid() == 0 else []
    start = _web_server(
        "\n".join([*account, *needs, mellon, _APACHE]),
        lambda file: ["apache2", "-D", "FOREGROUND", "-f", str(file)],
        at=port,
        seconds=60,
        modules=_APACHE_MODULES,
        more=_MELLON.format(folder=site.folder, hub=f"https://{LOOPBACK}:{port}"),
    )
    return start(site)


@contextmanager
def _own_tls(site: Site) -> Iterator[Mapping[str, object]]:
    certificate, authority = _certificate(site)
    public_url = f"https://{LOOPBACK}:{site.proxy_port}"
    yield {"certificate": certificate, "public_url": public_url, "authority": authority}


@contextmanager
def _at_localhost(site: Site) -> Iterator[Mapping[str, object]]:
    yield {"public_url": f"http://localhost:{site.proxy_port}"}


CERTIFICATE = Part("a certificate", {}, _own_tls, lambda: "")
LOCALHOST = Part("the name localhost", {}, _at_localhost, lambda: "")
