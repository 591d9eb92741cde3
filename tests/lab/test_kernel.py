"""A kernel's websocket, at a real Jupyter server, and at a scripted one for what no real one does on command."""

import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import gevent
import pytest
import requests
from gevent.server import StreamServer

from hubusers.browser.websocket import HeldWebsocket, WebsocketLost, WebsocketRefused, websocket_url
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import WaitTimeout
from hubusers.lab import kernel as kernel_module
from hubusers.lab.execution import CellResult
from hubusers.lab.kernel import Kernel, KernelDied
from hubusers.lab.notebooks import built_in_notebook
from hubusers.local.ports import free_port
from tests.browser.scripted_websocket import (
    BINARY,
    CLOSE,
    TEXT,
    ScriptedWebsocket,
    frame,
    received_frame,
    until_it_ends,
)
from tests.fake_clock import FakeClock
from tests.waiting import wait_until

TOKEN = "the token of the server"
HEADERS = [f"Authorization: token {TOKEN}"]
BASE = "/base/user/ann"
READY_SECONDS = 120.0
CELL_SECONDS = 20.0


class JupyterServer:
    """A Jupyter server with a base path, as a hub's user has it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"token {TOKEN}"
        self._session.trust_env = False

    def api(self, method: str, path: str) -> Any:
        answer = self._session.request(method, f"{self.url}{BASE}/api/{path}", timeout=30)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def start_kernel(self) -> str:
        return str(self.api("POST", "kernels")["id"])

    def kernel(self, kernel_id: str, url: str = "", kind: type[Kernel] = Kernel) -> Kernel:
        path = f"{BASE}/api/kernels/{kernel_id}/channels?session_id={uuid.uuid4()}"
        return kind(websocket_url(url or self.url, path), HEADERS)


class LegacyKernel(Kernel):
    """A front end that knows the older protocol only."""

    offered_subprotocol = ""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    folder, port = tmp_path_factory.mktemp("jupyter"), free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "IPYTHON"))}
    environment |= {"HOME": str(folder), "JUPYTER_CONFIG_DIR": str(folder), "JUPYTER_RUNTIME_DIR": str(folder / "run")}
    command = [
        *(sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root"),
        *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
        *(f"--ServerApp.base_url={BASE}/", f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={folder}"),
        *("--ServerApp.jpserver_extensions={}", "--ServerApp.terminals_enabled=False"),
        "--KernelRestarter.time_to_dead=0.2",  # seconds between two looks at a kernel
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)
    try:
        server = JupyterServer(f"http://127.0.0.1:{port}")
        wait_until(lambda: answers(server, process, folder / "log"), "the server answers", READY_SECONDS)
        yield server
    finally:
        process.send_signal(signal.SIGTERM)  # ends the kernels, too
        process.wait(60)


def answers(server: JupyterServer, process: "subprocess.Popen[bytes]", log: Path) -> bool:
    if process.poll() is not None:
        pytest.fail(log.read_text())
    with contextlib.suppress(requests.ConnectionError):
        server.api("GET", "status")
        return True
    gevent.sleep(0.2)
    return False


@pytest.fixture(scope="module")
def kernel_id(server: JupyterServer) -> str:
    return server.start_kernel()


@pytest.fixture(scope="module")
def kernels(server: JupyterServer, kernel_id: str) -> Iterator[dict[str, Kernel]]:
    """Two front ends of one kernel, each with a protocol of its own."""
    current, legacy = server.kernel(kernel_id), server.kernel(kernel_id, kind=LegacyKernel)
    for kernel in (current, legacy):
        kernel.wait_until_ready(Deadline(READY_SECONDS))
    yield {"current": current, "legacy": legacy}
    for kernel in (current, legacy):
        kernel.close()


@pytest.fixture(params=["current", "legacy"])
def kernel(request: pytest.FixtureRequest, kernels: dict[str, Kernel]) -> Kernel:
    return kernels[request.param]


@pytest.fixture(params=[Kernel, LegacyKernel])
def kernel_of_one(request: pytest.FixtureRequest, server: JupyterServer) -> Iterator[Kernel]:
    """A kernel with one front end. Of two, each tells the kernel what a widget has, and the slower one wins."""
    kernel = server.kernel(server.start_kernel(), kind=request.param)
    kernel.wait_until_ready(Deadline(READY_SECONDS))
    yield kernel
    kernel.close()
    server.api("DELETE", f"kernels/{kernel.id}")


def run(kernel: Kernel, *lines: str) -> CellResult:
    return kernel.execute("\n".join(lines), Deadline(CELL_SECONDS))


def texts(result: CellResult) -> list[str]:
    """What is to be read of the outputs."""
    return [
        output.get("text") or output.get("data", {}).get("text/plain") or f"{output['ename']}: {output['evalue']}"
        for output in result.outputs
    ]


# A real server


def test_each_front_end_speaks_the_protocol_that_was_agreed_upon(kernels: dict[str, Kernel], kernel_id: str) -> None:
    assert kernels["current"].subprotocol == "v1.kernel.websocket.jupyter.org"
    assert kernels["legacy"].subprotocol == ""
    assert {kernel.id for kernel in kernels.values()} == {kernel_id}


def test_the_built_in_notebook_gives_what_is_stored_in_it(kernel: Kernel) -> None:
    for cell in built_in_notebook().cells:
        result = kernel.execute(cell.source, Deadline(CELL_SECONDS))
        assert cell.failure(result.outputs) == ""


def test_wrong_output_is_caught(kernel: Kernel) -> None:
    rainfall = built_in_notebook().cells[0]
    result = run(kernel, rainfall.source, "len(rainfall) + 1")
    assert rainfall.failure(result.outputs) == "result: expected '12' got '13'"


def test_outputs_are_those_of_a_notebook_in_their_order(kernel: Kernel) -> None:
    result = run(
        kernel,
        "import sys",
        "print('ä €', flush=True); print('b', flush=True)",
        "print('c', file=sys.stderr, flush=True)",
        "display({'text/plain': 'd', 'text/html': '<b>d</b>'}, raw=True)",
        "6 * 7",
    )
    count = result.execution_count
    assert isinstance(count, int)
    assert result.outputs == [
        {"output_type": "stream", "name": "stdout", "text": "ä €\nb\n"},
        {"output_type": "stream", "name": "stderr", "text": "c\n"},
        {"output_type": "display_data", "data": {"text/plain": "d", "text/html": "<b>d</b>"}, "metadata": {}},
        {"output_type": "execute_result", "data": {"text/plain": "42"}, "metadata": {}, "execution_count": count},
    ]
    assert run(kernel, "pass").execution_count == count + 1


def test_a_cell_that_fails_says_so(kernel: Kernel) -> None:
    result = run(kernel, "print('before')", "1 / 0")
    assert texts(result) == ["before\n", "ZeroDivisionError: division by zero"]
    assert result.outputs[-1]["traceback"]
    assert texts(run(kernel, "1")) == ["1"]


def test_outputs_are_cleared_at_once_or_by_the_next_one(kernel: Kernel) -> None:
    lines = ["from IPython.display import clear_output", "print('a', flush=True)"]
    assert texts(run(kernel, *lines, "clear_output()", "print('b')")) == ["b\n"]
    assert texts(run(kernel, *lines, "clear_output(wait=True)")) == ["a\n"]
    assert texts(run(kernel, *lines, "clear_output(wait=True)", "print('b')")) == ["b\n"]


def test_a_display_is_updated_wherever_it_is_shown_also_by_a_later_cell(kernel: Kernel) -> None:
    first = run(
        kernel,
        "shown = display('one', display_id='here')",
        "print('between', flush=True)",
        "display('two', display_id='here')",
        "shown.update('three')",
    )
    assert texts(first) == ["'three'", "between\n", "'three'"]
    later = run(kernel, "shown.update('four')")
    assert texts(first) == ["'four'", "between\n", "'four'"]
    assert later.outputs == []


def test_a_cell_that_asks_for_input_gets_the_end_of_it(kernel: Kernel) -> None:
    result = run(kernel, "input('Your name? ')")
    assert texts(result) == ["EOFError: "]
    assert result.has_asked
    assert not run(kernel, "1").has_asked


def test_only_outputs_with_an_id_may_be_updated_by_a_later_cell(kernel: Kernel) -> None:
    lines = ["from IPython.display import clear_output", "_ = display('gone', display_id='gone')", "clear_output()"]
    result = run(kernel, *lines, "display('fixed')", "_ = display('one', display_id='one')")
    assert texts(result) == ["'fixed'", "'one'"]
    assert result.may_change == {1}


OUTPUT_WIDGET = """
import comm

