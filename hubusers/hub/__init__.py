"""JupyterHub's REST API: requests, what their answers mean, and waiting for servers."""
