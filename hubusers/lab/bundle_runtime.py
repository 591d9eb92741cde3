"""What the first script of a JavaScript bundle says of the bundle's chunks.

JupyterLab's own scripts, Notebook 7's, and those of an extension with a bundle of its own, are bundled by webpack
(JupyterLab 4.0 to 4.5) or by rspack (since 4.6), cut into numbered chunks. A small runtime in the first script says

- what file a chunk is (`require.u`): its number or name, its hash, and the hash again in the query;
- which chunks have no file (`require.f.j`), because they only stand for what follows;
- which shared modules a chunk consumes, and which chunks hold those (module federation).

All of this is minified code, so it is read by its shapes. What has another shape is not understood, and said so. Where
it is not minified, as in Notebook 7.3 to 7.5, its comments and spaces are taken out first.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

_COMMENT = r"(?:/\*[^*]*\*/ ?)?"
_LOAD = re.compile(rf"\b\w+\.e\({_COMMENT}(\d+)\)")  # require.e(number): load a chunk
_LOADS = r"\b(?:Promise\.all\(\[(?:\w+\.e\(\d+\),?)+\]\)|\w+\.e\(\d+\))"

_NOT_MINIFIED = "/******/"  # webpack writes it before each line of its own
_STRING_COMMENT_OR_SPACE = re.compile(
    r"""("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|/\*.*?\*/|//[^\n]*|\s+""", re.DOTALL
)

_SHORT_NUMBER = re.compile(r"(?<=[\[{,(:=])(\d+)e(\d)(?=[\]},):=?])")

_FILE_NAME = re.compile(r"\.u=\(?\w+\)?=>(?:\{return)?")
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
_OFFERED = re.compile(
    rf'(?:\{{name:"([^"]+)",version:|\b\w+\("([^"]+)",)"(\d+)[^"]*",(?:factory:)?\(?\(\)=>\(?({_LOADS})'
)
_EXPOSED = re.compile(rf'"(\./[^"]+)":\(\)=>(?:\{{return |\()?({_LOADS})')

_EXTENSIONS = '"federated_extensions"'

_LONGEST_CODE = 10_000
"""Characters before and after a word in which the code that loads chunks is looked for."""


@dataclass(frozen=True)
class Runtime:
    """What a bundle's runtime says of its chunks, which go by their numbers.

    Attributes:
        consumes: The names of the shared modules, such as `react`, that a chunk needs, and the chunks that hold each.
        offers: The chunks that hold a shared module, by its name.
    """

    consumes: Mapping[str, list[tuple[str, list[str]]]]
    offers: Mapping[str, list[str]]
    _name_parts: tuple["_NamePart", ...] = field(repr=False)
    _without_file: re.Pattern[str] | None = field(repr=False)

    @classmethod
    def read(cls, script: str) -> "Runtime | None":
        """Read it from the bundle's first script; None where that is written in a way that is not understood."""
        parts = _name_parts(script)
        if not any(".js" in part.text for part in parts):
            return None
        offers: dict[str, list[tuple[str, list[str]]]] = {}
        for rspack_name, webpack_name, major, loads in _OFFERED.findall(script):
            offers.setdefault(rspack_name or webpack_name, []).append((major, _LOAD.findall(loads)))
        shared = dict(_shared_modules(script, offers))
        consumes = {
            chunk: [shared[module] for module in re.findall(r"\d+", modules) if module in shared]
            for table in _CONSUMES.findall(script)
            for chunk, modules in _CONSUMES_ENTRY.findall(table)
        }
        last_offers = {module: versions[-1][1] for module, versions in offers.items()}
        return cls(consumes, last_offers, parts, _without_file(script))

    def chunks(self, asked: Iterable[str], elsewhere: Iterable[str] = ()) -> list[str]:
        """Return some chunks and those that come along with them, in about the order that a browser asks in.

        Args:
            asked: What is loaded.
            elsewhere: The names of shared modules that another bundle offers.
        """
        found = dict.fromkeys(asked)
        waiting = list(found)
        for chunk in waiting:
            for module, holders in self.consumes.get(chunk, ()):
                if module not in elsewhere:
                    new = [holder for holder in holders if holder not in found]
                    found.update(dict.fromkeys(new))
                    waiting += new
        return list(found)

    def needs(self, chunks: Iterable[str]) -> list[str]:
        """Return the names of the shared modules that some chunks need."""
        return [module for chunk in chunks for module, _ in self.consumes.get(chunk, ())]

    def knows(self, chunks: Iterable[str]) -> bool:
        """Whether each of some chunks has a file or stands for what it consumes, as any must."""
        return all(self._file(chunk) or chunk in self.consumes for chunk in chunks)

    def files(self, chunks: Iterable[str]) -> list[str]:
        """Return the files of some chunks, with their queries, where they have one."""
        return [file for chunk in chunks if (file := self._file(chunk))]

    def loaded_by(self, texts: Iterable[str], places: Iterable[str], shared: Iterable[str]) -> list[str]:
        """Return the files that certain code loads when it runs.

        Args:
            texts: Where the code is: in chunks.
            places: Patterns that are found in the middle of the code.
            shared: Names of shared modules that the code loads.
        """
        patterns = list(places)
        for module in shared:
            patterns += [rf"\.e\({_COMMENT}{chunk}\)" for chunk in self.consumes if module in self.needs([chunk])]
        asked = [chunk for pattern in patterns for text in texts for chunk in chunks_loaded_at(pattern, text)]
        return self.files(self.chunks(asked))

    def _file(self, chunk: str) -> str:
        """Return a chunk's file, or the empty string where it has none."""
        if self._without_file and self._without_file.match(chunk):
            return ""
        parts = [part.of(chunk) for part in self._name_parts]
        return "" if None in parts else "".join(part or "" for part in parts)


