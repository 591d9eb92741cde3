"""What is known of the proxy, and of what else stands before the hub, as a cause."""

from hubusers.report.causes.kind import Kind

KINDS = (
    Kind(
        name="proxy-slow",
        title="Requests lost their time on the way to the hub",
        section="The hub and its proxy",
        mechanism=(
            "Requests took much longer as seen by people than by the hub's own measure, while the hub was not busy. "
            "The time is lost in what stands between: the proxy, an ingress, a load balancer, or the network."
        ),
        confirm=(
            "Look at the CPU of the proxy while people come: `kubectl -n jhub top pod -l component=proxy`.",
            "Look for limits of its CPU: `kubectl -n jhub describe pod -l component=proxy`.",
            "Ask the hub past the proxy, and compare: "
            "`kubectl -n jhub exec deploy/hub -- curl -s -w '%{time_total}' -o /dev/null http://localhost:8081/hub/api/`.",
        ),
        remedies=(
            "Give the proxy more CPU: `proxy.chp.resources` in the chart's values.",
            "Look at the limits of the ingress or load balancer before it: its CPU, its connections, its rate limits.",
        ),
    ),
    Kind(
        name="proxy-routes-lost",
        title="The proxy lost its routes",
        section="The hub and its proxy",
        mechanism=(
            "The proxy keeps in memory which address belongs to which server. When it is restarted, as after it ran "
            "out of memory, it knows no server any more. People whose servers run get 404 or 503, or are sent in "
            "circles between the hub and their server, until the hub looks at the routes again and restores them."
        ),
        confirm=(
            "Look whether the proxy was restarted, and why: `kubectl -n jhub describe pod -l component=proxy` (restart "
            "count, *OOMKilled*).",
            "Look in the hub's log for `Adding missing` after that moment, which it says when it restores routes: "
            "`kubectl -n jhub logs deploy/hub | grep 'Adding missing'`.",
        ),
        remedies=(
            "Give the proxy more memory: `proxy.chp.resources.limits.memory`.",
            "Let the hub look at the routes more often: `c.JupyterHub.last_activity_interval`, 300 seconds by default.",
            "Consider a proxy that keeps its routes elsewhere, such as Traefik with a file or etcd.",
        ),
    ),
    Kind(
        name="gateway-errors",
        title="Something before the hub answered with errors",
        section="The hub and its proxy",
        mechanism=(
            "An ingress, a load balancer or a web server before the hub's proxy answered with 502, 503 or 504 itself, "
            "at the login, at servers and for files alike. It did not reach the proxy, or it had too many connections: "
            "each open notebook holds several."
        ),
        confirm=(
            "Look in the log of the ingress or load balancer for these answers: it says why, such as "
            "*worker_connections are not enough* or *upstream timed out*.",
            "Look at its open connections and open files while people work: `ss -s`, `ulimit -n`.",
        ),
        remedies=(
            "Let it hold more connections: `worker_connections` and `worker_rlimit_nofile` in nginx, "
            "`max-worker-connections` in ingress-nginx, `maxconn` in HAProxy; or run more of it.",
            "Look at its time limits for answers, and whether it was restarted or moved then.",
            "Look at the limits of the hub's proxy behind it: open files, ports, memory (`proxy.chp.resources`).",
        ),
    ),
    Kind(
        name="refused-before-hub",
        title="Something before the hub refused requests",
        section="The hub and its proxy",
        mechanism=(
            "The hub's API answers with JSON only. Requests to it got a web page instead: a web server, a firewall or "
            "a login before the hub answered in its place, and the hub did not hear of them."
        ),
        confirm=(
            "Look in the log of what stands before the hub for these answers; the hub's own log does not have them: "
            "`kubectl -n jhub logs deploy/hub | grep 'POST /hub/api/users'`.",
            "Ask the hub past it, and compare: `kubectl -n jhub exec deploy/hub -- curl -s -o /dev/null "
            "-w '%{http_code}' http://localhost:8081/hub/api/`.",
        ),
        remedies=(
            "At a firewall for web applications, or an access list of the web server: let `/hub/api` through for the "
            "addresses that Locust runs on.",
            "At a login before the hub (`auth_request` in nginx, `oauth2-proxy`): leave out `/hub/api`, which asks for "
            "a token itself.",
            "Or give the run an address at which the hub is reached without it.",
        ),
    ),
)
