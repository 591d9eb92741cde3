"""A run in a Kubernetes cluster, beside the hub: `hubusers kube run`."""