class Output:  # the kernel's part of ipywidgets' Output, without the rest of ipywidgets
    def __init__(self):
        self.outputs = []
        state = {'_model_name': 'OutputModel', 'msg_id': '', 'outputs': []}
        self.comm = comm.create_comm(target_name='jupyter.widget', data={'state': state, 'buffer_paths': []})
        self.comm.on_msg(self._note)

    def _note(self, message):
        self.outputs = message['content']['data']['state']['outputs']

    def _set(self, **state):
        self.comm.send({'method': 'update', 'state': state, 'buffer_paths': []})

    def __enter__(self):
        self._set(msg_id=get_ipython().kernel.get_parent()['header']['msg_id'])

    def __exit__(self, *error):
        self._set(msg_id='')

out, inner = Output(), Output()
"""


def test_what_is_printed_in_an_output_widget_belongs_to_the_widget_whose_kernel_is_told(
    kernel_of_one: Kernel,
) -> None:
    assert run(kernel_of_one, OUTPUT_WIDGET).outputs == []
    lines = ["with out:", "    print('in', flush=True)", "    display(1)", "print('beside', flush=True)"]
    assert texts(run(kernel_of_one, "from IPython.display import clear_output", *lines)) == ["beside\n"]
    told = "[o.get('text') or o['data']['text/plain'] for o in out.outputs]"
    assert texts(run(kernel_of_one, told)) == ["['in\\n', '1']"]
    run(kernel_of_one, "with out:", "    clear_output(wait=True)", "    print('new', flush=True)")
    assert texts(run(kernel_of_one, told)) == ["['new\\n']"]
    nested = ["with out:", "    with inner:", "        print('inner', flush=True)", "    print('outer', flush=True)"]
    assert texts(run(kernel_of_one, *nested)) == []
    assert texts(run(kernel_of_one, "[o['text'] for o in inner.outputs]")) == ["['inner\\n']"]
    run(kernel_of_one, "out._set(outputs=[])", "inner.comm.close()", "with out: print('last', flush=True)")
    assert texts(run(kernel_of_one, told)) == ["['last\\n']"]


def test_output_that_the_server_cuts_off_is_known(kernel: Kernel) -> None:
    result = run(kernel, "for _ in range(40):", "    print('x' * 250_000, flush=True)")
    assert result.cut_off == "IOPub data rate exceeded"
    assert not run(kernel, "import sys", "print('IOPub', file=sys.stderr)").cut_off


def test_thousands_of_lines_come_as_one_stream(kernel: Kernel) -> None:
    result = run(kernel, "for number in range(3000):", "    print(f'line {number}', flush=number % 100 == 0)")
    assert texts(result) == ["".join(f"line {number}\n" for number in range(3000))]


def test_messages_with_buffers_do_no_harm(kernel: Kernel) -> None:
    result = run(
        kernel,
        "publish = get_ipython().kernel.session.send",
        "kernel = get_ipython().kernel",
        "content = {'data': {'text/plain': 'with a buffer'}, 'metadata': {}, 'transient': {}}",
        "parent = kernel.get_parent()",
        "_ = publish(kernel.iopub_socket, 'display_data', content, parent, ident=b'display', buffers=[bytes(1000)])",
    )
    assert texts(result) == ["with a buffer"]


def test_a_cell_that_takes_too_long_is_given_up_and_the_next_one_gets_its_own_outputs(kernel: Kernel) -> None:
    with pytest.raises(WaitTimeout, match=r"^timed out: cell still running$"):
        kernel.execute("import time; time.sleep(0.4); print('late')", Deadline(0.1))
    assert texts(run(kernel, "print('in time')")) == ["in time\n"]


def test_one_front_end_does_not_show_what_another_one_runs(kernels: dict[str, Kernel]) -> None:
    other = gevent.spawn(run, kernels["legacy"], "for _ in range(5): print('other', flush=True); time.sleep(0.02)")
    assert texts(run(kernels["current"], "import time", "print('mine')")) == ["mine\n"]
    assert texts(other.get(timeout=CELL_SECONDS)) == ["other\n" * 5]


def kernel_connections(server: JupyterServer, kernel_id: str) -> int:
    return int(server.api("GET", f"kernels/{kernel_id}")["connections"])


def test_an_abandoned_websocket_stays_open_until_it_is_dropped(server: JupyterServer, kernel_id: str) -> None:
    before = kernel_connections(server, kernel_id)
    kernel = server.kernel(kernel_id)
    wait_until(lambda: kernel_connections(server, kernel_id) == before + 1)
    kernel.abandon()
    gevent.sleep(0.1)
    assert kernel_connections(server, kernel_id) == before + 1
    with pytest.raises(WebsocketLost, match=r"^websocket lost: abandoned here$"):
        kernel.execute("1", Deadline(CELL_SECONDS))
    kernel.drop()
    wait_until(lambda: kernel_connections(server, kernel_id) == before)


def test_a_closed_websocket_is_closed_at_the_server_too(server: JupyterServer, kernel_id: str) -> None:
    before = kernel_connections(server, kernel_id)
    kernel = server.kernel(kernel_id)
    wait_until(lambda: kernel_connections(server, kernel_id) == before + 1)
    kernel.close()
    wait_until(lambda: kernel_connections(server, kernel_id) == before)
    kernel.close()
    kernel.drop()
    with pytest.raises(WebsocketLost, match=r"^websocket lost: closed here$"):
        kernel.wait_until_ready(Deadline(60))


def test_a_connection_that_breaks_off_ends_the_cell_and_all_later_ones(server: JupyterServer, kernel_id: str) -> None:
    address = urlsplit(server.url)
    with Relay((address.hostname or "", address.port or 0)) as relay:
        kernel = server.kernel(kernel_id, relay.url)
        kernel.wait_until_ready(Deadline(READY_SECONDS))
        cell = gevent.spawn(kernel.execute, "import time; time.sleep(600)", Deadline(CELL_SECONDS))
        wait_until(lambda: kernel.state == "busy")
        relay.break_off()
        with pytest.raises(WebsocketLost, match=r"^websocket lost: connection lost$"):
            cell.get(timeout=CELL_SECONDS)
    server.api("POST", f"kernels/{kernel_id}/interrupt")
    assert kernel.lost
    with pytest.raises(WebsocketLost, match=r"^websocket lost: connection lost$"):
        kernel.execute("1", Deadline(CELL_SECONDS))
    kernel.close()


def test_a_handshake_without_permission_is_refused(server: JupyterServer, kernel_id: str) -> None:
    url = websocket_url(server.url, f"{BASE}/api/kernels/{kernel_id}/channels")
    with pytest.raises(WebsocketRefused, match=r"^websocket refused: HTTP 403 from the server$") as raised:
        Kernel(url, ["Authorization: token wrong"])
    assert raised.value.status == 403
    with pytest.raises(WebsocketRefused, match=r"^websocket refused: HTTP 404 from the server$"):
        Kernel(websocket_url(server.url, f"{BASE}/api/kernels/{uuid.uuid4()}/channels"), HEADERS)


def test_the_events_of_a_server_are_listened_to(server: JupyterServer, kernel_id: str) -> None:
    heard: list[str | bytes] = []

    class Listening(HeldWebsocket):
        def received(self, message: str | bytes) -> None:
            heard.append(message)

    listening = Listening(websocket_url(server.url, f"{BASE}/api/events/subscribe"), HEADERS)
    server.api("POST", f"kernels/{kernel_id}/interrupt")  # is told to listeners
    wait_until(lambda: bool(heard))
    assert json.loads(heard[0])["action"] == "interrupt"
    assert not listening.lost
    listening.close()


def test_a_kernel_that_is_restarted_on_request_is_ready_again(
    server: JupyterServer, kernels: dict[str, Kernel]
) -> None:
    kernel = kernels["current"]
    run(kernel, "x = 1")
    server.api("POST", f"kernels/{kernel.id}/restart")
    kernel.wait_until_ready(Deadline(READY_SECONDS))
    assert texts(run(kernel, "x")) == ["NameError: name 'x' is not defined"]


def test_a_kernel_that_dies_ends_the_cell_and_is_ready_again_when_the_server_has_restarted_it(kernel: Kernel) -> None:
    kernel.wait_until_ready(Deadline(READY_SECONDS))  # the other front end may have let the kernel die before
    with pytest.raises(KernelDied, match=r"^kernel died: restarting$") as raised:
        run(kernel, "import os, signal", "os.kill(os.getpid(), signal.SIGKILL)")
    assert "restarting" in raised.value.detail
    kernel.wait_until_ready(Deadline(READY_SECONDS))
    assert run(kernel, "1").execution_count == 1


def test_a_cell_that_ends_its_kernel_has_run_and_the_next_one_tells_that_the_kernel_died(server: JupyterServer) -> None:
    kernel = server.kernel(server.start_kernel())
    kernel.wait_until_ready(Deadline(READY_SECONDS))
    for line in ("exit()", "get_ipython().kernel.do_shutdown(True)"):
        assert texts(run(kernel, line))[1:] == []
        wait_until(lambda: kernel.state not in {"idle", "busy"})
        with pytest.raises(KernelDied, match=r"^kernel died: restarting$"):
            run(kernel, "1")
        kernel.wait_until_ready(Deadline(READY_SECONDS))
    kernel.close()


class Relay:
    """A connection's way, which can be cut."""

    def __init__(self, to: tuple[str, int]) -> None:
        self._to = to
        self._sockets: list[socket.socket] = []
        self._server = StreamServer(("127.0.0.1", 0), self._pass_on)

    def __enter__(self) -> "Relay":
        self._server.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    def break_off(self) -> None:
        for end in self._sockets:
            end.shutdown(socket.SHUT_RDWR)

    def _pass_on(self, near: socket.socket, _: Any) -> None:
        with socket.create_connection(self._to) as far:
            self._sockets += [near, far]
            gevent.joinall([gevent.spawn(_pump, near, far), gevent.spawn(_pump, far, near)])


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)


