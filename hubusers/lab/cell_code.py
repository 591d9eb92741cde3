"""What the code of a notebook tells before it is run: which output comes again each time, and who asks for input.

No program can tell that for all code. This one reads Python, and looks for the names of what differs each time: random
numbers, the time, the machine, the network. What is made of that differs as well, so the names that it was given to are
followed through the notebook. When in doubt, an output is taken for one that differs.
"""

import ast
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum

_RANDOM = {"random", "sample", "shuffle", "rvs", "default_rng", "RandomState", "Random", "sample_proportions"}
_RANDOM_CALLS = {"randint", "rand", "randn", "choice", "choices", "normal", "uniform"}
_RANDOM_PACKAGES = {
    *("random", "sklearn", "torch", "tensorflow", "keras", "jax", "xgboost", "lightgbm", "transformers", "umap"),
}
_SEED_KEYWORDS = {"random_state", "random_seed", "seed"}
_SEEDED_BY_ARGUMENT = {"default_rng", "RandomState", "Random"}
_SEEDS_ALL = {"seed", "manual_seed", "set_seed"}
"""Random numbers are the same each time where the notebook, or the statement, gives a seed."""

_DIFFERENT = {
    *("now", "today", "utcnow", "time", "time_ns", "localtime", "gmtime", "ctime", "strftime"),
    *("perf_counter", "perf_counter_ns", "process_time", "monotonic", "default_timer"),
    *("getpid", "getppid", "gethostname", "uname", "cpu_count", "platform", "environ", "getenv", "getuser"),
    *("getcwd", "cwd", "expanduser", "home", "listdir", "scandir", "iterdir", "glob", "stat", "getmtime"),
    *("uuid1", "uuid4", "urandom", "mkdtemp", "mkstemp", "NamedTemporaryFile", "TemporaryDirectory", "urlopen"),
    *("__version__", "version", "executable", "current_thread", "get_ident"),
}
_DIFFERENT_CALLS = {"id", "hash", "dir", "globals", "locals", "vars"}
_DIFFERENT_PACKAGES = {"secrets", "uuid", "tempfile", "requests", "urllib", "httpx", "socket", "psutil", "yfinance"}

_IN_BACKGROUND = {
    *("Thread", "Timer", "ThreadPoolExecutor", "start_new_thread"),
    *("create_task", "ensure_future", "run_in_executor", "call_later"),
}

_TIMED = {"time", "timeit"}
_SAME_LINE_MAGICS = {"matplotlib", "config", "load_ext", "reload_ext", "autoreload", "precision", "pylab", "xmode"}
_SAME_CELL_MAGICS = {"html", "HTML", "latex", "javascript", "js", "svg", "SVG", "markdown"}

_CELL_MAGIC = re.compile(r"\s*%%(\w+)[^\n]*(?:\n|$)")
_LINE_MAGIC = re.compile(r"^(\s*)([\w., \t]*=\s*)?([%!])(\w*)(.*)$")
_HELP = re.compile(r"^\s*(?:\?.*|[\w.%*]+\?\??)\s*$")
_OPTIONS = re.compile(r"^(?:-\w+(?: ?[0-9]+)? +)*")


class Comes(Enum):
    """What comes when a cell is run again."""

    AGAIN = "the same output"
    DIFFERENTLY = "output, perhaps with another text"
    SOMETIME = "output, perhaps when the cell is over"


def what_comes(sources: Sequence[str], language: str = "python") -> list[Comes]:
    """Return what comes when the cells of a notebook are run again, in their order.

    Args:
        sources: The code of the cells.
        language: The name of their language. It cannot be told for other languages than Python.
    """
    if "python" not in language.lower():
        return [Comes.DIFFERENTLY] * len(sources)
    reader = _Reader()
    return [reader.read(source) for source in sources]


def ask_for_input(sources: Sequence[str]) -> list[bool]:
    """Return for each cell of a notebook whether it asks for input as soon as it is run.

    A function that asks when it is called is not noticed, nor is code in another language than Python.
    """
    answers = []
    own_names: set[str] = set()
    for source in sources:
        statements = _statements(source)[0] or []
        own_names |= {name for statement in statements for name in _given(statement)}
        answers.append(any(_asks(node) and _root(node) not in own_names for node in _run_at_once(statements)))
    return answers


def _asks(node: ast.AST) -> bool:
    return _called(node) == "getpass" or (_called(node) == "input" and not _is_method(node))


