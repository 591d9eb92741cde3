"""People whose server leads to Notebook 7, or to a page inside of JupyterLab: with real servers and kernels."""

import json
from pathlib import Path

import requests

from hubusers.lab.frontend import FrontEnd
from hubusers.lab.notebook_7 import Notebook7
from hubusers.lab.notebooks import built_in_notebook
from hubusers.local import LocalHub
from hubusers.results.records import KERNEL, KERNEL_READY, LAB_LOADED, PAGE, STORAGE
from hubusers.settings.access import Access
from hubusers.users import NotebookUser
from tests.users.notebook_7_hub import CONFIG
from tests.users.people import people_on


def test_a_visit_with_notebook_7_and_other_start_pages() -> None:
    notebook = built_in_notebook()
    with LocalHub(servers="lab", extra_config=CONFIG) as hub:
        people = people_on(
            hub.endpoint, Access(hub.token, password="anything"), server_timeout=180.0, thinking=(0.0, 0.0)
        )
        person = people.comes(NotebookUser)
        person.on_start()

        def connections() -> list[int]:
            headers = {"Authorization": f"token {hub.token}"}
            kernels = requests.get(f"{hub.url}{person.server_path}/api/kernels", headers=headers, timeout=30).json()
            return [kernel["connections"] for kernel in kernels]

        try:
            person.log_in()
            page = person.open_server()
            assert page.path == f"{person.server_path}/tree"
            person.load_lab(page)
            assert isinstance(person._front_end, Notebook7)
            person.work_through(notebook)
            assert connections() == [1]
            (path,) = person._files
            (home,) = (hub.folder / "homes").glob(f"{person.username}*")
            saved = json.loads(Path(home, path).read_text(encoding="utf-8"))
            assert next(cell["execution_count"] for cell in saved["cells"] if cell["cell_type"] == "code") == 1
            asked = {row.name for row in people.rows}
            assert {"/user/{name}/notebooks/{path}", "/user/{name}/static/notebook/{file}"} <= asked
            assert not any("/workspaces/" in name for name in asked)
            assert [name for name, _ in people.run.results.records.of(KERNEL_READY)[0].parts] == [PAGE, STORAGE, KERNEL]

            # Where the hub could have led to as well; the notebook has its kernel already.
            for start, kind in (
                (f"notebooks/{path}", Notebook7),
                (f"lab/workspaces/mine/tree/{path}", FrontEnd),
                (f"doc/tree/{path}", FrontEnd),
            ):
                person.load_lab(person.browser.get(f"{person.server_path}/{start}"))
                assert isinstance(person._front_end, kind)
                assert connections() == [1]
            assert "/user/{name}/lab/api/workspaces/{workspace}" in {row.name for row in people.rows}
            person.leave()
            person.on_stop()
        finally:
            people.run.clean_up_own()
        assert [row for row in people.rows if row.failure] == []
        assert len(people.run.results.records.of(LAB_LOADED)) == 4
        assert not people.run.ledger.left()
