"""Spawners: what a server is."""

from dataclasses import replace
from typing import Any

from tests.matrix.accounts import ACCOUNTS_OF_THE_MACHINE, SUDO, SYSTEMD
from tests.matrix.case import Case
from tests.matrix.directories import ACCOUNTS, KNOWN
from tests.matrix.docker import DOCKER
from tests.matrix.slurm import cancel_who_waits, drain, slurm, take_down_when_in_use

_DOCKER = """
from dockerspawner import DockerSpawner


class OnTheNetworkOfTheMachine(DockerSpawner):
    async def get_ip_and_port(self):
        return self.host_ip, self.port


c.JupyterHub.spawner_class = OnTheNetworkOfTheMachine
c.DockerSpawner.image = docker_image
c.DockerSpawner.pull_policy = "never"
c.DockerSpawner.read_only_volumes = mounted
c.DockerSpawner.remove = True
c.DockerSpawner.network_name = "host"
c.DockerSpawner.use_internal_ip = True  # nothing is forwarded
c.Spawner.notebook_dir = "/tmp"
c.Spawner.environment = {"HOME": "/tmp", "PATH": "/usr/bin:/bin"}


def port_of_its_own(spawner):
    from jupyterhub.utils import random_port

    spawner.port = random_port()  # on the network of the machine there is one of each


c.Spawner.pre_spawn_hook = port_of_its_own
"""

_LOCAL = f"""{KNOWN}
c.JupyterHub.authenticator_class = "pam"
c.JupyterHub.spawner_class = "jupyterhub.spawner.LocalProcessSpawner"
"""

_SUDO = f"""{KNOWN}
c.JupyterHub.spawner_class = "sudospawner.SudoSpawner"
c.SudoSpawner.sudospawner_path = str(Path(server_python).parent / "sudospawner")
"""

_SLURM = f"""{KNOWN}
import batchspawner

c.JupyterHub.spawner_class = "batchspawner.SlurmSpawner"
c.BatchSpawnerBase.batchspawner_singleuser_cmd = f"{{server_python}} -m batchspawner.singleuser"
c.Spawner.cmd = [str(Path(server_python).parent / "jupyterhub-singleuser")]  # it wants a script of Python
c.BatchSpawnerBase.startup_poll_interval = 0.5
c.SlurmSpawner.req_srun = ""
c.SlurmSpawner.req_nprocs = "1"
c.Spawner.environment["SLURM_CONF"] = SLURM_CONF
c.JupyterHub.hub_connect_ip = "127.0.0.1"
"""

_SYSTEMD = """
c.JupyterHub.spawner_class = "systemd"
c.SystemdSpawner.dynamic_users = True
"""

_WRAPPED = """
c.JupyterHub.spawner_class = "wrapspawner.ProfilesSpawner"
c.ProfilesSpawner.profiles = [
    ("An hour on one core", "short", "batchspawner.SlurmSpawner", {"req_nprocs": "1", "req_runtime": "60"}),
    ("Another queue", "long", "batchspawner.SlurmSpawner", {"req_partition": "long"}),
]
"""


def slurm_case(name: str, *, more: str = "", **changes: Any) -> Case:
    """Return a case with BatchSpawner; `more` comes after the lines of configuration that all of these have."""
    packages = {"hub_packages": ("batchspawner",), "server_packages": ("jupyterlab", "batchspawner")}
    return Case(name, config=f"{_SLURM}{more}", accounts=ACCOUNTS, **{**packages, **changes})


def docker_case(name: str, *, more: str = "", **changes: Any) -> Case:
    """Return a case with DockerSpawner; `more` comes after the lines of configuration that all of these have."""
    return Case(name, hub_packages=("dockerspawner",), config=f"{_DOCKER}{more}", parts=(DOCKER,), **changes)


_WITH_ACCOUNTS = (
    Case(
        "LocalProcessSpawner and PAM: each as an account of the machine",
        config=_LOCAL,
        parts=(ACCOUNTS_OF_THE_MACHINE,),
        accounts=ACCOUNTS,
    ),
    Case(
        "SudoSpawner",
        hub_packages=("sudospawner",),
        server_packages=("jupyterlab", "sudospawner"),
        config=_SUDO,
        parts=(ACCOUNTS_OF_THE_MACHINE, SUDO),
        accounts=ACCOUNTS,
    ),
    slurm_case("BatchSpawner with Slurm", parts=(slurm(),)),
)

CASES = (
    *_WITH_ACCOUNTS,
    docker_case("DockerSpawner"),
    docker_case(
        "DockerSpawner, an image that is not there",
        more='c.DockerSpawner.image = "nobody/has-this:1"\n',
        people={"ServerLifecycleUser": 2},
        finds=("image-missing",),
    ),
    docker_case(
        "DockerSpawner, containers that end at once",
        more='c.Spawner.cmd = ["false"]\nc.Spawner.http_timeout = 15\n',
        people={"ServerLifecycleUser": 2},
        finds=("server-exits",),
    ),
    slurm_case(
        "BatchSpawner with Slurm, chosen in wrapspawner's form",
        parts=(slurm(),),
        more=_WRAPPED,
        hub_packages=("batchspawner", "wrapspawner"),
        user_options={"profile": "short"},
    ),
    slurm_case(
        "BatchSpawner with Slurm, more people than cores",
        parts=(slurm(has_room=False),),
        people={"ServerLifecycleUser": 3},
        finds=("waiting-in-queue",),
    ),
    slurm_case(
        "BatchSpawner with Slurm, where people wait longer than start_timeout",
        parts=(slurm(has_room=False),),
        more="c.Spawner.start_timeout = 15\n",
        people={"ServerLifecycleUser": 4},
        stay=30.0,
        finds=("queue-too-long",),
    ),
    slurm_case(
        "BatchSpawner with Slurm, where somebody cancels the jobs that wait",
        parts=(slurm(has_room=False, meanwhile=cancel_who_waits),),
        people={"ServerLifecycleUser": 3},
        stay=20.0,
        finds=("job-gone",),
    ),
    slurm_case(
        "BatchSpawner with Slurm, whose only node is drained",
        parts=(slurm(meanwhile=drain),),
        more="c.Spawner.start_timeout = 15\n",
        people={"ServerLifecycleUser": 4},
        finds=("queue-too-long",),
    ),
    slurm_case(
        "BatchSpawner with Slurm, whose only node goes down while people work",
        parts=(slurm(meanwhile=take_down_when_in_use),),
        people={"NotebookUser": 1},
        stay=120.0,
        finds=("server-unreachable",),
    ),
    slurm_case(
        "BatchSpawner with Slurm, jobs with a time limit of one minute",
        parts=(slurm(),),
        more='c.SlurmSpawner.req_runtime = "1"\nc.Spawner.poll_interval = 5\n',
        people={"ServerLifecycleUser": 2},
        stay=150.0,
        finds=("servers-culled",),
    ),
    slurm_case(
        "BatchSpawner with Slurm, a partition that does not exist",
        parts=(slurm(),),
        more='c.SlurmSpawner.req_partition = "gpu"\n',
        people={"ServerLifecycleUser": 2},
        finds=("job-refused",),
    ),
    *(
        replace(
            case,
            name=f"{case.name}, accounts that a run makes",
            people={"ServerLifecycleUser": 1},
            has_trial=True,
            accounts="",
            refused="named servers of your own account (--named-servers)",
        )
        for case in _WITH_ACCOUNTS
    ),
    Case(
        "SystemdSpawner",
        hub_packages=("jupyterhub-systemdspawner",),
        config=_SYSTEMD,
        parts=(SYSTEMD,),
    ),
)