# A scripted server


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (frame(CLOSE, struct.pack("!H", 1012) + b"restarting"), "closed with code 1012"),
        (frame(CLOSE, b""), "closed without a code"),
        (b"", "connection lost"),
        (frame(TEXT, b"not json"), "answer cannot be read"),
        (frame(TEXT, b"\xff"), "answer cannot be read"),
        (frame(TEXT, b"[]"), "answer cannot be read"),
        (frame(TEXT, b'{"channel": "iopub"}'), "answer cannot be read"),
        (frame(BINARY, b"\x00\x00\x00\x09"), "answer cannot be read"),
        (b"\xf2\x00", "answer cannot be read"),  # a frame with an extension's bits
    ],
)
def test_the_next_request_on_a_lost_websocket_says_why_it_was_lost(sent: bytes, said: str) -> None:
    def send(client: socket.socket) -> None:
        client.sendall(sent)
        if sent:
            until_it_ends(client)

    with ScriptedWebsocket(send) as server:
        kernel = Kernel(server.url)
        with pytest.raises(WebsocketLost, match=rf"^websocket lost: {said}$"):
            kernel.wait_until_ready(Deadline(60))
        kernel.close()


@pytest.mark.parametrize("message", [b"", b"\x00" * 8, b"\xff" * 16, struct.pack("<3Q", 2, 24, 24)])
def test_a_message_of_another_protocol_cannot_be_read(message: bytes) -> None:
    headers = "Sec-WebSocket-Protocol: v1.kernel.websocket.jupyter.org\r\n"
    with ScriptedWebsocket(lambda client: client.sendall(frame(BINARY, message)), headers) as server:
        kernel = Kernel(server.url)
        with pytest.raises(WebsocketLost, match=r"^websocket lost: answer cannot be read$"):
            kernel.wait_until_ready(Deadline(60))
        kernel.close()


