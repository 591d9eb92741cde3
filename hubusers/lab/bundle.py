"""Which of its files JupyterLab's front end loads, read from its bundle: nothing of it is run.

JupyterLab's own scripts, and those of an extension with a bundle of its own, are bundled by webpack (JupyterLab 4.0 to
4.5) or by rspack (since 4.6), cut into numbered chunks. A small runtime in the first script says

- what file a chunk is (`require.u`): its number or name, its hash, and the hash again in the query;
- which chunks have no file (`require.f.j`), because they only stand for what follows;
- which shared modules a chunk consumes, and which chunks hold those (module federation).

So the chunks that a browser loads at start follow from those that the first script asks for. Other chunks are asked for
by code inside of them, only when that code runs: the few of those that a person causes are found by the words around
that code.
"""

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

STATIC, EXTENSIONS = "{static}", "{extensions}"
"""How the paths of files begin here: with the addresses that a page says (`fullStaticUrl`, `fullLabextensionsUrl`)."""

NOT_UNDERSTOOD = "JupyterLab's bundle is not understood: of its files, only those that its page names are loaded"
EXTENSION_NOT_UNDERSTOOD = "the bundle of an extension of JupyterLab is not understood: only its first script is loaded"
NOTEBOOK_NOT_UNDERSTOOD = "not found in JupyterLab's bundle: which of its files are loaded when a notebook is opened"
INCOMPLETE = "JupyterLab's bundle could not be read: some of its files did not come"

# Loaded by code that runs in any case while JupyterLab starts: what shows messages, and the language of settings.
_WHILE_STARTING = (r'name:"JSON",displayName:',)
_SHARED_WHILE_STARTING = ("react-toastify",)
# Loaded when the first notebook is opened: the languages of its cells, Markdown, formulas.
_WHEN_OPENED = (r'name:"ipython",', r'name:"ipythongfm",', r"marked:\w+,Renderer:", r"AllPackages:")
_SHARED_WHEN_OPENED = ("marked-gfm-heading-id", "marked-mangle")

_LOAD = re.compile(r"\b\w+\.e\((\d+)\)")  # require.e(number): load a chunk
_LOADS = r"\b(?:Promise\.all\(\[(?:\w+\.e\(\d+\),?)+\]\)|\w+\.e\(\d+\))"

_SHORT_NUMBER = re.compile(r"(?<=[\[{,(:=])(\d+)e(\d)(?=[\]},):=?])")

_FILE_NAME = re.compile(r"\.u=\(?\w+\)?=>")
_FILE_NAME_PART = re.compile(
    r'"(?P<text>[^"]*)"'
    r"|\(*\{(?P<table>[^{}]*)\}\)?\[\w+\](?P<else_number>\|\|\w+\))?"
    r'|\((?P<cases>(?:\w+===\w+\?"[^"]*":)+)\w+\)'
    r"|\w+"
)
_TABLE_ENTRY = re.compile(r'"?\b(\d+)"?:"([^"]*)"')
_CASE = re.compile(r'(?:(\d+)===\w+|\w+===(\d+))\?"([^"]*)":')
_NO_FILE = re.compile(r"/(\^[\d()|\[\]]+\$)/\.test\(")
_NO_FILE_BUT_ONE = re.compile(r'\.f\.j=(?:function)?\((\w+),\w+\).{0,400}?\bif\("?(\d+)"?[!=]==?\1\)', re.DOTALL)

_CONSUMES = re.compile(r'\{((?:"?\d+"?:\[[\d",]+\],?)+)\}')
_CONSUMES_ENTRY = re.compile(r'"?\b(\d+)"?:\[([^\]]*)\]')
# Each in rspack's form, and in webpack's.
_CONSUMED = re.compile(r'"?\b(\d+)"?:(?:\{shareScope:"[^"]*",shareKey:|\(\)=>\(?\w+\("[^"]*",)"([^"]+)"')
_REQUIRED = re.compile(r'requiredVersion:"\D?(\d+)|^(?:,(?:true|false|!\d))?,\[\d,(\d+)')
_OFFERED = re.compile(rf'(?:\{{name:"([^"]+)",version:|\b\w+\("([^"]+)",)"(\d+)[^"]*",(?:factory:)?\(?\(\)=>({_LOADS})')
_EXPOSED = re.compile(rf'"(\./[^"]+)":\(\)=>({_LOADS})')

