"""Spawners: what a server is."""

from tests.matrix.case import Case
from tests.matrix.directories import ACCOUNTS
from tests.matrix.docker import DOCKER
from tests.matrix.slurm import SLURM

_DOCKER = """
c.JupyterHub.spawner_class = "dockerspawner.DockerSpawner"
c.DockerSpawner.image = docker_image
c.DockerSpawner.pull_policy = "never"
c.DockerSpawner.read_only_volumes = mounted
c.DockerSpawner.remove = True
c.DockerSpawner.network_name = "host"
c.DockerSpawner.use_internal_ip = False
c.DockerSpawner.host_ip = "127.0.0.1"
c.Spawner.notebook_dir = "/tmp"
c.Spawner.environment = {"HOME": "/tmp", "PATH": "/usr/bin:/bin"}


def port_of_its_own(spawner):
    from jupyterhub.utils import random_port

    spawner.port = random_port()  # on the network of the machine there is one of each


c.Spawner.pre_spawn_hook = port_of_its_own
"""

_SLURM = """
import batchspawner

c.JupyterHub.spawner_class = "batchspawner.SlurmSpawner"
c.BatchSpawnerBase.exec_prefix = ""
c.BatchSpawnerBase.batchspawner_singleuser_cmd = f"{server_python} -m batchspawner.singleuser"
c.BatchSpawnerBase.startup_poll_interval = 0.5
c.SlurmSpawner.req_srun = ""
c.SlurmSpawner.req_homedir = str(folder)
c.SlurmSpawner.req_nprocs = "1"
c.SlurmSpawner.req_keepvars_extra = "SLURM_CONF,HOME"
c.JupyterHub.hub_connect_ip = "127.0.0.1"
"""

CASES = (
    Case("DockerSpawner", hub_packages=("dockerspawner",), config=_DOCKER, parts=(DOCKER,)),
    Case(
        "BatchSpawner with Slurm",
        hub_packages=("batchspawner",),
        server_packages=("jupyterlab", "batchspawner"),
        config=_SLURM,
        parts=(SLURM,),
        accounts=ACCOUNTS,
    ),
)
