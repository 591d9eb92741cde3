"""All cases of the matrix, in the order of its table."""

from tests.matrix import authenticators, hubs, proxies
from tests.matrix.case import Case

GROUPS: dict[str, tuple[Case, ...]] = {
    "JupyterHub": hubs.CASES,
    "Authenticators": authenticators.CASES,
    "Proxies, and what stands before the hub": proxies.CASES,
}
CASES = [case for cases in GROUPS.values() for case in cases]
