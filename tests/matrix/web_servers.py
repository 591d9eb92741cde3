"""Web servers before a hub, with a certificate of an authority of their own, configured as JupyterHub's docs say."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import trustme

from hubusers.local.ports import LOOPBACK, free_port
from tests.matrix.case import Part, Site
from tests.matrix.processes import running, version_of

# As in JupyterHub's "Using a reverse proxy", with shorter time limits than nginx's default.
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
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {certificate};
        ssl_certificate_key {certificate};
        client_max_body_size 50M;
        location / {{
            proxy_pass http://127.0.0.1:{proxy_port};
            proxy_set_header X-Real-IP $remote_addr;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Scheme $scheme;
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            proxy_read_timeout 30s;
            proxy_buffering off;
        }}
    }}
}}
"""


def _certificate(site: Site) -> tuple[str, str]:
    """Make a certificate for loopback; return its file, with the key, and the file of its authority."""
    authority = trustme.CA()
    certificate, authority_file = site.folder / "certificate.pem", site.folder / "authority.pem"
    authority.issue_cert(LOOPBACK).private_key_and_cert_chain_pem.write_to_path(str(certificate))
    authority.cert_pem.write_to_path(str(authority_file))
    return str(certificate), str(authority_file)


def listens(port: int) -> bool:
    """Return whether something listens at this port of loopback."""
    with socket.create_connection((LOOPBACK, port), timeout=1):
        return True


@contextmanager
def _nginx(site: Site) -> Iterator[Mapping[str, object]]:
    port, (certificate, authority) = free_port(), _certificate(site)
    config = site.folder / "nginx.conf"
    config.write_text(
        _NGINX.format(folder=site.folder, port=port, certificate=certificate, proxy_port=site.proxy_port),
        encoding="utf-8",
    )
    with running(["nginx", "-c", str(config)], site.folder / "nginx.log", lambda: listens(port)):
        yield {"public_url": f"https://{LOOPBACK}:{port}", "authority": authority}


NGINX = Part("nginx", {"nginx": "apt install nginx"}, _nginx, version_of("nginx", "-v"))
