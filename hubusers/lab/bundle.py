"""Which of its files JupyterLab's front end loads, and when, read from its bundle: nothing of it is run.

The chunks that a browser loads at start follow from those that the first script asks for, by what the bundle's runtime
says of them (`bundle_runtime.py`). Other chunks are asked for by code inside of them, only when that code runs: the few
of those that a person causes are found by the words around that code.
"""

import posixpath
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from hubusers.lab.bundle_runtime import (
    Runtime,
    compact,
    exposed_chunks,
    first_chunks,
    loads_extensions,
    with_plain_numbers,
)

STATIC, EXTENSIONS = "{static}", "{extensions}"
"""How the paths of files begin here: with the addresses that a page says (`fullStaticUrl`, `fullLabextensionsUrl`)."""

NOT_UNDERSTOOD = "JupyterLab's bundle is not understood: only those of its files that its page names are loaded"
EXTENSION_NOT_UNDERSTOOD = "the bundle of an extension of JupyterLab is not understood: only its first script is loaded"
NOTEBOOK_NOT_UNDERSTOOD = "JupyterLab's bundle does not tell which files come with a notebook: they are not loaded"
INCOMPLETE = "JupyterLab's bundle could not be read: some of its files did not come"

# The words are found in minified code and in code that is not.
# Loaded by code that runs in any case while JupyterLab starts: what shows messages, and the language of settings.
_WHILE_STARTING = (r"""name:\s*["']JSON["'],\s*displayName:""",)
_SHARED_WHILE_STARTING = ("react-toastify",)  # not in Notebook 7, whose pages show no messages at start
# Loaded when the first notebook is opened: the languages of its cells, Markdown, formulas.
_WHEN_OPENED = (
    r"""name:\s*["']ipython["'],""",
    r"""name:\s*["']ipythongfm["'],""",
    r"\{\s*marked(?::\w+)?,\s*Renderer\b",
    r"\{\s*AllPackages\b",
)
_SHARED_WHEN_OPENED = ("marked-gfm-heading-id", "marked-mangle")

# The editor of JupyterLab 3, which loads all that notebooks need while it starts.
_ALL_AT_START = "codemirror"


@dataclass(frozen=True)
class Extension:
    """An extension with a bundle of its own, as the page names it.

    Attributes:
        name: Such as `@jupyter-widgets/jupyterlab-manager`.
        load: Its first script, below its own address.
        modules: Those of its modules that JupyterLab asks for, such as `./extension`.
    """

    name: str
    load: str
    modules: tuple[str, ...]

    @property
    def script(self) -> str:
        return f"{EXTENSIONS}/{self.name}/{self.load}"


@dataclass(frozen=True)
class Files:
    """What a build of JupyterLab loads, and when.

    Attributes:
        at_start: What it loads first, in waves: a browser learns of each wave from the one before.
        while_starting: What it loads while it shows itself.
        when_opened: What it loads with the first notebook.
        problem: What of the bundle is not understood, or the empty string.
    """

    at_start: tuple[tuple[str, ...], ...]
    while_starting: tuple[str, ...] = ()
    when_opened: tuple[str, ...] = ()
    problem: str = ""

    @classmethod
    def read(
        cls, main: str, extensions: Iterable[Extension], texts_of: Callable[[Iterable[str]], list[str]]
    ) -> "Files":
        """Find out what is loaded: from the first script, from those of extensions, and from the chunks at start.

        Args:
            main: JupyterLab's first script.
            extensions: Those that the page names.
            texts_of: Returns what is in some files, an empty string for one that does not come.
        """
        extensions = list(extensions)
        scripts = tuple(extension.script for extension in extensions)
        (main_text,) = with_plain_numbers(map(compact, texts_of([main])))
        runtime, first = Runtime.read(main_text), first_chunks(main_text)
        if runtime is None or not first:
            return cls(((main,), scripts), problem=NOT_UNDERSTOOD if main_text else INCOMPLETE)

        extension_texts = with_plain_numbers(map(compact, texts_of(scripts)))
        parts = [_Part.read(*pair, runtime) for pair in zip(extensions, extension_texts, strict=True)]
        chunks = runtime.chunks([*first, *(chunk for part in parts for chunk in part.chunks_of_lab)])
        if not runtime.knows(chunks):
            return cls(((main,), scripts), problem=NOT_UNDERSTOOD)

        names = runtime.files(chunks)
        texts = with_plain_numbers(texts_of(_in_static(names)))
        is_lab = loads_extensions(main_text)
        while_starting = runtime.loaded_by(texts, _WHILE_STARTING, _SHARED_WHILE_STARTING if is_lab else ())
        when_opened = runtime.loaded_by(texts, _WHEN_OPENED, _SHARED_WHEN_OPENED)
        problems = [part.problem for part in parts]
        is_understood = when_opened or _ALL_AT_START in runtime.offers
        problems.append(INCOMPLETE if not all(texts) else "" if is_understood else NOTEBOOK_NOT_UNDERSTOOD)
        waves = (scripts, _in_static(names)) if is_lab else (_in_static(names), scripts)
        return cls(
            ((main,), *waves, tuple(file for part in parts for file in part.files)),
            _in_static(name for name in while_starting if name not in names),
            _in_static(name for name in when_opened if name not in names),
            # What did not come may be there the next time, so it comes before what is not understood.
            INCOMPLETE if INCOMPLETE in problems else next(filter(None, problems), ""),
        )


@dataclass(frozen=True)
class _Part:
    """What an extension adds at start.

    Attributes:
        files: Files of its own, after its first script.
        chunks_of_lab: The chunks of JupyterLab's own bundle that hold the modules which it shares.
        problem: Why that is not known, or the empty string.
    """

    files: tuple[str, ...] = ()
    chunks_of_lab: tuple[str, ...] = ()
    problem: str = ""

    @classmethod
    def read(cls, extension: Extension, text: str, lab: Runtime) -> "_Part":
        """Read an extension's first script, beside the runtime of JupyterLab's own bundle."""
        own, exposed = Runtime.read(text), exposed_chunks(text, extension.modules)
        if own is None or (extension.modules and not exposed):
            return cls(problem=EXTENSION_NOT_UNDERSTOOD if text else INCOMPLETE)
        chunks = own.chunks(exposed, elsewhere=lab.offers)
        folder = posixpath.dirname(extension.script)
        return cls(
            tuple(f"{folder}/{name}" for name in own.files(chunks)),
            tuple(chunk for module in own.needs(chunks) for chunk in lab.offers.get(module, ())),
        )


def _in_static(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{STATIC}/{name}" for name in names)
