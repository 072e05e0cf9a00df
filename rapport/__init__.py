"""The application: the command line, and the one place that knows all services. Nothing imports it.

Read `cli` (which commands there are), `composition` (which services), then the command that you came for.
"""
