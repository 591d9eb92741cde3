#!/bin/sh
# Keeps a pod until somebody has fetched the folder of its run, also where the run itself was killed.
#
#     keep-results SECONDS
#
# It ends when there is a file runs/.fetched, or so many seconds after the run; the container of the run is `locust`, and
# shares its processes with this one. A shell does it, because Python would take ten times the memory.
wait_for=$1

# Somebody deletes the pod. Its run then cleans up, and writes its report: stay until that can be fetched, too.
trap 'wait_for=30' TERM

run_goes_on() {
    for process in /proc/[0-9]*/comm; do
        read -r name 2>/dev/null <"$process" && [ "$name" = locust ] && return
    done
    return 1
}

waited=0
while [ ! -e runs/.fetched ]; do
    if run_goes_on; then
        waited=0
    elif [ "$waited" -ge "$wait_for" ]; then
        exit
    fi
    waited=$((waited + 1))
    sleep 1
done
