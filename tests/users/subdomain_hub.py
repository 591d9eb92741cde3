"""Hubs that give each user a host of their own. Their port is known where this runs, in the hub's configuration."""

SUBDOMAINS = 'c.JupyterHub.subdomain_host = f"http://localhost:{settings.public_port}"'
"""Users are at names such as `ann.localhost`."""

LEGACY_HOOK = """
c.JupyterHub.subdomain_host = f"http://hub.localhost:{settings.public_port}"
c.JupyterHub.subdomain_hook = "legacy"
"""
"""Users are at names such as `o_20brien.hub.localhost`."""

OWN_HOOK = """
c.JupyterHub.subdomain_host = f"http://hub.campus.localhost:{settings.public_port}"


def host_of(name, domain, kind):
    if name.startswith("hub-stress-test"):
        return f"{name}.no-such-name.invalid"  # a wildcard DNS record was forgotten
    return f"{name}-{domain}"  # as where a wildcard certificate is for `*.campus.example` only


c.JupyterHub.subdomain_hook = host_of
"""
"""Users are at names such as `ann-hub.campus.localhost`; those that a run creates at names that have no address."""