_LONGEST_CODE = 10_000
"""Characters before and after a word in which the code that loads chunks is looked for."""


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
        at_start: At first, one wave after the other: only when one is there, a browser knows of the next.
        while_starting: While it shows itself.
        when_opened: With the first notebook.
        problem: What of it was not understood, or the empty string.
    """

    at_start: tuple[tuple[str, ...], ...]
    while_starting: tuple[str, ...] = ()
    when_opened: tuple[str, ...] = ()
    problem: str = ""

    @classmethod
    def read(
        cls, main: str, extensions: Iterable[Extension], texts_of: Callable[[Iterable[str]], list[str]]
    ) -> "Files":
        """Find out what is loaded.

        Args:
            main: JupyterLab's first script.
            extensions: Those that the page names.
            texts_of: Returns what is in some files, an empty string for one that does not come.
        """
        extensions = list(extensions)
        scripts = tuple(extension.script for extension in extensions)
        (main_text,) = _with_plain_numbers(texts_of([main]))
        runtime, first = Runtime.read(main_text), first_chunks(main_text)
        if runtime is None or not first:
            return cls(((main,), scripts), problem=NOT_UNDERSTOOD if main_text else INCOMPLETE)

        chunks, of_extensions, problems = list(first), [], []
        extension_texts = _with_plain_numbers(texts_of(scripts))
        for extension, text in zip(extensions, extension_texts, strict=True):
            own = Runtime.read(text)
            exposed = exposed_chunks(text, extension.modules)
            if own is None or (extension.modules and not exposed):
                problems.append(EXTENSION_NOT_UNDERSTOOD if text else INCOMPLETE)
                continue
            needed = own.chunks(exposed, elsewhere=runtime.offers)
            chunks += [chunk for key in own.needs(needed) for chunk in runtime.offers.get(key, ())]
            folder = posixpath.dirname(extension.script)
            of_extensions += [f"{folder}/{name}" for name in own.files(needed)]

        needed = runtime.chunks(chunks)
        if not runtime.knows(needed):
            return cls(((main,), scripts), problem=NOT_UNDERSTOOD)
        names = [f"{STATIC}/{name}" for name in runtime.files(needed)]
        texts = _with_plain_numbers(texts_of(names))
        start = runtime.loaded_by(texts, _WHILE_STARTING, _SHARED_WHILE_STARTING)
        notebook = runtime.loaded_by(texts, _WHEN_OPENED, _SHARED_WHEN_OPENED)
        if not all(texts):
            problems.append(INCOMPLETE)
        elif not notebook:
            problems.append(NOTEBOOK_NOT_UNDERSTOOD)
        return cls(
            ((main,), scripts, tuple(names), tuple(of_extensions)),
            tuple(path for name in start if (path := f"{STATIC}/{name}") not in names),
            tuple(path for name in notebook if (path := f"{STATIC}/{name}") not in names),
            INCOMPLETE if INCOMPLETE in problems else problems[0] if problems else "",
        )


@dataclass(frozen=True)
class Runtime:
    """What a bundle's runtime says of its chunks, which go by their numbers.

    Attributes:
        file_name: Returns a chunk's file and its query, None where it has none.
        consumes: The names of the shared modules, such as `react`, that a chunk needs, and the chunks that hold each.
        offers: The chunks that hold a shared module, by its name.
    """

    file_name: Callable[[str], str | None]
    consumes: Mapping[str, list[tuple[str, list[str]]]]
    offers: Mapping[str, list[str]]

    @classmethod
    def read(cls, script: str) -> "Runtime | None":
        """Read it from the bundle's first script; None where that is written in a way that is not understood."""
        name = _file_names(script)
        if name is None:
            return None
        has_file = _files(script)
        offers: dict[str, list[tuple[str, list[str]]]] = {}
        for rspack_name, webpack_name, major, loads in _OFFERED.findall(script):
            offers.setdefault(rspack_name or webpack_name, []).append((major, _LOAD.findall(loads)))
        shared = dict(_shared_modules(script, offers))
        consumes = {
            chunk: [shared[module] for module in re.findall(r"\d+", modules) if module in shared]
            for table in _CONSUMES.findall(script)
            for chunk, modules in _CONSUMES_ENTRY.findall(table)
        }
        return cls(
            lambda chunk: name(chunk) if has_file(chunk) else None,
            consumes,
            {key: versions[-1][1] for key, versions in offers.items()},
        )

    def chunks(self, asked: Iterable[str], elsewhere: Iterable[str] = ()) -> list[str]:
        """Return some chunks and those that come along with them, in about the order that a browser asks in.

        Args:
            asked: What is loaded.
            elsewhere: The names of shared modules that another bundle offers.
        """
        found = dict.fromkeys(asked)
        waiting = list(found)
        for chunk in waiting:
            for key, holders in self.consumes.get(chunk, ()):
                if key not in elsewhere:
                    new = [holder for holder in holders if holder not in found]
                    found.update(dict.fromkeys(new))
                    waiting += new
        return list(found)

    def needs(self, chunks: Iterable[str]) -> list[str]:
        """Return the names of the shared modules that some chunks need."""
        return [key for chunk in chunks for key, _ in self.consumes.get(chunk, ())]

    def knows(self, chunks: Iterable[str]) -> bool:
        """Whether each of some chunks has a file or stands for what it consumes, as any must."""
        return all(self.file_name(chunk) or chunk in self.consumes for chunk in chunks)

    def files(self, chunks: Iterable[str]) -> list[str]:
        """Return the files of some chunks, where they have one."""
        return [name for chunk in chunks if (name := self.file_name(chunk))]

    def loaded_by(self, texts: Iterable[str], places: Iterable[str], shared: Iterable[str]) -> list[str]:
        """Return the files that certain code loads when it runs.

        Args:
            texts: Where the code is: in chunks.
            places: Patterns that are found in the middle of the code.
            shared: Names of shared modules that the code loads.
        """
        patterns = list(places)
        for key in shared:
            patterns += [rf"\.e\({chunk}\)" for chunk in self.consumes if key in self.needs([chunk])]
        asked = [chunk for pattern in patterns for text in texts for chunk in chunks_loaded_at(pattern, text)]
        return self.files(self.chunks(asked))


