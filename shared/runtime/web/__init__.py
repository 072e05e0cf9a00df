"""An HTTP server that stands whatever connects to it.

Beside it, how many descriptors and how long log lines such a process may have.
"""
