"""What is known of each thing that makes starts fail."""

from hubusers.report.causes.kind import Kind

KINDS = (
    Kind(
        name="spawn-form",
        title="People could not send the spawn form",
        section="Why something failed",
        mechanism=(
            "The hub shows a form before it starts a server, and what this run was told to choose does not fit it: a "
            "field that the form requires is empty, a value is not one that it takes (*spawn form not sent*), or it "
            "has no such profile, option or choice (*not in the spawn form*). A browser sends no such form, so the "
            "hub was not asked for a server."
        ),
        confirm=("Log in as one of these people, and look at the form and at the names of its fields.",),
        remedies=(
            "Give what the form wants by the names of its fields: `--user-options`, or `user_options` of a cohort in "
            "an event.",
            "For KubeSpawner's profiles: give a profile's slug in `--server-profile`, and the profile's own options in "
            "`--user-options`.",
        ),
    ),
    Kind(
        name="no-machine-account",
        title="People have no account on the hub's machine",
        section="Why something failed",
        mechanism=(
            "The servers of this hub run as accounts of its machine (LocalProcessSpawner, SudoSpawner, SystemdSpawner, "
            "BatchSpawner), and the hub found no such account. Accounts that a run makes exist in the hub only, unless "
            "its authenticator or its spawner makes them on the machine, too. The hub answers the start with a bare "
            "*Internal Server Error*; its progress stream has the reason (*getpwnam(): name not found*)."
        ),
        confirm=(
            "Ask the machine for one of the accounts: `getent passwd NAME`. With a directory such as LDAP, ask again "
            "while people come: it may answer late.",
        ),
        remedies=(
            "Test with accounts that exist on the machine (`--accounts`), or with named servers of your own account "
            "(`--named-servers`).",
            "Or let the hub make accounts: `c.LocalAuthenticator.create_system_users = True`, or a "
            "`c.Spawner.pre_spawn_hook`. They stay on the machine after a run, with their home directories.",
        ),
    ),
    Kind(
        name="sudo-refused",
        title="The hub may not act as these people",
        section="Why something failed",
        mechanism=(
            "SudoSpawner and BatchSpawner run their commands as the person, by `sudo`, and sudo refused: its rules do "
            "not have the hub's account, the command, or these people. SudoSpawner passes on a few words only "
            "(*sudospawner subprocess failed*, *substring not found*); the hub's log has sudo's own."
        ),
        confirm=(
            "Try it as the hub's account: `sudo -n -u PERSON sudospawner --help`, or `sudo -n -E -u PERSON sbatch "
            "--version`.",
            "Look in the hub's log for `sudo:` and for `Failed to get JSON result from mediator`.",
        ),
        remedies=(
            "Look at the rules in `/etc/sudoers.d`: the hub's account must be allowed to run exactly this path "
            "(`sudospawner`, `sbatch`, `squeue`, `scancel`) as everybody who comes, with `NOPASSWD`, and with `SETENV` "
            "for `sudo -E`.",
            "Accounts that are made for a test must be in the group that the rule names.",
        ),
    ),
    Kind(
        name="image-missing",
        title="The image of servers could not be pulled",
        section="Why something failed",
        mechanism=(
            "A node could not get the image of the server: its name or tag is wrong, the registry asks for a login, or "
            "the registry refuses because too many pulls came from one address. Kubernetes tries again and again "
            "(*ErrImagePull*, *ImagePullBackOff*) until the hub gives the start up."
        ),
        confirm=(
            "Look at the events: `kubectl -n jhub get events | grep -i -e pull -e image`.",
            "Pull the image by hand, without a login: `docker pull IMAGE`.",
        ),
        remedies=(
            "Look at the name and the tag: `singleuser.image.name` and `singleuser.image.tag` in the chart's values, "
            "`kubespawner_override.image` in profiles, `c.DockerSpawner.image`.",
            "For a registry with a login: `imagePullSecret` or `singleuser.image.pullSecrets`.",
            "After *toomanyrequests*: a registry of your own, or a login at Docker Hub. Pull images before people "
            "come: `prePuller.hook.enabled`.",
        ),
    ),
    Kind(
        name="no-room",
        title="There was no room for servers",
        section="Why something failed",
        mechanism=(
            "No node had room for the server and none came in time, or a quota of the namespace was used up. "
            "Kubernetes says what is missing: *Insufficient memory*, *exceeded quota*, *pod didn't trigger scale-up*."
        ),
        confirm=(
            "Look at the events: `kubectl -n jhub get events | grep -e FailedScheduling -e ScaleUp -e quota`.",
            "Look at quotas: `kubectl -n jhub describe resourcequota`; at what the nodes have left: `kubectl describe "
            "nodes | grep -A8 'Allocated resources'`.",
        ),
        remedies=(
            "Let the node pool grow further: its largest size, and the cloud's own quotas for machines and addresses.",
            "After *exceeded quota*: raise the namespace's quota (`kubectl -n jhub get resourcequota`).",
            "Ask for less for each server: `singleuser.memory.guarantee`, `singleuser.cpu.guarantee`, and "
            "`kubespawner_override` in profiles. A server that asks for more than any node has never starts.",
            "Start nodes before people come: `scheduling.userPlaceholder.replicas`. Wait longer for them: "
            "`c.Spawner.start_timeout`.",
        ),
    ),
    Kind(
        name="volume-failed",
        title="The volumes of servers could not be used",
        section="Why something failed",
        mechanism=(
            "The volume with a person's files could not be made, attached or mounted, or it is full. A node can have a "
            "limited number of disks, and a disk can be attached to one node only."
        ),
        confirm=(
            "Look at the events: `kubectl -n jhub get events | grep -i -e volume -e mount`.",
            "Look at the claims and the storage class: `kubectl -n jhub get pvc`, `kubectl get storageclass`.",
        ),
        remedies=(
            "Look at `singleuser.storage` in the chart's values: storage class, capacity, `homeMountPath`, and the "
            "permissions in `singleuser.fsGid` and `singleuser.uid`.",
            "Look at the file server: whether it is full, reachable from each node, and writable.",
            "Where a node cannot take more disks: smaller nodes, or one shared file system "
            "(`singleuser.storage.type: static`).",
        ),
    ),
    Kind(
        name="server-exits",
        title="Servers ended right after they were started",
        section="Why something failed",
        mechanism=(
            "The container or the process of the server started, and ended before the hub could reach it. The image, "
            "its command or a start script is broken, a package does not match the hub, or the memory limit is too "
            "small. It mostly fails for everybody who uses that image. JupyterHub 5.5 and 6.1 then answer the start "
            "with a bare *Internal Server Error*, ten seconds after the click, and go on waiting for the server."
        ),
        confirm=(
            "Read the log of a server that ended: `kubectl -n jhub logs POD --previous`. The pod stays for a look with "
            "`c.KubeSpawner.delete_stopped_pods = False`, a container with `c.DockerSpawner.remove = False`.",
            "Start the image by hand with the same command: `docker run --rm -it IMAGE jupyterhub-singleuser "
            "--version`.",
        ),
        remedies=(
            "Look at the image and at its command: `singleuser.image`, `singleuser.cmd`, `c.Spawner.cmd`, "
            "`singleuser.lifecycleHooks`.",
            "Use a version of the package jupyterhub in the image that matches the hub's.",
            "After *OOMKilled*: raise `singleuser.memory.limit`.",
        ),
    ),
    Kind(
        name="start-timeout",
        title="Starts were given up because they took too long",
        section="Why something failed",
        mechanism=(
            "The hub gives a start up when the spawner has not started the server within `start_timeout`, or when the "
            "server has not answered within `http_timeout` after that. A run waits no longer than its "
            "`--server-timeout`. The cause is the part of the start that took so long."
        ),
        confirm=(
            "Look in the hub's log for `seconds, giving up` and `never showed up`: `kubectl -n jhub logs deploy/hub | "
            "grep -i -e 'giving up' -e 'never showed up'`.",
            "Look at a server's own log for the time when it listens: `kubectl -n jhub logs POD`.",
        ),
        remedies=(
            "Make starts faster first: look at the part that took most of their time.",
            "If that cannot be made faster, wait longer: `c.Spawner.start_timeout` (`singleuser.startTimeout` in the "
            "chart's values) until the server is started, `c.Spawner.http_timeout` until it answers.",
            "If servers start but never answer, look whether the hub reaches them: `c.JupyterHub.hub_connect_ip`, "
            "`c.Spawner.ip`, network policies.",
            "If jobs of a batch system run and their servers never connect: `import batchspawner` in "
            "`jupyterhub_config.py`, an address of the hub that the nodes reach, and the same version of batchspawner "
            "on the nodes.",
            "If starts are answered with HTTP 504, what stands before the hub waits no longer than the hub takes to "
            "answer a start (`slow_spawn_timeout`, ten seconds by default): give it a limit well above that "
            "(`proxy_read_timeout` in nginx, `timeout server` in HAProxy), or let the hub answer sooner: "
            "`c.JupyterHub.tornado_settings = {'slow_spawn_timeout': 5}`.",
        ),
    ),
    Kind(
        name="start-failures",
        title="Starts failed",
        section="Why something failed",
        mechanism=(
            "The hub or its spawner gave starts up and said why. The words are not among those that are known here, so "
            "they are shown as they came."
        ),
        confirm=(
            "Look in the hub's log for these words, and for the lines before them: `kubectl -n jhub logs deploy/hub`.",
        ),
        remedies=(
            "Follow the words. Much of what a start does is your own configuration: `c.Spawner.pre_spawn_hook`, "
            "`c.Spawner.options_from_form`, `c.KubeSpawner.profile_list`, the accounts of the machine.",
            "Compare those who failed with those who did not, where the report says what sets them apart.",
        ),
    ),
)
