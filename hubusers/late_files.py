"""Files that are imported when something in them is first used.

`from hubusers.lab import notebooks` only names the file, and `notebooks.read_notebooks` imports it. Whatever else is
written (`from hubusers.lab.notebooks import read_notebooks`) imports at once, as everywhere in Python.

Locust imports the user classes for each `locust --list`, each `--help` and each worker, but what people do is only
needed when they come. So the user classes, and what listens to Locust, name files rather than what is in them. When a
run begins, `import_for` imports all that is named, before the first person comes: nobody waits for it, or is late.

The way is that of Python's documentation of `importlib`.
"""

import sys
from collections.abc import Callable, Iterable
from importlib.util import LazyLoader, find_spec, module_from_spec
from types import ModuleType
from typing import Any


def file_of(folder: str) -> Callable[[str], ModuleType]:
    """Return the `__getattr__` of a folder whose files are imported late.

    Args:
        folder: Its full name, which is `__name__` in its `__init__.py`.
    """

    def file(name: str) -> ModuleType:
        full_name = f"{folder}.{name}"
        if full_name in sys.modules:  # it is being imported
            return sys.modules[full_name]
        spec = None if name.startswith("_") else find_spec(full_name)
        if spec is None or spec.loader is None:
            raise AttributeError(f"module {folder!r} has no attribute {name!r}")
        spec.loader = LazyLoader(spec.loader)
        module = sys.modules[full_name] = module_from_spec(spec)
        spec.loader.exec_module(module)  # which waits until the module is used
        setattr(sys.modules[folder], name, module)
        return module

    return file


def import_for(classes: Iterable[Any]) -> None:
    """Import all that the files of some classes name, and of those that they are derived from.

    Args:
        classes: The user classes of a run, also those of a locustfile of somebody's own.
    """
    names = dict.fromkeys(base.__module__ for each in classes for base in each.__mro__)
    to_look_at = [sys.modules[name] for name in names if name in sys.modules]
    seen = set[int]()
    while to_look_at:
        module = to_look_at.pop()
        if id(module) in seen or not object.__getattribute__(module, "__name__").startswith("hubusers."):
            continue
        seen.add(id(module))
        # To look into a module imports it.
        to_look_at += [each for each in vars(module).values() if isinstance(each, ModuleType)]
