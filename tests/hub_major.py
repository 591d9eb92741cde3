"""Which JupyterHub the tests run against: where 4 differs, the tests say how."""

import jupyterhub

HUB_MAJOR = int(jupyterhub.__version__.partition(".")[0])