def _run_at_once(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Yield the nodes that are run when their cell is: those that are not in a function."""
    for node in nodes:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield node
            yield from _run_at_once(ast.iter_child_nodes(node))


class _Reader:
    """Reads a notebook's cells in their order, and notes which names hold what differs each time."""

    def __init__(self) -> None:
        self._is_seeded = False
        self._imported: set[str] = set()
        self._random: set[str] = set()  # those of them that are random unless there is a seed
        self._seeded: set[str] = set()  # generators that have one
        self._different: set[str] = set()

    def read(self, source: str) -> Comes:
        statements, is_certain = _statements(source)
        if statements is None:
            return Comes.DIFFERENTLY
        comes = Comes.AGAIN if is_certain else Comes.DIFFERENTLY
        for statement in statements:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                self._note_imports(statement)
                continue
            differs = self._differs(statement)
            if differs:
                self._different |= (_given(statement) | _changed(statement)) - self._imported
            elif isinstance(statement, ast.Assign):
                self._different -= _given(statement)
                self._seeded |= _given(statement) if _has_seed(statement) else set()
            if _used(statement, set()) & _IN_BACKGROUND:
                comes = Comes.SOMETIME
            # A function differs where it is called.
            elif differs and comes is Comes.AGAIN and not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                comes = Comes.DIFFERENTLY
        return comes

    def _differs(self, statement: ast.stmt) -> bool:
        names, called = _read_names(statement), {_called(node) for node in ast.walk(statement) if not _is_method(node)}
        self._is_seeded = self._is_seeded or any(
            _called(node) in _SEEDS_ALL and node.args for node in _calls(statement)
        )
        if not self._is_seeded and not _has_seed(statement):
            is_random = _used(statement, self._seeded) & _RANDOM or called & _RANDOM_CALLS or names & self._random
            if is_random:
                return True
        return bool(
            names & self._different
            or _used(statement, set()) & _DIFFERENT
            or called & _DIFFERENT_CALLS
            or _reads_web(statement)
        )

    def _note_imports(self, statement: ast.Import | ast.ImportFrom) -> None:
        module = statement.module or "" if isinstance(statement, ast.ImportFrom) else ""
        for alias in statement.names:
            name = alias.asname or alias.name.split(".")[0]
            parts = {*module.split("."), *alias.name.split(".")}
            self._imported.add(name)
            if parts & _RANDOM_PACKAGES:
                self._random.add(name)
            if parts & _DIFFERENT_PACKAGES or (module and alias.name in _DIFFERENT):
                self._different.add(name)


def _statements(source: str) -> tuple[list[ast.stmt] | None, bool]:
    """Return the statements of a cell, and whether its magics print the same each time.

    The statements are None where the cell is not Python.
    """
    is_certain = True
    if magic := _CELL_MAGIC.match(source):
        if magic[1] in _SAME_CELL_MAGICS:
            return [], True
        if magic[1] not in {*_TIMED, "capture"}:
            return None, False
        source = source[magic.end() :]
    lines = []
    for line in source.split("\n"):
        if found := _LINE_MAGIC.match(line):
            indent, target, sign, name, rest = found.groups(default="")
            code = "None"
            if sign == "%" and name in _TIMED:
                code = _OPTIONS.sub("", rest.strip()) or "None"
            elif target:
                code = "getenv()"  # stands for what differs
            elif sign == "!" or name not in _SAME_LINE_MAGICS:
                is_certain = False
            line = f"{indent}{target}{code}"
        lines.append("" if _HELP.match(line) else line)
    flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as of strings with odd backslashes
            tree = compile("\n".join(lines), "cell", "exec", flags, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None, False
    return list(getattr(tree, "body", ())), is_certain


def _read_names(statement: ast.stmt) -> set[str]:
    names = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    return names | (_given(statement) if isinstance(statement, ast.AugAssign) else set())


def _calls(statement: ast.stmt) -> list[ast.Call]:
    return [node for node in ast.walk(statement) if isinstance(node, ast.Call)]


def _used(statement: ast.stmt, but_of: set[str]) -> set[str]:
    """Return the names of what a statement calls, and of what it takes from objects and modules but these."""
    taken = (node for node in ast.walk(statement) if isinstance(node, ast.Attribute) and _root(node) not in but_of)
    return {node.attr for node in taken} | {_called(node) for node in _calls(statement) if not _is_method(node)}


def _is_method(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)


def _called(node: ast.AST) -> str:
    """Return the name of the function or method that a node calls, or the empty string."""
    if not isinstance(node, ast.Call):
        return ""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _has_seed(statement: ast.stmt) -> bool:
    return any(
        any(keyword.arg in _SEED_KEYWORDS for keyword in node.keywords)
        or (bool(node.args) and _called(node) in _SEEDED_BY_ARGUMENT)
        for node in _calls(statement)
    )


def _reads_web(statement: ast.stmt) -> bool:
    texts = (node.value for node in ast.walk(statement) if isinstance(node, ast.Constant))
    return any(isinstance(text, str) and text.startswith(("http://", "https://")) for text in texts)


def _given(statement: ast.stmt) -> set[str]:
    """Return the names that a statement gives, and those of what it puts something into."""
    names = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Name | ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store):
            names.add(_root(node))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
    return names


def _changed(statement: ast.stmt) -> set[str]:
    """Return the names of what a statement may change by calling a method of it, as in `numbers.append(random())`."""
    names = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            arguments = node.value.args
            if not all(isinstance(argument, ast.Constant) for argument in arguments):
                names.add(_root(node.value))
            if _called(node.value) == "shuffle":
                names |= {_root(argument) for argument in arguments}
    return names


def _root(node: ast.AST) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""
