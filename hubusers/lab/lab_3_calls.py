"""The calls of JupyterLab 3's front end to its server. Recorded from Chromium with JupyterLab 3.6."""

from hubusers.lab.calls import (
    CHECKPOINTS,
    EVERY_MINUTE,
    EVERY_TEN_SECONDS,
    KERNELS,
    KERNELSPECS,
    MAY_BE_ABSENT,
    ME,
    NBCONVERT,
    NEW_CHECKPOINT,
    SAVE,
    SAVE_WORKSPACE,
    SESSIONS,
    SETTINGS,
    STARTING_KERNEL,
    TERMINALS,
    TRANSLATION,
    Call,
    Calls,
    settings_of,
)

_FOLDER = Call("GET", "api/contents{folder}?content=1")
_NOTEBOOK_STATE = Call("GET", "api/contents/{notebook}?content=0")

CALLS_OF_LAB_3 = Calls(
    starting=(
        (KERNELSPECS, ME, SETTINGS, KERNELS, SESSIONS, TERMINALS, ME, KERNELSPECS),
        (TRANSLATION,),
    ),
    plugins=(
        Call("GET", "api/config/jupyterlabapputilsextensionannouncements", MAY_BE_ABSENT),
        Call("GET", "lab/api/build", MAY_BE_ABSENT),
        Call("GET", "lab/api/listings/@jupyterlab/extensionmanager-extension/listings.json", MAY_BE_ABSENT),
        _FOLDER,
        *settings_of(
            "cell-toolbar-extension:plugin",
            "shortcuts-extension:shortcuts",
            "mainmenu-extension:plugin",
            "docmanager-extension:plugin",
            "htmlviewer-extension:plugin",
            "notebook-extension:panel",
        ),
        Call("GET", "lab/api/translations/", MAY_BE_ABSENT),
        NBCONVERT,
        NBCONVERT,
    ),
    restoring=(
        settings_of(
            "shortcuts-extension:shortcuts",
            "csvviewer-extension:csv",
            "csvviewer-extension:tsv",
            "fileeditor-extension:plugin",
            "shortcuts-extension:shortcuts",
        ),
        (Call("GET", "lab/api/workspaces/{workspace}", MAY_BE_ABSENT),),
        (*settings_of("filebrowser-extension:widget", "application-extension:context-menu"), SETTINGS),
        (*settings_of("shortcuts-extension:shortcuts"), SAVE_WORKSPACE, _FOLDER),
    ),
    opening=(
        (Call("GET", "api/contents/{notebook}?type=notebook&content=1"), _FOLDER),
        (CHECKPOINTS, CHECKPOINTS, CHECKPOINTS),
        (SAVE_WORKSPACE,),
        (SESSIONS, KERNELS, TERMINALS, SESSIONS),
    ),
    starting_kernel=STARTING_KERNEL,
    kernel_found=(KERNELSPECS, SAVE_WORKSPACE),
    saving=(
        (_NOTEBOOK_STATE,),
        (SAVE,),
        (CHECKPOINTS, NEW_CHECKPOINT, _FOLDER),
    ),
    polls={
        KERNELS: EVERY_TEN_SECONDS,
        SESSIONS: EVERY_TEN_SECONDS,
        TERMINALS: EVERY_TEN_SECONDS,
        _FOLDER: EVERY_TEN_SECONDS,
        ME: EVERY_MINUTE,
        KERNELSPECS: EVERY_MINUTE,
    },
)
