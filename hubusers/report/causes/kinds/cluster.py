"""What is known of each thing that a cluster does to servers, to the proxy and to the load generator."""

from hubusers.report.causes.kind import Kind

KINDS = (
    Kind(
        name="proxy-restarted",
        title="The proxy was restarted",
        section="The hub and its proxy",
        mechanism=(
            "Kubernetes tells that the proxy's container ended, or that its pod was replaced. While it is away nobody "
            "reaches the hub or a server, and all websockets are cut. The proxy keeps its routes in memory: when it is "
            "back it knows no server until the hub has told it."
        ),
        confirm=(
            "Look at the restarts of its pod and the reason of the last one: `kubectl -n jhub describe pod -l "
            "component=proxy` (*OOMKilled*, *Error*, a failed liveness probe).",
            "Read the end of the log of the process before: `kubectl -n jhub logs deploy/proxy --previous`.",
        ),
        remedies=(
            "After *OOMKilled*: give it more memory, `proxy.chp.resources.limits.memory`. Each open websocket takes "
            "some of it.",
            "If it was moved to another node, keep it on one that stays: `scheduling.corePods.nodeAffinity` and a pool "
            "of nodes for hub and proxy.",
            "Let the hub look at the routes more often: `c.JupyterHub.last_activity_interval`, 300 seconds by default.",
        ),
    ),
    Kind(
        name="servers-evicted",
        title="Servers were taken off their nodes",
        section="Why something failed",
        mechanism=(
            "Kubernetes ended servers that were running, and their people lost their kernels: the node ran out of "
            "memory or disk, it was drained or removed because it looked empty enough, it was lost, or a pod of a "
            "higher priority needed the place."
        ),
        confirm=(
            "Look at the events: `kubectl -n jhub get events | grep -i -e evict -e preempt -e scaledown`.",
            "Look at the nodes: `kubectl describe nodes | grep -A8 Conditions`.",
        ),
        remedies=(
            "If nodes ran out of memory or disk: guarantee each server what it uses (`singleuser.memory.guarantee`, "
            "`singleuser.extraPodConfig`), so that fewer of them come onto one node.",
            "If an autoscaler removed nodes with servers on them: `singleuser.extraAnnotations` with "
            "`cluster-autoscaler.kubernetes.io/safe-to-evict: 'false'` or `karpenter.sh/do-not-disrupt: 'true'`.",
            "If they were preempted: give servers a higher priority than what took their place "
            "(`scheduling.podPriority`).",
            "If nodes are lost (spot, preemptible), use others for the time of the event.",
        ),
    ),
    Kind(
        name="servers-out-of-memory",
        title="Servers were killed for their memory",
        section="Why something failed",
        mechanism=(
            "A server used more memory than its limit, and its node ended it: Kubernetes says *OOMKilled*. All kernels "
            "of that person are gone."
        ),
        confirm=(
            "Look for it: `kubectl -n jhub get pods -o wide`, `kubectl -n jhub describe pod POD` (*OOMKilled*, exit "
            "code 137).",
        ),
        remedies=(
            "Raise the limit: `singleuser.memory.limit`, and with it the guarantee, or the nodes run out of memory.",
            "Let people see what they use (jupyter-resource-usage), and use less in the notebooks.",
        ),
    ),
    Kind(
        name="load-generator-killed",
        title="The load generator itself was ended by the cluster",
        section="The load generator",
        mechanism=(
            "Kubernetes ended a pod of the run: it used more memory than its limit, or it was taken off its node. The "
            "people in it came to no end, so what the run measured is not whole, and says little about the hub."
        ),
        confirm=(
            "Look at the pod while it is there: `kubectl -n jhub describe pod -l app.kubernetes.io/name=hubusers` "
            "(*OOMKilled*, *Evicted*).",
        ),
        remedies=(
            "After *OOMKilled*: give it more memory, `resources.limits.memory` in its values, or use more pods "
            "(`--workers`).",
            "If it was taken off its node: ask for what it uses (`resources.requests`), and let it run on a node that "
            "stays (`nodeSelector`, `tolerations`). Then repeat the run.",
        ),
    ),
)
