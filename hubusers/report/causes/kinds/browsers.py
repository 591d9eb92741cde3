"""What is known of each thing that goes wrong for people with a browser once they have a server."""

from hubusers.report.causes.kind import Kind

KINDS = (
    Kind(
        name="redirect-loop",
        title="People were sent in circles",
        section="Why something failed",
        mechanism=(
            "A page redirected to another one, which led back again, until the browser gave up. Mostly the hub thinks "
            "that the server runs and sends people to it, and the proxy does not know the server and sends them back; "
            "or something before the hub changes `http` into `https` and the hub changes it back."
        ),
        confirm=(
            "Look at the redirects: `curl -sIL --max-redirs 10 ADDRESS | grep -i location`.",
            "Look whether the proxy knows the server: `kubectl -n jhub exec deploy/hub -- sh -c 'curl -s -H "
            '"Authorization: token $CONFIGPROXY_AUTH_TOKEN" http://proxy-api:8001/api/routes\'`.',
        ),
        remedies=(
            "Look whether the proxy was restarted; it gets its routes back when the hub looks at them: "
            "`c.JupyterHub.last_activity_interval`.",
            "Look at `X-Forwarded-Proto`, `Host` and the redirects of the ingress or web server before the hub, and at "
            "`c.JupyterHub.bind_url` and `c.JupyterHub.base_url`.",
        ),
    ),
    Kind(
        name="server-unreachable",
        title="Servers did not answer at their address",
        section="Why something failed",
        mechanism=(
            "The hub said that a server is ready, but at the server's address the proxy, or something before it, "
            "answered with an error. Mostly the proxy does not know the server, or does not reach it; or the server "
            "died and the hub has not noticed it yet."
        ),
        confirm=(
            "Look whether the proxy knows the server: `kubectl -n jhub exec deploy/hub -- sh -c 'curl -s -H "
            '"Authorization: token $CONFIGPROXY_AUTH_TOKEN" http://proxy-api:8001/api/routes\'`.',
            "Look whether the server runs: `kubectl -n jhub get pods`.",
        ),
        remedies=(
            "If the proxy answers 503, it knows the server and does not reach it: look whether servers were killed, "
            "because of memory for instance: `kubectl -n jhub get events | grep -i -e oom -e evict -e kill`, "
            "`singleuser.memory.limit`.",
            "Look whether the proxy was restarted, and at its memory and its limits of connections: "
            "`proxy.chp.resources`.",
            "Look whether the proxy reaches the servers: network policies, firewalls between nodes.",
            "Let the hub look more often: `c.JupyterHub.last_activity_interval` for routes, `c.Spawner.poll_interval` "
            "for servers.",
        ),
    ),
    Kind(
        name="websockets-refused",
        title="Websockets were refused",
        section="Why something failed",
        mechanism=(
            "Kernels, and most applications, speak through websockets. Pages and files came, but each connection that "
            "was to become a websocket was refused. Something before the proxy, such as nginx, an ingress, a load "
            "balancer or a firewall, does not pass the headers `Upgrade` and `Connection` on, or changes `Host`, which "
            "the server compares with `Origin`."
        ),
        confirm=(
            "Open a notebook in a browser, and look in its network tab for `channels` with a status that is not 101.",
            "Do the same past the ingress: `kubectl -n jhub port-forward svc/proxy-public 8080:80`.",
        ),
        remedies=(
            "In nginx: `proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "
            "$connection_upgrade; proxy_set_header Host $http_host;`. In Apache: `ProxyPass … upgrade=websocket`.",
            "At a firewall, a web application firewall or a load balancer: allow websockets for the hub's address.",
            "If the server answers 403: `c.ServerApp.allow_origin`, and the header `Host` that arrives there.",
        ),
    ),
    Kind(
        name="websockets-cut",
        title="Websockets were cut off",
        section="Why something failed",
        mechanism=(
            "Websockets were open and broke off while people used them. If it is always after the same time, something "
            "on the way has a time limit for connections, or for connections on which nothing is sent."
        ),
        confirm=(
            "Leave a notebook open without touching it, and look in the browser's network tab how long `channels` "
            "lasts.",
            "Look at the time limits of everything on the way: ingress, load balancer, proxy.",
        ),
        remedies=(
            "In nginx: `proxy_read_timeout 1d` and `proxy_send_timeout 1d`; in ingress-nginx: "
            "`nginx.ingress.kubernetes.io/proxy-read-timeout` and `proxy-send-timeout`; in HAProxy: `timeout tunnel`.",
            "At a cloud's load balancer: its idle or response timeout (`timeoutSec` of a BackendConfig, "
            "`idle_timeout.timeout_seconds` of AWS).",
            "If idle connections are cut, let servers send something more often: "
            "`c.ServerApp.websocket_ping_interval`.",
            "If all broke off in the same moment, look whether proxy or ingress was restarted then.",
        ),
    ),
    Kind(
        name="other-start-page",
        title="Servers led to something else than JupyterLab or Notebook 7",
        section="Why something failed",
        mechanism=(
            "A NotebookUser works in JupyterLab or in Notebook 7, whichever the server's start page "
            "(`c.Spawner.default_url`) belongs to. The start page of these servers belongs to something else, such as "
            "RStudio, VS Code, the classic Notebook 6, or an app of jupyter-server-proxy."
        ),
        confirm=("Log in as one of these people, and look where you arrive.",),
        remedies=(
            "The stub servers of a local hub have no pages: start that hub with `hubusers hub --servers lab`.",
            "Take PageUser, which opens any page, with its files and its websockets: `hubusers run PageUser`.",
            "If people should arrive at JupyterLab or at Notebook 7, set `c.Spawner.default_url` to `/lab` or `/tree` "
            "(in the chart's values: `singleuser.defaultUrl`).",
        ),
    ),
    Kind(
        name="lab-too-old",
        title="JupyterLab is too old",
        section="Why something failed",
        mechanism=(
            "A NotebookUser knows what JupyterLab 3 and 4 ask their server for. The JupyterLab of these servers is "
            "older."
        ),
        confirm=("Look at the version in a server: `jupyter lab --version` in its terminal.",),
        remedies=(
            "Take an image with a newer JupyterLab: `singleuser.image`, `--server-profile`, `--user-options`.",
            "Or take PageUser, which opens any page, with its files and its websockets: `hubusers run PageUser`.",
        ),
    ),
    Kind(
        name="files-missing",
        title="Pages did not load completely",
        section="Why something failed",
        mechanism=(
            "Files of the page, or answers that its scripts ask the server for, did not come. A page without its "
            "scripts stays empty. A wrong base address, a file system that is too slow, or an extension that is half "
            "installed does it."
        ),
        confirm=("Open the page in a browser, and look in its network tab for what is red.",),
        remedies=(
            "Look at the requests that are named above, and at the server's log: `kubectl -n jhub logs POD`.",
            "If the answers are 502 or 503, look for limits of connections on the way: `worker_connections` in nginx, "
            "open files (`ulimit -n`) and ports of the proxy.",
            "Look at `c.JupyterHub.base_url`, at caches and rewriting rules before the hub, and at the extensions in "
            "the image: `jupyter labextension list`.",
        ),
    ),
    Kind(
        name="page-broken",
        title="Servers showed something else than the page",
        section="Why something failed",
        mechanism=(
            "The server ran, and showed an error, a login or nothing where people expected RStudio, VS Code, a desktop "
            "or another application. The application is not in the image, did not start in the time that "
            "jupyter-server-proxy gives it, ended at once, or has a login of its own."
        ),
        confirm=(
            "Open the page in a browser, from the same link.",
            "Look in the server's log for the application's own messages: `kubectl -n jhub logs POD`.",
        ),
        remedies=(
            "If it *could not start in time*: give it longer, with `timeout` in `c.ServerProxy.servers`, which is five "
            "seconds by default; and give servers more CPU: `singleuser.cpu.guarantee`.",
            "Start the application by hand in the image, with the command of `c.ServerProxy.servers`.",
            "If it asks to log in: switch its own login off, as `--auth none` does for code-server; the hub has logged "
            "people in already.",
            "Look at the link, or at `c.Spawner.default_url`: a wrong path gives HTTP 404.",
        ),
    ),
    Kind(
        name="git-pull-lost",
        title="People with a link of nbgitpuller were not led to it",
        section="Why something failed",
        mechanism=(
            "People opened a link of nbgitpuller, and came to another page, such as JupyterLab's: something on the way "
            "through the login and the spawn has lost `next`, the address to which the hub has to lead them."
        ),
        confirm=(
            "Open the link in a private window of a browser, and log in: JupyterLab opens, without the files.",
            "Watch the address at each redirect, with the browser's tools for developers: from one of them on, `next` "
            "is not there.",
        ),
        remedies=(
            "If the hub has an authenticator or a login page of your own: let it hand `next` on, as "
            "`Authenticator.get_next_url` of JupyterHub does.",
            "If people come by a link of an LMS, or through a proxy of yours: look whether `next` is in the address at "
            "which the hub is reached.",
        ),
    ),
    Kind(
        name="git-pull-missing",
        title="The servers have no nbgitpuller",
        section="Why something failed",
        mechanism=(
            "People opened a link of nbgitpuller, and the hub led them to it; but at `/git-pull` their server has no "
            "page, or one of something else."
        ),
        confirm=(
            "In a server: `jupyter server extension list` names nbgitpuller if it is there, and whether it is enabled.",
        ),
        remedies=(
            "Install nbgitpuller in the image, or environment, of the servers.",
            "If it is there and not enabled: `jupyter server extension enable --sys-prefix nbgitpuller`.",
        ),
    ),
    Kind(
        name="git-pull-failed",
        title="nbgitpuller did not bring the files",
        section="Why something failed",
        mechanism=(
            "People opened a link of nbgitpuller, and Git, in their server, could not get the files of its repository: "
            "the repository or the branch does not exist, asks to log in, cannot be reached from the servers, limits "
            "how often it is asked, or conflicts with what people have changed."
        ),
        confirm=(
            "Open the link in a browser; the page shows what Git says.",
            "Try it in a server: `git ls-remote REPOSITORY`.",
        ),
        remedies=(
            "Look at `repo` and `branch` in the link, and whether Git gets the repository without a login.",
            "Look whether servers may reach the repository: `singleuser.networkPolicy.egress` in the chart's values.",
            "If many come at once, let them pull from a mirror near the hub, and with `depth=1` in the link.",
        ),
    ),
    Kind(
        name="git-pull-slow",
        title="The files of a course took long to come",
        section="Why a login, a notebook or a kernel took long",
        mechanism=(
            "People opened a link of nbgitpuller, and waited until Git had brought the files of its repository into "
            "their home directory. The repository is large, or is asked by many at once; the way from the servers to "
            "it is slow; or the home directory is slow, where Git writes many small files."
        ),
        confirm=(
            "Time it in a server, in the home directory and beside it: `time git clone --depth 1 REPOSITORY ~/try`, "
            "`time git clone --depth 1 REPOSITORY /tmp/try`.",
        ),
        remedies=(
            "Keep large files out of the repository, and old ones out of its newest commit: nbgitpuller gets that "
            "commit only, unless the link has `depth=0`.",
            "Let servers pull from a mirror near the hub.",
            "If only the home directory is slow: give its file server a faster disk, or more operations a second.",
        ),
    ),
    Kind(
        name="session-lost",
        title="People were logged out in the middle of their work",
        section="Why something failed",
        mechanism=(
            "The hub, or a server, did not know a person's session any more. The hub forgot it with its cookie secret "
            "or its database, the session or its token expired, or the account was deleted."
        ),
        confirm=(
            "Look in the hub's log for `403` and `Clearing invalid/expired login cookie`: `kubectl -n jhub logs "
            "deploy/hub | grep -i -e 'login cookie' -e ' 403 '`.",
        ),
        remedies=(
            "Keep the secret and the database over restarts: `c.JupyterHub.cookie_secret_file`, `c.JupyterHub.db_url`, "
            "`hub.db` in the chart's values.",
            "Let sessions last longer: `c.JupyterHub.cookie_max_age_days`, `c.JupyterHub.oauth_token_expires_in`.",
            "Look whether something deletes accounts, such as an idle culler with `--cull-users`, `cull.users` in "
            "the chart's values.",
        ),
    ),
    Kind(
        name="servers-culled",
        title="Servers were stopped while people used them",
        section="Why something failed",
        mechanism=(
            "A server that was ready was gone, and neither the person nor the run had stopped it. Mostly the idle "
            "culler took it for idle, or for too old; or the server died, for instance because it used too much "
            "memory. Servers that are batch jobs also end at the job's time limit, or with their node."
        ),
        confirm=(
            "Look in the log of the culler: `kubectl -n jhub logs deploy/hub | grep -i cull`.",
            "Look whether pods were killed: `kubectl -n jhub get events | grep -i -e oom -e evict -e kill`.",
            "With Slurm: `sacct --allusers --starttime=today --format=JobID,User,State,Elapsed,Timelimit` (*TIMEOUT*, "
            "*NODE_FAIL*, *CANCELLED*, *OUT_OF_MEMORY*).",
        ),
        remedies=(
            "Let servers live longer: `cull.timeout` and `cull.maxAge` in the chart's values, or `--timeout` and "
            "`--max-age` of jupyterhub-idle-culler.",
            "Look whether the hub hears of activity: `c.JupyterHub.last_activity_interval` must be shorter than the "
            "culler's timeout, and servers must reach the hub's API.",
            "Look at `c.ServerApp.shutdown_no_activity_timeout` in the image.",
            "If servers died: raise `singleuser.memory.limit`.",
            "If jobs ended: `c.BatchSpawnerBase.req_runtime`, `req_memory`.",
        ),
    ),
    Kind(
        name="kernel-not-installed",
        title="Servers lack a kernel",
        section="Why something failed",
        mechanism=(
            "A notebook names a kernel that the server does not have, nor any other of the same language. JupyterLab "
            "then asks the person which kernel to take, and its cells cannot be run."
        ),
        confirm=("List the kernels of a server: `jupyter kernelspec list` in its terminal.",),
        remedies=(
            "Install the kernel in the image of the servers, or choose another image (`--server-profile`, "
            "`--user-options`).",
            "Or save the notebooks with a kernel that the servers have, or take them out of `--notebooks`.",
        ),
    ),
    Kind(
        name="kernel-died",
        title="Kernels died",
        section="Why something failed",
        mechanism=(
            "A kernel ended by itself, in a cell or at its start. In a cell it mostly used more memory than the server "
            "may have; at its start a package in the image is broken."
        ),
        confirm=(
            "Look in the server's log for `kernel died` or `restarting`: `kubectl -n jhub logs POD | grep -i kernel`.",
            "Look for *OOMKilled*: `kubectl -n jhub get events | grep -i oom`, or `dmesg` on the node.",
        ),
        remedies=(
            "Raise the memory of servers: `singleuser.memory.limit` in the chart's values, `c.Spawner.mem_limit`.",
            "Start a kernel by hand in the image: `python -m ipykernel_launcher --version`, `jupyter kernelspec list`.",
        ),
    ),
    Kind(
        name="kernel-gone",
        title="Kernels were gone",
        section="Why something failed",
        mechanism=(
            "The server did not know a kernel any more that was there before, while the server itself went on. Its "
            "kernels are culled when they are idle, or the server was restarted behind the same address."
        ),
        confirm=("Look in the server's log for `Culling` or `Kernel does not exist`: `kubectl -n jhub logs POD`.",),
        remedies=(
            "Let idle kernels live longer: `c.MappingKernelManager.cull_idle_timeout`, and do not cull kernels of open "
            "notebooks: `c.MappingKernelManager.cull_connected = False`.",
        ),
    ),
    Kind(
        name="save-refused",
        title="Notebooks could not be saved",
        section="Why something failed",
        mechanism=(
            "The server, or something before it, refused to save a notebook: the volume or a quota is full, the volume "
            "is read-only, the folder is not there, or the request is larger than a proxy allows (HTTP 413). People "
            "lose work."
        ),
        confirm=(
            "Look at the volume in a server: `df -h ~`, `touch ~/test`, `quota`.",
            "For HTTP 413 look at the log of the ingress or web server before the hub.",
        ),
        remedies=(
            "If it is full: a larger volume (`singleuser.storage.capacity`), a larger quota, or clean up.",
            "If it is read-only: look at the file server and at the mount options of the volume.",
            "If the request is too large: `client_max_body_size` in nginx, "
            "`nginx.ingress.kubernetes.io/proxy-body-size`, `c.ServerApp.max_body_size` in the server.",
            "If the folder is not there: name one with `--notebook-dir` that exists in the server of each person.",
        ),
    ),
    Kind(
        name="slow-storage",
        title="Files were slow",
        section="Why a login, a notebook or a kernel took long",
        mechanism=(
            "Requests that read or write people's files took long, while servers answered other requests quickly. "
            "The file server or the disks behind the home directories are slow, or have a limit of operations."
        ),
        confirm=(
            "Time it in a server: `time dd if=/dev/zero of=~/test bs=4k count=1000 oflag=dsync`.",
            "Look at the file server: its CPU, its disk, its throughput and limits of the cloud.",
        ),
        remedies=(
            "Give the file server a faster disk, or more operations a second. In clouds a larger disk has more.",
            "Keep caches and packages out of the home directory, such as `~/.cache` and conda environments.",
        ),
    ),
    Kind(
        name="slow-kernels",
        title="Kernels took long to start",
        section="Why a login, a notebook or a kernel took long",
        mechanism=(
            "It took long until a kernel was ready, while files and pages came quickly. Kernels import much at their "
            "start and need CPU for it; many that start on one node at the same time share it."
        ),
        confirm=(
            "Look at the CPU of the nodes while people begin: `kubectl top nodes`.",
            "Time it in a server: `time python -c 'import IPython, ipykernel'`.",
        ),
        remedies=(
            "Guarantee CPU to servers: `singleuser.cpu.guarantee`, and put fewer on a node.",
            "Look at the modules that kernels import at their start: `~/.ipython/profile_default/startup`, a slow "
            "file system below the packages.",
        ),
    ),
    Kind(
        name="wrong-output",
        title="Cells gave another output than expected",
        section="Why something failed",
        mechanism=(
            "A cell ran and gave an error, or another output than is stored in the notebook. Mostly a package is "
            "missing in the image or has another version, a file is not there, or a limit of memory or network "
            "stopped the code. *Output cut off*: the cell printed more in a second than a Jupyter server passes on. "
            "*Input asked for*: the cell waits for a person to type something."
        ),
        confirm=("Run the notebook in a server of the hub, and compare its outputs.",),
        remedies=(
            "Install the missing packages in the image, in the versions that the notebook was made with.",
            "If only the versions differ, run the notebook in a server of the hub from top to bottom, and save it: its "
            "outputs are then those that the hub gives.",
            "If outputs may differ, clear them in the notebook: then only errors count.",
            "Let cells print less, or raise `c.ServerApp.iopub_data_rate_limit`.",
        ),
    ),
    Kind(
        name="user-code",
        title="The code of a user class failed",
        section="Why something failed",
        mechanism=(
            "A task, or another method of a user class, raised an exception. That is a mistake in the code that "
            "simulates people, or an answer for which it was not made; it says nothing of the hub by itself."
        ),
        confirm=("Look at Locust's tab *Exceptions*, and at the end of its log: both have the traceback.",),
        remedies=("Mend the user class. What it does on the hub can be a step of its own: `with self.step(...)`.",),
    ),
    Kind(
        name="user-requests",
        title="All requests of a user class failed",
        section="Why something failed",
        mechanism=(
            "People of a user class of your own got no good answer to any request that its code sends with "
            "`self.client`, in a whole visit. So they did not do what the class is for, though their servers may have "
            "been fine."
        ),
        confirm=("Send one of these requests with curl and the run's token, while a server runs.",),
        remedies=(
            "HTTP 403: give the token the scope `access:servers`, which requests to people's servers need. HTTP 404: "
            "look at the path.",
            "If a failure is what you expect, tell Locust so, with `catch_response=True`.",
        ),
    ),
    Kind(
        name="other-failures",
        title="Something else failed",
        section="Why something failed",
        mechanism=(
            "Steps failed in a way for which there is no other finding. The words of the hub, or of what answered, are "
            "shown as they came."
        ),
        confirm=("Look in the hub's log at the moments that are named: `kubectl -n jhub logs deploy/hub`.",),
        remedies=("Follow the words, and look at the rows of these steps in steps.csv.",),
    ),
)
