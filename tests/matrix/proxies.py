"""The hub's own proxy, and the web servers that stand before it, with TLS, a base path and their time limits."""

from tests.matrix.case import Case
from tests.matrix.web_servers import NGINX

CASES = (Case("nginx with TLS, the hub at /hub-prefix/", base_url="/hub-prefix/", parts=(NGINX,)),)
