"""The system that a command talks to: where it is, reading its topics, publishing to it, its dead letters.

Read `endpoints` first, then `reading` and `publishing`. What `rapport run` starts is in `rapport/serving`.
"""
