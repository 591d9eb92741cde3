"""What is known of each thing that a start waits for."""

from hubusers.report.causes.kind import Kind

KINDS = (
    Kind(
        name="spawn-limit",
        title="The hub let too few servers start at the same time",
        section="Why starts took long",
        mechanism=(
            "`concurrent_spawn_limit` says how many spawns may be under way. A person who comes when that many are "
            "gets 429 and must come back later. So spawns that take long make the limit be reached: look first at "
            "what they wait for."
        ),
        confirm=(
            "Look in the hub's log for `pending spawns, throttling`: `kubectl -n jhub logs deploy/hub | grep "
            "throttling`.",
        ),
        remedies=(
            "If starts wait for nodes, images or volumes, mend that first: it frees the places sooner.",
            "Raise `c.JupyterHub.concurrent_spawn_limit` (`hub.concurrentSpawnLimit` in the chart's values), if the "
            "hub's core and the machines for the servers can take more. Then repeat the run.",
            "Let people come back sooner: `c.JupyterHub.tornado_settings = {'spawn_throttle_retry_range': (5, 10)}`.",
        ),
    ),
    Kind(
        name="server-limit",
        title="The hub let too few servers run",
        section="Why starts took long",
        mechanism=(
            "`active_server_limit` says how many servers may run or start. Everybody else gets 429 until one of them "
            "stops."
        ),
        confirm=(
            "Look in the hub's log for `servers active, no space available`: `kubectl -n jhub logs deploy/hub | grep "
            "'no space available'`.",
        ),
        remedies=(
            "Raise `c.JupyterHub.active_server_limit` (`hub.activeServerLimit` in the chart's values), if the machines "
            "can carry more servers.",
            "Let idle servers be stopped sooner: the chart's `cull.timeout`, or jupyterhub-idle-culler.",
        ),
    ),
    Kind(
        name="limit-before-hub",
        title="Something before the hub answered “too many requests”",
        section="Why starts took long",
        mechanism=(
            "Requests got 429, but not with one of the hub's own messages. An ingress, a load balancer, a firewall or "
            "a web server before the hub has a limit. A class behind one address is one client to it."
        ),
        confirm=("Look at the log of the ingress or load balancer for answers 429.",),
        remedies=(
            "Raise its limit for the hub's address: in ingress-nginx `nginx.ingress.kubernetes.io/limit-rps` and "
            "`limit-connections`.",
        ),
    ),
    Kind(
        name="waiting-for-nodes",
        title="Servers waited for nodes",
        section="Why starts took long",
        mechanism=(
            "No node had room for a server, so it waited until a new node came up, or until another server stopped. "
            "Kubernetes tells it in the pod's events: *0/7 nodes are available: Insufficient memory*, *pod triggered "
            "scale-up*. A new node takes minutes in most clouds."
        ),
        confirm=(
            "Look at the events: `kubectl -n jhub get events --sort-by .lastTimestamp | grep -e FailedScheduling -e "
            "TriggeredScaleUp`.",
            "Look at the nodes and their age: `kubectl get nodes`; at what is asked of them: `kubectl describe nodes | "
            "grep -A8 'Allocated resources'`.",
        ),
        remedies=(
            "Keep room free: placeholder pods (`scheduling.userPlaceholder.replicas` in the chart's values), as many "
            "as come in the time that a node takes.",
            "Start the nodes before the event: raise the minimum size of the node pool, or use a calendar scaler.",
            "Use larger nodes, so that fewer must come, and guarantee less to each server: "
            "`singleuser.memory.guarantee`, `singleuser.cpu.guarantee`.",
        ),
    ),
    Kind(
        name="slow-scheduling",
        title="Scheduling took long",
        section="Why starts took long",
        mechanism=(
            "It took long until a server's pod had its node, although no event said that nodes lacked room. The hub "
            "may have been slow to create the pod, or the scheduler to look at it."
        ),
        confirm=(
            "Compare the times of a pod: `kubectl -n jhub get pod POD -o yaml` (`creationTimestamp`, the condition "
            "`PodScheduled`).",
            "Look at the scheduler: `kubectl -n jhub logs deploy/user-scheduler`.",
        ),
        remedies=(
            "Look at the CPU of the user scheduler and of the Kubernetes API: `scheduling.userScheduler.resources`.",
            "Let the hub send more requests to the Kubernetes API: `c.KubeSpawner.k8s_api_threadpool_workers`.",
        ),
    ),
    Kind(
        name="image-pull",
        title="Servers waited for their image",
        section="Why starts took long",
        mechanism=(
            "The node did not have the image of the server yet and had to pull it. The pod's events tell it: *Pulling "
            "image*, *Successfully pulled image … in 1m20s*. Each new node pulls it again."
        ),
        confirm=(
            "Look at the events: `kubectl -n jhub get events | grep -e Pulling -e Pulled`.",
            "Look at the size of the image: `docker image ls`, or your registry.",
        ),
        remedies=(
            "Pull it before people come: `prePuller.hook.enabled` and `prePuller.continuous.enabled` in the chart's "
            "values.",
            "Make the image smaller, or keep it in a registry close to the cluster.",
            "Keep the nodes that have it: a larger minimum size of the node pool, and `singleuser.image.pullPolicy: "
            "IfNotPresent` with a fixed tag.",
        ),
    ),
    Kind(
        name="volume-wait",
        title="Servers waited for their volumes",
        section="Why starts took long",
        mechanism=(
            "A server's volume had to be made, attached to the node or mounted. Clouds attach disks one after the "
            "other to a node, and only a limited number of them."
        ),
        confirm=(
            "Look at the events: `kubectl -n jhub get events | grep -i -e volume -e mount`.",
            "Look at the claims: `kubectl -n jhub get pvc`.",
        ),
        remedies=(
            "Use one shared file system (NFS or the cloud's own) with a directory for each person, instead of a disk "
            "for each: `singleuser.storage.type: static`.",
            "Make the volumes before people come, and use a storage class that binds at once.",
        ),
    ),
    Kind(
        name="slow-container",
        title="Containers took long to start",
        section="Why starts took long",
        mechanism=(
            "Pod and image were there, but it took long until the container ran: init containers, a slow disk of the "
            "node, or many containers that started at the same time on it."
        ),
        confirm=(
            "Look at the times of a pod: `kubectl -n jhub describe pod POD` (init containers, events).",
            "Look at the load of the nodes: `kubectl top nodes`.",
        ),
        remedies=(
            "Look at what init containers do: `singleuser.initContainers`, `c.KubeSpawner.init_containers`.",
            "Spread servers over more nodes, or use nodes with a faster disk.",
        ),
    ),
    Kind(
        name="server-slow-to-answer",
        title="Servers took long until they answered",
        section="Why starts took long",
        mechanism=(
            "The container or process ran, but the server in it did not answer the hub yet. JupyterLab imports its "
            "extensions first; a start script, a slow home directory or too little CPU make that longer."
        ),
        confirm=(
            "Look at the server's own log: `kubectl -n jhub logs POD`; the times from its first line to *is running "
            "at*.",
            "Start the image by hand and time it: `docker run --rm IMAGE jupyter lab --version`.",
        ),
        remedies=(
            "Remove server extensions that are not needed, and work in start scripts (`singleuser.cmd`, "
            "`singleuser.lifecycleHooks.postStart`).",
            "Guarantee more CPU at the start: `singleuser.cpu.guarantee`.",
            "Look at the file system of the home directories. `c.Spawner.http_timeout` says how long the hub waits.",
        ),
    ),
    Kind(
        name="start-messages",
        title="Spawns waited after a message of their spawner",
        section="Why starts took long",
        mechanism=(
            "While a server starts, its spawner sends messages. Those of this spawner are not known here, so they are "
            "shown as they came: the time after one of them was the longest."
        ),
        confirm=("Look in the hub's log for that message, and at what the spawner does after it.",),
        remedies=("Look at what the spawner waits for after that message: a queue, an image, a machine, a quota.",),
    ),
    Kind(
        name="spawner-slow",
        title="Spawns took long",
        section="Why starts took long",
        mechanism=(
            "By the hub's own measure (`jupyterhub_server_spawn_duration_seconds`) the spawn took most of the time, "
            "and the spawner sent no messages that say what it waited for."
        ),
        confirm=(
            "Look in the hub's log for the spawn of one server from its first line to its last.",
            "On Kubernetes look at the events: `kubectl -n jhub get events --sort-by .lastTimestamp`.",
        ),
        remedies=(
            "Look at what a spawn waits for: nodes that must start first, images that must be pulled, volumes, quotas.",
            "If the run used `--wait listing` or `poll`, repeat it with `--wait progress`: the messages of a spawn are "
            "kept then.",
        ),
    ),
)
