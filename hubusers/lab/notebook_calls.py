"""The calls of Notebook 7's pages to their server: of the tree, which lists files, and of a notebook's own page.

Recorded from Chromium with Notebook 7.6, and with 7.0, 7.2 and 7.4, which send the same except for what is said here.
"""

from dataclasses import replace

from hubusers.lab.calls import (
    CHECKPOINTS,
    CONTENT,
    EVERY_MINUTE,
    EVERY_TEN_SECONDS,
    FOLDER,
    KERNELS,
    KERNELSPECS,
    LSP,
    ME,
    NBCONVERT,
    NEW_CHECKPOINT,
    NOTEBOOK_STATE,
    SAVE,
    SESSIONS,
    SETTINGS,
    SETTINGS_IDS,
    STARTING_KERNEL,
    TERMINALS,
    TRANSLATION,
    TRANSLATIONS,
    Calls,
    settings_of,
)

_STARTING = (
    (KERNELSPECS, ME, SETTINGS, KERNELS, TERMINALS, SESSIONS, ME, KERNELSPECS),
    (TRANSLATION,),
)
_POLLS = {
    KERNELS: EVERY_TEN_SECONDS,
    TERMINALS: EVERY_TEN_SECONDS,
    SESSIONS: EVERY_TEN_SECONDS,
    FOLDER: EVERY_TEN_SECONDS,
    ME: EVERY_MINUTE,
    KERNELSPECS: EVERY_MINUTE,
}
_EVERY_HALF_MINUTE, _EVERY_TWO_SECONDS = 30.0, 2.0
_SHELL, _TOOLBAR = settings_of("application-extension:shell", "cell-toolbar-extension:plugin")

CALLS_OF_TREE = Calls(
    starting=_STARTING,
    plugins=(LSP, TRANSLATIONS, FOLDER),
    restoring=(
        (SETTINGS_IDS, SETTINGS),
        (
            replace(_SHELL, since=(7, 6)),
            *settings_of("codemirror-extension:plugin", "notebook-extension:panel"),
            replace(_TOOLBAR, until=(7, 6)),
        ),
        settings_of(  # those of plugins that other pages have
            "tooltip-extension:notebooks",
            "tooltip-extension:consoles",
            "toc-extension:registry",
            "notebook-extension:tools",
            "notebook-extension:completer",
            "metadataform-extension:metadataforms",
            "markdownviewer-extension:plugin",
            "logconsole-extension:plugin",
            "fileeditor-extension:completer",
            "debugger-extension:main",
            "celltags-extension:plugin",
            "application-extension:context-menu",
        ),
        (FOLDER,),
    ),
    opening=((NBCONVERT, CONTENT),),  # while the notebook's own page is asked for
    polls=_POLLS,
)

CALLS_OF_NOTEBOOK = Calls(
    starting=_STARTING,
    plugins=(LSP, TRANSLATIONS, NBCONVERT, CHECKPOINTS, SETTINGS_IDS),
    restoring=(
        settings_of("codemirror-extension:plugin", "notebook-extension:panel"),
        (FOLDER, CHECKPOINTS),
    ),
    opening=((CONTENT,), (CHECKPOINTS, CHECKPOINTS, CHECKPOINTS), (), (SESSIONS,)),
    starting_kernel=STARTING_KERNEL,
    kernel_found=(KERNELSPECS,),
    saving=(
        (NOTEBOOK_STATE,),
        (SAVE,),
        (NOTEBOOK_STATE, FOLDER),
        (CHECKPOINTS, NEW_CHECKPOINT),
        (CHECKPOINTS,),
    ),
    polls={
        **_POLLS,
        replace(CHECKPOINTS, since=(7, 5)): _EVERY_HALF_MINUTE,
        replace(CHECKPOINTS, until=(7, 5)): _EVERY_TWO_SECONDS,
    },
)
