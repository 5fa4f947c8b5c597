"""Expectations as data, the one engine that runs them, and the Dagster checks they become."""
