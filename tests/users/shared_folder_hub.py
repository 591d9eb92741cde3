"""A hub whose servers share a place for files, and show a folder of it at first, as JupyterHub's own FAQ has it."""

from pathlib import Path

SHARED_FOLDER = """
c.Spawner.notebook_dir = {root!r}
c.Spawner.default_url = "/lab/tree/{shown}"
c.Spawner.args = ["--FileContentsManager.delete_to_trash={has_trash}"]
"""
"""The root of all servers, and the folder below it that they show; without a trash, as in the Docker Stacks' images."""


def shared_folder(root: Path, shown: str, *, has_trash: bool = False) -> str:
    """Return the configuration of the hub.

    Args:
        root: Of all servers.
        shown: The folder below it that their first page shows; it may have `{username}` in it.
        has_trash: Whether what people delete is kept in a trash.
    """
    return SHARED_FOLDER.format(root=str(root), shown=shown, has_trash=has_trash)
