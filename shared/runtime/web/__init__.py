"""An HTTP server that stands whatever connects to it.

Read `http_server` first. `descriptors` shares out the open files that a process may have, `bounded_lines` how often it logs
the same line.
"""
