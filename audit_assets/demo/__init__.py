"""The synthetic estate: real wire formats, planted facts. It knows nothing of how the audit finds them."""