@dataclass(frozen=True)
class _NamePart:
    """A part of the expression that makes a file's name from a chunk's number.

    Attributes:
        text: What it is for every chunk.
        names: What it is for some chunks, by their numbers; None where it is a text.
        else_number: Whether it is the number for all others, which have no file if not.
    """

    text: str = ""
    names: Mapping[str, str] | None = None
    else_number: bool = False

    def of(self, chunk: str) -> str | None:
        if self.names is None:
            return self.text
        return self.names.get(chunk, chunk if self.else_number else None)


def loads_extensions(script: str) -> bool:
    """Whether the first script loads the extensions, as JupyterLab's does; Notebook 7 does that in a chunk."""
    return _EXTENSIONS in script


def first_chunks(script: str) -> list[str]:
    """Return the chunks that the first script asks for: once the extensions have been loaded, or at once."""
    asked = re.compile(_LOADS).search(script, max(0, script.find(_EXTENSIONS)))
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


def with_plain_numbers(texts: Iterable[str]) -> list[str]:
    """Write out the numbers that minifiers shorten, such as 75e3: what reads a bundle looks for digits."""
    return [_SHORT_NUMBER.sub(lambda number: number[1] + "0" * int(number[2]), text) for text in texts]


def compact(script: str) -> str:
    """Take the comments and spaces out of a script that is not minified, as a minifier does."""
    if _NOT_MINIFIED not in script:
        return script

    def replacement(match: re.Match[str]) -> str:
        return match[1] or (" " if _is_between_words(match) else "")

    return _STRING_COMMENT_OR_SPACE.sub(replacement, script)


def _is_between_words(match: re.Match[str]) -> bool:
    around = match.string[max(0, match.start() - 1) : match.start()] + match.string[match.end() : match.end() + 1]
    return len(around) == 2 and all(character.isalnum() or character in "_$" for character in around)


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

    That is, of the versions that the bundle offers, the one of the required major version; failing that, the module's
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


def _name_parts(script: str) -> tuple[_NamePart, ...]:
    """Read the expression that makes a file's name from a chunk's number, of texts, tables, cases and the number."""
    begin = _FILE_NAME.search(script)
    parts: list[_NamePart] = []
    position = begin.end() if begin else len(script)
    while part := _FILE_NAME_PART.match(script, position):
        if part["text"] is not None:
            parts.append(_NamePart(part["text"]))
        elif part["table"] is not None:
            parts.append(_NamePart("", dict(_TABLE_ENTRY.findall(part["table"])), bool(part["else_number"])))
        elif part["cases"] is not None:
            cases = {one or other: name for one, other, name in _CASE.findall(part["cases"])}
            parts.append(_NamePart("", cases, else_number=True))
        else:
            parts.append(_NamePart("", {}, else_number=True))
        position = part.end() + 1
        if script[part.end() : position] != "+":
            break
    return tuple(parts)


def _without_file(script: str) -> re.Pattern[str] | None:
    """Read which chunks have no file; None where all have one."""
    if several := _NO_FILE.search(script, max(0, script.find(".f.j="))):
        return re.compile(several[1])
    one = _NO_FILE_BUT_ONE.search(script)
    return re.compile(f"^{one[2]}$") if one else None
