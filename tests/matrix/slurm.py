"""Slurm on one node: the controller and the node are this machine."""

import os
import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from hubusers.local.ports import free_ports
from tests.matrix.accounts import ACCOUNTS_OF_THE_MACHINE, with_accounts
from tests.matrix.case import Part, Site
from tests.matrix.processes import ran, running, version_of

_CONFIG = """\
ClusterName=matrix
SlurmctldHost={host}({ip})
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CryptoType=crypto/munge
StateSaveLocation={folder}/slurm-state
SlurmdSpoolDir={folder}/slurm-spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
SchedulerParameters=batch_sched_delay=0,sched_interval=2
NodeName={host} NodeAddr={ip} CPUs={cores} State=UNKNOWN
PartitionName=people Nodes={host} Default=YES MaxTime=INFINITE State=UP OverSubscribe=FORCE:16
"""


@contextmanager
def _slurm(site: Site) -> Iterator[Mapping[str, object]]:
    controller_port, node_port = free_ports(2)
    folder, host = site.folder, socket.gethostname().partition(".")[0]
    for name in ("slurm-state", "slurm-spool"):
        (folder / name).mkdir()
    key, munge, config = folder / "munge.key", folder / "munge.socket", folder / "slurm.conf"
    key.write_bytes(secrets.token_bytes(128))
    key.chmod(0o400)
    config.write_text(
        _CONFIG.format(
            folder=folder,
            host=host,
            ip="127.0.0.1",
            controller_port=controller_port,
            node_port=node_port,
            cores=os.cpu_count(),
        ),
        encoding="utf-8",
    )
    environment = {"SLURM_CONF": str(config)}
    begin = with_accounts(folder)
    munged = ["munged", "--foreground", "--force", f"--key-file={key}", f"--socket={munge}"]
    munged += [f"--pid-file={folder}/munged.pid", f"--log-file={folder}/munged.log", f"--seed-file={folder}/munge.seed"]

    def node_is_idle() -> bool:
        state = ran(["sinfo", "--noheader", "--format=%t"], env=os.environ | environment)
        return state.strip() in {b"idle", b"mix", b"alloc"}

    log, env = folder / "slurm.log", os.environ | environment
    with (
        running([*begin, *munged], folder / "munge.log", munge.exists),
        running([*begin, "slurmctld", "-D", "-f", str(config)], log, lambda: True, env=env),
        running([*begin, "slurmd", "-D", "-f", str(config), "-N", host], log, node_is_idle, env=env),
    ):
        yield {**environment, "begin_of_command": begin}


SLURM = Part(
    "Slurm",
    {**ACCOUNTS_OF_THE_MACHINE.needs, "slurmctld": "apt install slurm-wlm", "sudo": "apt install sudo"},
    _slurm,
    version_of("slurmctld", "-V"),
)
