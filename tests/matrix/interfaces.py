"""What people work in: versions of JupyterLab, the Notebook's, and pages that are neither."""

from tests.matrix.case import browser_case

_PAGE = {"PageUser": 1}
_TREE = 'c.Spawner.default_url = "/tree"\n'

# An app of another kind behind jupyter-server-proxy, as RStudio and code-server are.
_OTHER_APP = """
c.Spawner.default_url = "/notes/"
c.Spawner.args = ["--allow-root", f"--config={folder / 'server_config.py'}"]
(folder / "server_config.py").write_text(\"\"\"
c.ServerProxy.servers = {
    "notes": {"command": ["python3", "-m", "http.server", "{port}"], "launcher_entry": {"title": "Notes"}},
}
\"\"\")
"""

CASES = (
    browser_case("JupyterLab 4.2", server_packages=("jupyterlab~=4.2.0",)),
    browser_case("JupyterLab 4.0", server_packages=("jupyterlab~=4.0.0",)),
    browser_case("JupyterLab 3.6", server_packages=("jupyterlab~=3.6.0",)),
    browser_case("JupyterLab with jupyter-collaboration", server_packages=("jupyterlab", "jupyter-collaboration")),
    browser_case("Notebook 7", server_packages=("jupyterlab", "notebook~=7.0"), config=_TREE),
    browser_case("nbclassic", server_packages=("jupyterlab", "nbclassic"), config=_TREE, people=_PAGE),
    browser_case("Notebook 6", server_packages=("notebook~=6.5.0", "setuptools<81"), config=_TREE, people=_PAGE),
    browser_case(
        "another app behind jupyter-server-proxy",
        server_packages=("jupyterlab", "jupyter-server-proxy"),
        config=_OTHER_APP,
        people=_PAGE,
    ),
)
