"""Kubernetes manifests as rows: objects, pod templates and alert rules."""
