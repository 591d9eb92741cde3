"""What is known of the hub's own process as a cause."""

from hubusers.report.causes.kind import Kind

KINDS = (
    Kind(
        name="hub-busy",
        title="The hub's process was busy",
        section="The hub and its proxy",
        mechanism=(
            "A hub is one process with one thread, so it can use one core. When that core is full, the hub's "
            "work piles up: logins, pages, the start of a spawn, and the look whether a server is ready."
        ),
        confirm=(
            "Look at the hub's CPU while people come: `kubectl -n jhub top pod -l component=hub`, or the metric "
            "`process_cpu_seconds_total`.",
            "Look whether its CPU is limited below one core: `kubectl -n jhub describe pod -l component=hub`.",
        ),
        remedies=(
            "Give the hub a whole, fast core: `hub.resources` in the chart's values.",
            "Let its work come in portions: lower `c.JupyterHub.concurrent_spawn_limit`, or spread the arrivals.",
            "Let it do less: longer `c.JupyterHub.last_activity_interval` and `c.JupyterHub.activity_resolution`, no "
            "dashboards that list all users.",
        ),
    ),
    Kind(
        name="hub-blocked",
        title="Something blocked the hub's event loop",
        section="The hub and its proxy",
        mechanism=(
            "The hub answers everybody in turns of one event loop. Code that waits without giving its turn back, such "
            "as a hook, an authenticator or a spawner that calls a slow service, or a slow database, stops all of "
            "them for that long. The hub's CPU is low meanwhile. It looks the same when the hub's machine is busy with "
            "other processes and gives the hub no CPU."
        ),
        confirm=(
            "Look at the metric `jupyterhub_event_loop_interval_seconds`: its long intervals are those turns. "
            "JupyterHub 5 and later also log `Event loop was unresponsive`.",
            "Look what the hub does in such a turn: `py-spy dump --pid 1` in its pod, a few times.",
            "Look in the hub's log for gaps, and for the requests after each: they all end in the same moment.",
        ),
        remedies=(
            "Look at your own code in the hub: `c.Spawner.pre_spawn_hook`, `c.Spawner.auth_state_hook`, "
            "`c.Spawner.options_form`, `c.Authenticator.post_auth_hook`, and calls with `requests` or `time.sleep` in "
            "them. Make them `async`, or run them in a thread.",
            "Look at the hub's database and the disk that it is on: `c.JupyterHub.db_url`.",
            "Look whether other processes take the core of the hub (`top`, its steal time): set "
            "`hub.resources.requests.cpu`.",
        ),
    ),
    Kind(
        name="hub-restarted",
        title="The hub restarted during the run",
        section="The hub and its proxy",
        mechanism=(
            "The hub's process began anew: its metrics tell when it started. While it is away nobody can log in or "
            "start a server. When it is back, it looks at all running servers and at all routes before it answers as "
            "before, and spawns that were under way are lost."
        ),
        confirm=(
            "Look at the restarts of its pod and the reason of the last one: `kubectl -n jhub describe pod -l "
            "component=hub` (*OOMKilled*, *Error*, a failed liveness probe).",
            "Read the end of the log of the process before: `kubectl -n jhub logs deploy/hub --previous`.",
        ),
        remedies=(
            "Remove the reason: more memory (`hub.resources.limits.memory`), or a longer `hub.livenessProbe` where a "
            "busy hub was taken for a dead one.",
            "If failed spawns ended it, look at them first: `c.Spawner.consecutive_failure_limit`.",
        ),
    ),
    Kind(
        name="hub-exited",
        title="The hub ended itself after failed spawns",
        section="The hub and its proxy",
        mechanism=(
            "A hub exits when several spawns in a row have failed (`consecutive_failure_limit`, 5 on Kubernetes), so "
            "that its platform starts it anew. People who come in that time find no hub."
        ),
        confirm=(
            "Look in the log for `Aborting due to 5 consecutive spawn failures`: `kubectl -n jhub logs deploy/hub "
            "--previous | grep consecutive`.",
        ),
        remedies=(
            "Mend what makes spawns fail.",
            "Raise `c.Spawner.consecutive_failure_limit` if single users can make many spawns fail, as by a broken "
            "option.",
        ),
    ),
    Kind(
        name="hub-away",
        title="The hub could not be reached",
        section="The hub and its proxy",
        mechanism=(
            "The hub's address was refused, or what stands before it answered 502, 503 or 504. Either the hub was "
            "away, or the proxy, the ingress or the network before it was; the time at which the hub's process began, "
            "in its metrics, tells these apart."
        ),
        confirm=(
            "Look whether the hub runs, and since when: `kubectl -n jhub get pods -l component=hub`.",
            "Look at the events of its pod: `kubectl -n jhub describe pod -l component=hub`.",
            "If its process went on, look at the same of the proxy (`-l component=proxy`) and of the ingress.",
        ),
        remedies=(
            "Look at the end of the hub's log: `kubectl -n jhub logs deploy/hub --previous`.",
            "Look at memory and disk of the hub's pod, and of its database.",
        ),
    ),
    Kind(
        name="database-errors",
        title="The hub's database failed",
        section="The hub and its proxy",
        mechanism=(
            "When the hub cannot read its database it answers good tokens with 403 *Missing or invalid credentials*, "
            "and everything that it must write with 500. Its simplest answers, which need no database, go on."
        ),
        confirm=(
            "Look in the hub's log for `sqlalchemy` and `OperationalError`: `kubectl -n jhub logs deploy/hub | grep -i "
            "-e sqlalchemy -e operationalerror`.",
            "Look at the database itself: its log, its restarts, its disk, its connections.",
        ),
        remedies=(
            "Look at the disk of the database (`hub.db.pvc` with SQLite) and whether it is full.",
            "With PostgreSQL or MySQL, let the hub test its connections: `c.JupyterHub.db_kwargs = "
            "{'pool_pre_ping': True}`.",
        ),
    ),
    Kind(
        name="token-rejected",
        title="The hub does not accept the run's token any more",
        section="Why something failed",
        mechanism=(
            "The hub accepted the token that this run works with, and from some moment on never again: somebody "
            "deleted it, it ran out, or the hub began anew with another configuration or database. Nothing that this "
            "run does by the hub's API works without it, not even the clean-up. People are not affected."
        ),
        confirm=(
            'Ask the hub who the token is: `curl -s -H "Authorization: token $JUPYTERHUB_API_TOKEN" '
            "ADDRESS/hub/api/user`.",
            "Look in the hub's log whether it began anew at that moment.",
        ),
        remedies=(
            "Make a new token, for long enough: `expires_in` of a token that was made by the API, or the token of a "
            "service in `c.JupyterHub.services`, which does not run out. Then repeat the run.",
            "Delete what the run has left on the hub with the new token: `hubusers purge`.",
        ),
    ),
    Kind(
        name="certificate",
        title="The hub's certificate was not accepted",
        section="The hub and its proxy",
        mechanism=(
            "The certificate that the hub's address shows is not valid: it expired, is for another name, or comes from "
            "an authority that is not known here. Browsers warn people in the same way."
        ),
        confirm=(
            "Look at its dates: `openssl s_client -connect HOST:443 -servername HOST </dev/null | openssl x509 -noout "
            "-dates -subject`.",
            "With the chart's own HTTPS look at its log: `kubectl -n jhub logs deploy/autohttps -c traefik`.",
        ),
        remedies=(
            "Renew the certificate: `proxy.https` in the chart's values, or your ingress with cert-manager.",
            "For an authority of your own give its file in `REQUESTS_CA_BUNDLE`.",
        ),
    ),
    Kind(
        name="other-load",
        title="Others used the hub as well",
        section="The hub and its proxy",
        mechanism=(
            "The hub's metrics count all requests, and all spawns, whoever made them. There were many more than this "
            "run made: real people, a dashboard or a script that lists all users again and again, or activity reports "
            "of running servers."
        ),
        confirm=(
            "Look in the hub's log for the client: `kubectl -n jhub logs deploy/hub | grep -e 'GET /hub/api/users'`.",
            "Look at services with tokens on the hub's admin page, and at `c.JupyterHub.services`.",
        ),
        remedies=(
            "Let that service ask less often, or for less: `GET /users?state=active` instead of all users.",
            "For many activity reports: a longer `c.JupyterHub.activity_resolution`, and "
            "`JUPYTERHUB_ACTIVITY_INTERVAL` in the servers' environment.",
            "Repeat the run at a time when nobody else uses the hub.",
        ),
    ),
)
