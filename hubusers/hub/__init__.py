"""JupyterHub's REST API: what to ask, what the answers mean, how long to wait. Needs neither Locust nor gevent."""