def first_chunks(script: str) -> list[str]:
    """Return the chunks that JupyterLab's first script asks for, once the extensions have been loaded."""
    begin = script.find('"federated_extensions"')
    asked = re.compile(_LOADS).search(script, begin) if begin >= 0 else None
    return _LOAD.findall(asked[0]) if asked else []


def exposed_chunks(script: str, modules: Iterable[str]) -> list[str]:
    """Return the chunks of the modules, such as `./extension`, that JupyterLab asks an extension's bundle for."""
    exposed = dict(_EXPOSED.findall(script))
    return [chunk for module in modules for chunk in _LOAD.findall(exposed.get(module, ""))]


def chunks_loaded_at(pattern: str, text: str) -> list[str]:
    """Return the chunks that code loads wherever a pattern is found in it.

    That code is what stands between the closest pair of braces around the place that has any loading in it.
    """
    loaded: dict[str, None] = {}
    for place in re.finditer(pattern, text):
        begin = max(0, place.start() - _LONGEST_CODE)
        around = text[begin : place.start() + _LONGEST_CODE]
        loaded.update(dict.fromkeys(_loads_around(place.start() - begin, around)))
    return list(loaded)


def _with_plain_numbers(texts: Iterable[str]) -> list[str]:
    """Write out the numbers that minifiers shorten: 75e3."""
    return [_SHORT_NUMBER.sub(lambda number: number[1] + "0" * int(number[2]), text) for text in texts]


def _loads_around(position: int, text: str) -> list[str]:
    begin, end = position, position - 1
    while True:
        begin = _unmatched(text, range(begin - 1, -1, -1), "{", "}")
        end = _unmatched(text, range(end + 1, len(text)), "}", "{")
        if begin < 0 or end < 0:
            return []
        if found := _LOAD.findall(text, begin, end):
            return found


def _unmatched(text: str, positions: Iterable[int], brace: str, its_counterpart: str) -> int:
    depth = 0
    for position in positions:
        if text[position] == its_counterpart:
            depth += 1
        elif text[position] == brace:
            if not depth:
                return position
            depth -= 1
    return -1


def _shared_modules(
    script: str, offers: Mapping[str, list[tuple[str, list[str]]]]
) -> Iterator[tuple[str, tuple[str, list[str]]]]:
    """Read the shared modules: the number of each, its name, and the chunks that hold what is loaded for it.

    Which is, of the versions that the bundle offers, the one of the required major version; failing that, the module's
    own fallback.
    """
    entries = list(_CONSUMED.finditer(script))
    ends = [entry.start() for entry in entries[1:]] + [script.find(";", entry.end()) for entry in entries[-1:]]
    for entry, end in zip(entries, ends, strict=True):
        text = script[entry.end() : end]
        required = _REQUIRED.search(text)
        major = (required[1] or required[2]) if required else ""
        fitting = [chunks for version, chunks in offers.get(entry[2], ()) if not major or version == major]
        yield entry[1], (entry[2], fitting[-1] if fitting else _LOAD.findall(text))


def _file_names(script: str) -> Callable[[str], str | None] | None:
    """Read the expression that makes a file's name from a chunk's number: texts, tables and cases."""
    begin = _FILE_NAME.search(script)
    if not begin:
        return None
    parts: list[Callable[[str], str | None]] = []
    texts, position = "", begin.end()
    while part := _FILE_NAME_PART.match(script, position):
        if part["text"] is not None:
            texts += part["text"]
            parts.append(partial(_text, part["text"]))
        elif part["table"] is not None:
            table = dict(_TABLE_ENTRY.findall(part["table"]))
            parts.append(partial(_name_or_number, table) if part["else_number"] else table.get)
        elif part["cases"] is not None:
            cases = {one or other: name for one, other, name in _CASE.findall(part["cases"])}
            parts.append(partial(_name_or_number, cases))
        else:
            parts.append(str)
        position = part.end() + 1
        if script[part.end() : position] != "+":
            break

    def name(chunk: str) -> str | None:
        known = [part(chunk) for part in parts]
        return None if None in known else "".join(part or "" for part in known)

    return name if ".js" in texts else None


def _text(text: str, _chunk: str) -> str:
    return text


def _name_or_number(names: Mapping[str, str], chunk: str) -> str:
    return names.get(chunk, chunk)


def _files(script: str) -> Callable[[str], bool]:
    """Read which chunks have a file at all."""
    if several := _NO_FILE.search(script, max(0, script.find(".f.j="))):
        without = re.compile(several[1])
        return lambda chunk: not without.match(chunk)
    one = _NO_FILE_BUT_ONE.search(script)
    return lambda chunk: not one or chunk != one[2]
