"""What is known of servers that are jobs of a batch system, such as Slurm: what they wait for, and why they fail."""

from hubusers.report.causes.kind import Kind

_LONGER = (
    "If the queue cannot be shorter, let the hub wait longer: `c.Spawner.start_timeout` (BatchSpawner's default is "
    "five minutes), and the run, too: `--server-timeout`."
)

KINDS = (
    Kind(
        name="waiting-in-queue",
        title="Servers waited in the queue",
        section="Why starts took long",
        mechanism=(
            "Each server is a job of a batch system, and a job waits until there is room for it: for cores, memory or "
            "GPUs, behind other people's jobs, or below a limit for a person, an account or a partition. BatchSpawner "
            "tells it: *Pending in queue...*"
        ),
        confirm=(
            "Look while people come at why jobs wait, in the last column: `squeue --states=PENDING --format='%i %u %P "
            "%r'` (*Resources*: no room; *Priority*: others come first; *QOSMaxJobsPerUserLimit* and the like: a "
            "limit; *ReqNodeNotAvail*: nodes are down or reserved). In PBS `qstat -s`, in LSF `bjobs -p`, in HTCondor "
            "`condor_q -better-analyze`.",
            "Look at how long jobs waited after the event: `sacct --allusers --starttime=today "
            "--format=JobID,User,Submit,Start,State`.",
        ),
        remedies=(
            "Reserve nodes for the time of the event: `scontrol create reservation`, and its name in "
            "`c.SlurmSpawner.req_reservation`.",
            "Give the hub's servers a partition of their own, with short jobs that may share cores (`OverSubscribe`, "
            "`c.SlurmSpawner.req_partition`, `c.BatchSpawnerBase.req_queue`).",
            "Ask for less, so that more jobs fit on a node and fill gaps: `c.BatchSpawnerBase.req_nprocs`, "
            "`req_memory`, `req_runtime`.",
            "Raise the limits that the reasons name: of the QOS and of accounts (`sacctmgr show qos`), and of the "
            "partition (`scontrol show partition`).",
        ),
    ),
    Kind(
        name="slow-batch-system",
        title="Servers waited for the batch system to answer",
        section="Why starts took long",
        mechanism=(
            "The hub hands each job in and asks for its state by the batch system's commands (`sbatch`, `squeue`), for "
            "each starting server twice a second. Until the first answer BatchSpawner says *Unknown status...*, and "
            "again when the batch system's controller does not answer in time."
        ),
        confirm=(
            "Time the commands on the hub's machine, as one of the people: `time sudo -u PERSON squeue`.",
            "Look at who asks the controller, and how long it takes: `sdiag`.",
        ),
        remedies=(
            "Ask less often: `c.BatchSpawnerBase.startup_poll_interval`, and `c.Spawner.poll_interval` for servers "
            "that run.",
            "Look at what makes the commands slow: sudo's and the machine's directory of accounts (LDAP, SSSD), or a "
            "busy controller.",
        ),
    ),
    Kind(
        name="queue-too-long",
        title="Jobs still waited in the queue when the hub gave them up",
        section="Why something failed",
        mechanism=(
            "The jobs were pending for as long as the hub waits for a start (`start_timeout`), or the run "
            "(`--server-timeout`). Nothing was wrong with the servers: they never ran. The hub then cancels the job."
        ),
        confirm=(
            "Look in the hub's log for `seconds, giving up`, and at the jobs of that time: `sacct --allusers "
            "--starttime=today --format=JobID,User,Submit,Start,End,State` (*CANCELLED*, without a start).",
            "Look at why jobs wait: `squeue --states=PENDING --format='%i %u %P %r'`; at the nodes: `sinfo "
            "--list-reasons` (*down*, *drained*).",
        ),
        remedies=(
            "Make room first: a reservation for the time of the event (`c.SlurmSpawner.req_reservation`), a partition "
            "for the hub's servers (`req_partition`), smaller jobs (`req_nprocs`, `req_memory`, `req_runtime`), higher "
            "limits for each person; bring nodes back that are down or drained (`scontrol update nodename=NODE "
            "state=resume`).",
            _LONGER,
        ),
    ),
    Kind(
        name="batch-system-away",
        title="The batch system did not tell what became of jobs",
        section="Why something failed",
        mechanism=(
            "The job was handed in, and after that the batch system's controller did not answer, so that BatchSpawner "
            "said *Unknown status...* until the time was up."
        ),
        confirm=(
            "Ask the batch system on the hub's machine: `squeue`, `scontrol ping`.",
            "Look in the controller's own log: `slurmctld.log`.",
        ),
        remedies=(
            "Look at the controller and at the network between it and the hub's machine. A controller that is busy "
            "answers late: ask it less often (`c.BatchSpawnerBase.startup_poll_interval`).",
        ),
    ),
    Kind(
        name="job-refused",
        title="The batch system refused the jobs",
        section="Why something failed",
        mechanism=(
            "`sbatch` (or `qsub`, `bsub`, `condor_submit`) ended with an error, so that there is no job. Its words say "
            "why: a partition or an account that the person may not use, a limit for jobs that are submitted, more "
            "than any node has, or a controller that does not answer."
        ),
        confirm=(
            "Read the job script in the hub's log, with `c.JupyterHub.log_level = 'DEBUG'` (*Spawner submitting "
            "script*), and hand it in by hand as the same person: `sudo -u PERSON sbatch SCRIPT`.",
        ),
        remedies=(
            "For accounts, partitions and limits: what the person may use (`sacctmgr show associations user=PERSON`), "
            "and what the hub asks for (`c.SlurmSpawner.req_account`, `req_partition`, `req_qos`). Accounts made for a "
            "test need an association, too.",
            "For *Requested node configuration is not available*: ask for no more than a node has (`req_nprocs`, "
            "`req_memory`, `req_gres`).",
            "For *Unable to contact slurm controller*: the controller, munge and the network on the hub's machine.",
        ),
    ),
    Kind(
        name="job-gone",
        title="Jobs were gone before the hub reached their servers",
        section="Why something failed",
        mechanism=(
            "The batch system had taken the job, and soon did not list it any more as pending or running: somebody "
            "cancelled it, its node failed, or its script ended at once, as when the home directory, a module or "
            "`batchspawner-singleuser` is missing on the node. BatchSpawner cannot tell these apart. It says the same "
            "when the hub's own `start_timeout` is over just while it asks for the job's state; then it forgets the "
            "job, which stays in the queue."
        ),
        confirm=(
            "Compare after how long the starts failed: the same time for all, which is that of "
            "`c.Spawner.start_timeout`, means that the hub gave them up. `squeue` shows which jobs are left then, and "
            "`scancel JOB` cancels them.",
            "Ask how such a job ended: `sacct --allusers --starttime=today "
            "--format=JobID,User,State,ExitCode,Elapsed,NodeList` (*CANCELLED by* a number: that account did; "
            "*NODE_FAIL*; *FAILED* with an exit code: the script).",
            "Read what the job wrote: `jupyterhub_slurmspawner_JOB.log` in the person's home directory, or where "
            "`--output` in the job script says.",
        ),
        remedies=(
            "Where scripts end at once: run the job script by hand on a node, as one of the people. Home directories, "
            "`c.Spawner.cmd` and `c.BatchSpawnerBase.batchspawner_singleuser_cmd` must be there on each node.",
            "Where jobs were cancelled or lost their node: look at what cancels them (an administrator, a limit, "
            "preemption), and at the node's state (`sinfo --list-reasons`).",
        ),
    ),
)
