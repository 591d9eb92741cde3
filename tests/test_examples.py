"""The examples of the source document, as they stand there but for the URL and the token, on a real hub.

Each is run by a Python of its own, as a script is: without Locust and its patches.
"""

import subprocess
import sys

import pytest
import requests

import hubusers
from hubusers.local import LocalHub

EXAMPLES = {
    "wait_for_server_to_stop": """
session = get_session(token='your_token_here')
result = wait_for_server_to_stop(username='user1', endpoint='https://your-jupyterhub-url/hub/api', session=session)

if result:
    print("stopped")
else:
    print("timed out")
""",
    "stop_server": """
session = get_session(token='your_token_here')
result = stop_server(username='user1', endpoint='https://your-jupyterhub-url/hub/api', session=session, wait=True)

if result:
    print("stopped")
else:
    print("failed")
""",
    "stop_servers": """
session = get_session(token='your_token_here')
usernames = ['user1', 'user2', 'user3', 'user4', 'user5', 'user6', 'user7', 'user8', 'user9', 'user10']
stopped_servers = stop_servers(usernames=usernames, endpoint='https://your-jupyterhub-url/hub/api', session=session, batch_size=5)

for user, stopped in stopped_servers.items():
    print(f'User {user} server stopped: {stopped}')
""",
    "wait_for_servers_to_stop": """
session = get_session(token='your_token_here')
endpoint = 'https://your-jupyterhub-url/hub/api'
stopped_servers = {'user1': True, 'user2': True, 'user3': False}
wait_for_servers_to_stop(stopped=stopped_servers, endpoint=endpoint, session=session)

for user, is_stopped in stopped_servers.items():
    print(f'User {user} server fully stopped: {is_stopped}')
""",
    "start_server": """
session = get_session(token='your_token_here')
endpoint = 'https://your-jupyterhub-url/hub/api'
username = 'test-user'

start_server(username, endpoint, session, profile='custom-profile')
""",
}

EXPECTED = {
    "wait_for_server_to_stop": "stopped\n",
    "stop_server": "stopped\n",
    "stop_servers": "".join(f"User user{number} server stopped: True\n" for number in range(1, 11)),
    "wait_for_servers_to_stop": "".join(
        f"User user{number} server fully stopped: {number < 3}\n" for number in range(1, 4)
    ),
    "start_server": "",
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_example_runs(name: str, local_hub: LocalHub, session: requests.Session) -> None:
    users = [*(f"user{number}" for number in range(1, 11)), "test-user"]
    hubusers.create_users(users, local_hub.endpoint, session)
    try:
        hubusers.start_server("user1", local_hub.endpoint, session)
        hubusers.wait_for_server_to_start("user1", local_hub.endpoint, session, poll_interval=0.1)
        script = EXAMPLES[name].replace("your_token_here", local_hub.token)
        script = script.replace("https://your-jupyterhub-url/hub/api", local_hub.endpoint)
        if name.startswith("wait"):  # there the server was asked to stop before
            hubusers.stop_server("user1", local_hub.endpoint, session)
        result = subprocess.run(
            [sys.executable, "-c", f"from hubusers import *\n{script}"], capture_output=True, text=True, timeout=60
        )
        assert result.returncode == 0, result.stderr
        assert result.stdout == EXPECTED[name]
        if name == "start_server":
            assert hubusers.wait_for_server_to_start("test-user", local_hub.endpoint, session)
    finally:
        assert all(hubusers.delete_users(users, local_hub.endpoint, session).values())


def test_the_functions_need_neither_locust_nor_gevent() -> None:
    code = "import sys, hubusers; print([name for name in ('locust', 'gevent') if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert result.stdout == "[]\n"
