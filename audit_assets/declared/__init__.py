"""What people say: audit.yaml as tables."""
