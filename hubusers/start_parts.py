"""What a start can wait for, in the order in which a server goes through it that KubeSpawner or BatchSpawner starts."""

PLACE_AT_HUB = "waiting for a place at the hub"
"""The hub answered 429, and the person came back later."""
ACCEPTANCE = "asking the hub"
"""From the click, or from the last 429, until the hub has accepted the start."""
QUEUE = "waiting in the batch queue"
"""The server is a job, and the job waits."""
BATCH_SYSTEM = "waiting for the batch system's answer"
"""The batch system has not told of the job yet, or does not answer any more."""
NODE = "waiting for a node"
"""No node has room, or a new node is on its way."""
SCHEDULING = "scheduling"
"""Everything else until the pod has its node."""
VOLUMES = "attaching volumes"
IMAGE = "pulling the image"
CONTAINER = "starting the container"
ANSWER = "waiting for the server to answer"
"""The container runs, but the hub does not reach the server in it yet."""
SPAWNING = "spawning"
"""The spawner works, and says no more than that."""

PARTS = (PLACE_AT_HUB, ACCEPTANCE, QUEUE, BATCH_SYSTEM, NODE, SCHEDULING, VOLUMES, IMAGE, CONTAINER, ANSWER, SPAWNING)
"""The parts that are known, in their order.

After a message that is not known here, the message itself, as a template, is the name of the part until the next one.
"""

OTHER = "other messages"
"""In place of messages that are not known, where there are too many different ones."""
