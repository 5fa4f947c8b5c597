"""Prometheus metrics: text files or a server, and the reduction of one day to rollups."""
