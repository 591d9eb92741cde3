"""JupyterHub's own command, which starts in half the time: `python -m hubusers.local.jupyterhub_process ARGUMENTS`.

JupyterHub checks its log events against JSON schemas. For that, jsonschema imports rfc3987_syntax, which compiles its
grammar of URLs each time: more CPU time than the rest of JupyterHub's imports take together. jsonschema can do without
it, and no schema of JupyterHub's uses what it checks (the formats "iri" and "iri-reference").
"""

import sys

sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]  # as if it were not installed

if __name__ == "__main__":
    from jupyterhub.app import main

    main()
