"""Slurm on one node: the controller and the node are this machine."""

import os
import secrets
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import Event, Thread

from hubusers.local.ports import free_ports
from tests.matrix.accounts import ACCOUNTS_OF_THE_MACHINE, with_accounts
from tests.matrix.case import Part, Site
from tests.matrix.processes import folder_of, ran, running, version_of

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
SlurmdSpoolDir={spool}
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
SchedulerParameters=batch_sched_delay=0,sched_interval=2
NodeName={host} NodeAddr={ip} CPUs={cores} State=UNKNOWN
OverTimeLimit=0
KillWait=5
MessageTimeout=60
BatchStartTimeout=60
PartitionName=people Nodes={host} Default=YES MaxTime=INFINITE State=UP {shared}
"""

_HOST = socket.gethostname().partition(".")[0]

Ask = Callable[..., str]
"""Runs a command of Slurm, as root; returns what it printed."""


def slurm(name: str = "Slurm", *, has_room: bool = True, meanwhile: Callable[[Ask], None] | None = None) -> Part:
    """Return Slurm as a part of a case.

    Args:
        name: What the table calls it.
        has_room: Whether a core takes many jobs at the same time. Otherwise there is one core, which takes one.
        meanwhile: What somebody does to the queue, twice a second.
    """

    def runs(site: Site) -> AbstractContextManager[Mapping[str, object]]:
        return _slurm(site, has_room, meanwhile)

    needs = {**ACCOUNTS_OF_THE_MACHINE.needs, "slurmctld": "apt install slurm-wlm", "sudo": "apt install sudo"}
    return Part(name, needs, runs, version_of("slurmctld", "-V"))


@contextmanager
def _slurm(site: Site, has_room: bool, meanwhile: Callable[[Ask], None] | None) -> Iterator[Mapping[str, object]]:
    # The node has sockets there, whose paths must be short; and job scripts, which people must be able to read.
    with folder_of("root") as spool:
        Path(spool).chmod(0o755)
        with _slurm_with(Path(spool), site, has_room, meanwhile) as names:
            yield names


@contextmanager
def _slurm_with(
    spool: Path, site: Site, has_room: bool, meanwhile: Callable[[Ask], None] | None
) -> Iterator[Mapping[str, object]]:
    controller_port, node_port = free_ports(2)
    folder, host = site.folder, _HOST
    (folder / "slurm-state").mkdir()
    key, munge, config = folder / "munge.key", folder / "munge.socket", folder / "slurm.conf"
    key.write_bytes(secrets.token_bytes(128))
    key.chmod(0o400)
    config.write_text(
        _CONFIG.format(
            folder=folder,
            spool=spool,
            host=host,
            ip="127.0.0.1",
            controller_port=controller_port,
            node_port=node_port,
            cores=os.cpu_count() if has_room else 1,
            shared="OverSubscribe=FORCE:16" if has_room else "",
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
        _repeated(meanwhile, env),
    ):
        yield {**environment, "begin_of_command": begin}


@contextmanager
def _repeated(meanwhile: Callable[[Ask], None] | None, env: Mapping[str, str]) -> Iterator[None]:
    over = Event()

    def ask(*command: str) -> str:
        return ran(command, env=env).decode()

    def repeat() -> None:
        while meanwhile and not over.wait(0.5):
            meanwhile(ask)

    thread = Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def cancel_who_waits(ask: Ask) -> None:
    """Cancel each job that is in the queue."""
    if pending := ask("squeue", "--noheader", "--states=PENDING", "--format=%i").split():
        ask("scancel", *pending)


def drain(ask: Ask) -> None:
    """Take the node out of use, for jobs that do not run yet."""
    ask("scontrol", "update", f"nodename={_HOST}", "state=drain", "reason=maintenance")


def take_down_when_in_use(ask: Ask) -> None:
    """Take the node down when a job has run there for a minute, as if it had failed: Slurm ends its jobs."""
    if ask("squeue", "--noheader", "--states=RUNNING", "--format=%M").strip() >= "1:00":
        ask("scontrol", "update", f"nodename={_HOST}", "state=down", "reason=failed")
