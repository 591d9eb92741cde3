"""All cases of the matrix, in the order of its table."""

from tests.matrix import (
    authenticators,
    databases,
    forms,
    hubs,
    identity_providers,
    interfaces,
    launches,
    proxies,
    spawners,
)
from tests.matrix.case import Case

GROUPS: dict[str, tuple[Case, ...]] = {
    "JupyterHub": hubs.CASES,
    "Authenticators": authenticators.CASES,
    "Identity providers": identity_providers.CASES,
    "Launches and links": launches.CASES,
    "Forms": forms.CASES,
    "Interfaces": interfaces.CASES,
    "Proxies, and what stands before the hub": proxies.CASES,
    "Databases": databases.CASES,
    "Spawners": spawners.CASES,
}
CASES = [case for cases in GROUPS.values() for case in cases]
