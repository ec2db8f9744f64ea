"""The worker process of the CUDA backend: see PROTOCOL.md for what it says and hears."""

PROTOCOL = 1
