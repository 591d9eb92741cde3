"""The calls of JupyterLab's front end to its server: when it starts, as long as it is open, and around a notebook.

Those of JupyterLab 3 are in `lab_3_calls.py`, those of Notebook 7, which has pages of its own, in `notebook_calls.py`.

Recorded from Chromium with JupyterLab 4.6; 4.0 and 4.2 send the same, except for calls with a later `since`. Left out
are the kernel's websocket, and automatic saving, which JupyterLab does every two minutes when there is something to
save.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from typing import Any

FINE = (200,)
MAY_BE_ABSENT = (200, 404)
EVERY_TEN_SECONDS, EVERY_MINUTE = 10.0, 61.0


@dataclass(frozen=True)
class Call:
    """One request of the front end's.

    Attributes:
        method: The HTTP method.
        path: Below the server's base URL; the time is added to its query. `{notebook}` stands for the notebook's path,
            `{folder}` for that of the folder that is listed, with a slash before it, `{linked}` for the path that the
            page's address names, and `{workspace}` for the name of JupyterLab's workspace.
        good: The statuses that are not failures.
        only_if: The option of the page's configuration without which the call is not sent.
        since: The first version that sends the call: of JupyterLab, or of Notebook 7 in its pages.
        until: The first version that does not send it any more; None where the newest does.
    """

    method: str
    path: str
    good: Container[int] = FINE
    only_if: str = ""
    since: tuple[int, int] = (0, 0)
    until: tuple[int, int] | None = None


Wave = tuple[Call, ...]
"""Calls that go out together. The waves of a tuple go out one after the other."""


@dataclass(frozen=True)
class Calls:
    """All that the page of a front end requests beside its files, and when.

    Attributes:
        starting: Once the scripts are there. The websocket of the server's events opens at the same time, and stays
            open.
        plugins: When its plugins start. The theme loads at the same time.
        restoring: Afterwards, until the page is complete. The kernels' icons load with the listing of the folder.
        polls: What is repeated while the tab is visible, and the seconds from one to the next.
        linked: Before that, where the page's address names a notebook or a folder.
        opening: Opens a notebook: its content, its checkpoints, what follows from them, the sessions. The files for it
            load with the checkpoints; where there is no checkpoint, one is made.
        starting_kernel: Starts a kernel for a notebook without one: under a made-up path, which is then changed to the
            notebook's.
        kernel_found: Once the notebook has a kernel, new or found. The kernel's websocket opens at the same time.
        after_cell: When a cell has run.
        saving: Saves the notebook. The second wave is the request that does.
    """

    starting: tuple[Wave, ...]
    plugins: Wave
    restoring: tuple[Wave, ...]
    polls: Mapping[Call, float]
    linked: Wave = ()
    opening: tuple[Wave, ...] = ()
    starting_kernel: tuple[Wave, ...] = ()
    kernel_found: Wave = ()
    after_cell: Wave = ()
    saving: tuple[Wave, ...] = ()


def settings_of(*plugins: str) -> Wave:
    """Return the calls for the settings of some of JupyterLab's plugins."""
    return tuple(Call("GET", f"lab/api/settings/@jupyterlab/{plugin}", MAY_BE_ABSENT) for plugin in plugins)


def lists_folder(wave: Wave) -> bool:
    """Say whether one of the calls lists the folder that is shown."""
    return any(call.path.startswith("api/contents{folder}?") for call in wave)


KERNELSPECS = Call("GET", "api/kernelspecs")
ME = Call("GET", "api/me", MAY_BE_ABSENT)
SETTINGS = Call("GET", "lab/api/settings")
KERNELS = Call("GET", "api/kernels")
SESSIONS = Call("GET", "api/sessions")
TERMINALS = Call("GET", "api/terminals", MAY_BE_ABSENT, only_if="terminalsAvailable")
WORKSPACES = Call("GET", "lab/api/workspaces", MAY_BE_ABSENT, since=(4, 2))
FOLDER = Call("GET", "api/contents{folder}?content=1&hash=0")
LINKED = Call("GET", "api/contents/{linked}?content=0&hash=0", MAY_BE_ABSENT)
SAVE_WORKSPACE = Call("PUT", "lab/api/workspaces/{workspace}", (200, 201, 204))
# Each listing of the folder sets the widths of its columns, which are a part of the workspace.
SAVE_COLUMNS = replace(SAVE_WORKSPACE, since=(4, 3))
CONTENT = Call("GET", "api/contents/{notebook}?type=notebook&content=1&hash=1&contentProviderId=undefined")
NBCONVERT = Call("GET", "api/nbconvert", MAY_BE_ABSENT)
TRANSLATION = Call("GET", "lab/api/translations/default", MAY_BE_ABSENT)
TRANSLATIONS = Call("GET", "lab/api/translations", MAY_BE_ABSENT)
LSP = Call("GET", "lsp/status", MAY_BE_ABSENT)
SETTINGS_IDS = Call("GET", "lab/api/settings?ids_only=true")
NOTEBOOK_STATE = Call("GET", "api/contents/{notebook}?content=0&hash=1&contentProviderId=undefined")
CHECKPOINTS = Call("GET", "api/contents/{notebook}/checkpoints")
NEW_CHECKPOINT = Call("POST", "api/contents/{notebook}/checkpoints", (201,))

