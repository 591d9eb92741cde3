"""A hub whose servers lead to Notebook 7: the setting that deployments have, such as Berkeley's Data 8."""

CONFIG = 'c.Spawner.default_url = "/tree"'
