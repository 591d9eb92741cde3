"""What is in deploy/, the image and the page about Kubernetes: with the real helm, and the schemas of Kubernetes."""
