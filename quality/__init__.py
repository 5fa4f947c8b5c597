"""Expectations over the facts: what is assumed, whether it holds, and which lie is told when it does not."""