STARTING_KERNEL: tuple[Wave, ...] = (
    (Call("POST", "api/sessions", (201,)),),
    (SESSIONS,),
    (Call("PATCH", "api/sessions/{session}"), KERNELS),
    (Call("PATCH", "api/sessions/{session}"), SESSIONS),
)
SAVE = Call("PUT", "api/contents/{notebook}", (200, 201))

CALLS_OF_LAB = Calls(
    starting=(
        (KERNELSPECS, ME, SETTINGS, KERNELS, TERMINALS, SESSIONS, WORKSPACES, ME, KERNELSPECS),
        (TRANSLATION,),
    ),
    plugins=(
        Call("GET", "api/config/jupyterlabapputilsextensionannouncements", MAY_BE_ABSENT),
        Call("GET", "lab/api/build", MAY_BE_ABSENT),
        LSP,
        TRANSLATIONS,
        FOLDER,
        *settings_of("docmanager-extension:plugin", "codemirror-extension:plugin", "notebook-extension:panel"),
    ),
    restoring=(  # the last workspace
        (Call("GET", "lab/api/workspaces/{workspace}", MAY_BE_ABSENT),),
        (SETTINGS_IDS,),
        (SAVE_WORKSPACE, FOLDER),
        (SAVE_WORKSPACE,),
    ),
    linked=(LINKED, LINKED, LINKED),
    opening=(
        (
            CONTENT,
            NBCONVERT,
        ),
        (CHECKPOINTS, CHECKPOINTS, CHECKPOINTS),
        (SAVE_WORKSPACE,),
        (SESSIONS,),
    ),
    starting_kernel=STARTING_KERNEL,
    kernel_found=(KERNELSPECS, SAVE_WORKSPACE),
    after_cell=(SAVE_WORKSPACE,),
    saving=(
        (NOTEBOOK_STATE,),
        (SAVE,),
        (NOTEBOOK_STATE, FOLDER),
        (CHECKPOINTS, NEW_CHECKPOINT),
        (SAVE_COLUMNS,),
    ),
    polls={
        WORKSPACES: EVERY_TEN_SECONDS,
        KERNELS: EVERY_TEN_SECONDS,
        TERMINALS: EVERY_TEN_SECONDS,
        SESSIONS: EVERY_TEN_SECONDS,
        FOLDER: EVERY_TEN_SECONDS,
        SAVE_COLUMNS: EVERY_TEN_SECONDS,
        ME: EVERY_MINUTE,
        KERNELSPECS: EVERY_MINUTE,
    },
)

THEME = "lab/api/themes/@jupyterlab/theme-light-extension/index.css"
"""Below the server's base URL: the style that is set when a person chose none."""


def workspace(name: str, notebook: str) -> dict[str, Any]:
    """Return a workspace, JupyterLab's record of its layout: as long as Chromium's with a notebook open, or with none.

    Args:
        name: The workspace's.
        notebook: Its path below the server's folder; the empty string for none.
    """
    tab = f"notebook:{notebook}"
    dock = {"type": "tab-area", "currentIndex": 0, "widgets": [tab] if notebook else []}
    data: dict[str, Any] = {
        "file-browser-filebrowser:columns": {
            "sizes": {
                "name": 139.5,
                "file_size": None,
                "is_selected": 18,
                "last_modified": 86.5,
                "date_created": None,
            },
            "sortState": {"direction": "ascending", "key": "name"},
        },
        "layout-restorer:data": {
            "main": {"dock": dock, **({"current": tab} if notebook else {})},
            "down": {"size": 0, "collapsed": True, "widgets": []},
            "left": {
                "collapsed": False,
                "visible": True,
                "current": "filebrowser",
                "widgets": ["filebrowser", "running-sessions", "@jupyterlab/toc:plugin", "extensionmanager.main-view"],
                "widgetStates": {
                    "jp-running-sessions": {"sizes": [1 / 6] * 6, "expansionStates": [True] * 6},
                    "extensionmanager.main-view": {"sizes": [1 / 3] * 3, "expansionStates": [True, False, False]},
                },
            },
            "right": {
                "collapsed": True,
                "visible": True,
                "widgets": ["jp-property-inspector", "debugger-sidebar"],
                "widgetStates": {"jp-debugger-sidebar": {"sizes": [0.25] * 4, "expansionStates": [True] * 4}},
            },
            "relativeSizes": [0.2069249793899423, 0.7930750206100577, 0],
            "top": {"simpleVisibility": True},
        },
        "docmanager:recents": {"opened": [], "closed": []},
    }
    if notebook:
        data["docmanager:recents"]["opened"] = [
            {"path": "", "contentType": "directory", "root": "~"},
            {"path": notebook, "contentType": "notebook", "factory": "Notebook", "root": "~"},
        ]
        data[tab] = {"data": {"path": notebook, "factory": "Notebook"}}
    return {"data": data, "metadata": {"id": name}}
