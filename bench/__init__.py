"""Speed and memory, always beside a named reference measured in the same run: `make bench`."""
