"""GPU bills: every provider's format, read into one normal form, FOCUS."""
