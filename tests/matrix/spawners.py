"""Spawners: what a server is."""

from tests.matrix.accounts import ACCOUNTS_OF_THE_MACHINE, SUDO, SYSTEMD
from tests.matrix.case import Case
from tests.matrix.directories import ACCOUNTS, KNOWN
from tests.matrix.docker import DOCKER
from tests.matrix.slurm import SLURM

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

CASES = (
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
    Case("DockerSpawner", hub_packages=("dockerspawner",), config=_DOCKER, parts=(DOCKER,)),
    Case(
        "BatchSpawner with Slurm",
        hub_packages=("batchspawner",),
        server_packages=("jupyterlab", "batchspawner"),
        config=_SLURM,
        parts=(SLURM,),
        accounts=ACCOUNTS,
    ),
    Case(
        "SystemdSpawner",
        hub_packages=("jupyterhub-systemdspawner",),
        config=_SYSTEMD,
        parts=(SYSTEMD,),
    ),
)