def test_a_kernel_that_is_dead_is_asked_nothing_any_more() -> None:
    status = {"channel": "iopub", "header": {"msg_type": "status"}, "parent_header": {}}
    message = json.dumps({**status, "content": {"execution_state": "dead"}}, separators=(",", ":")).encode()

    def tell(client: socket.socket) -> None:
        received_frame(client)
        client.sendall(bytes([TEXT, 126]) + struct.pack("!H", len(message)) + message)
        until_it_ends(client)

    with ScriptedWebsocket(tell) as server:
        kernel = Kernel(server.url)
        for ask in (kernel.wait_until_ready, lambda deadline: kernel.execute("1", deadline)):
            with pytest.raises(KernelDied, match=r"^kernel died: dead$"):
                ask(Deadline(60))
        kernel.drop()


def test_a_kernel_that_dies_between_two_cells_is_told_at_the_next_one() -> None:
    """JupyterLab shows it at once, and the person reads it before the next cell."""
    status = {"channel": "iopub", "header": {"msg_type": "status"}, "parent_header": {}}
    message = json.dumps({**status, "content": {"execution_state": "restarting"}}, separators=(",", ":")).encode()

    def tell(client: socket.socket) -> None:
        client.sendall(bytes([TEXT, 126]) + struct.pack("!H", len(message)) + message)
        until_it_ends(client)

    with ScriptedWebsocket(tell) as server:
        kernel = Kernel(server.url)
        wait_until(lambda: kernel.state == "restarting")
        with pytest.raises(KernelDied, match=r"^kernel died: restarting$"):
            kernel.execute("1", Deadline(60))
        with pytest.raises(WaitTimeout):  # once
            kernel.execute("1", Deadline(0.1))
        kernel.drop()


def test_a_kernel_that_says_nothing_is_asked_again_until_the_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_module, "ASK_AGAIN", 0.05)
    asked, clock = list[bytes](), FakeClock()

    def listen(client: socket.socket) -> None:
        while data := client.recv(65_536):
            asked.append(data)
            clock.sleep(0.1)

    with ScriptedWebsocket(listen) as server:
        kernel = Kernel(server.url)
        with pytest.raises(WaitTimeout, match=r"^timed out: kernel not ready$"):
            kernel.wait_until_ready(Deadline(0.5, clock))
        assert 5 <= len(asked) <= 7
        kernel.drop()
