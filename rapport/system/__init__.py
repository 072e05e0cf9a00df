"""The system that a command talks to: where it is, reading its topics, publishing to it, its dead letters.

Read `endpoints`, then `work` (runs what a command does; `error_hints` says why it failed), `reading`, `activity` (one
member's events) and `publishing`. Dead letters: `dead_letter_reader`, `dead_letter_entries`. From when on the log tells all:
`log_begin`; what the store keeps of partitions: `metas`. What `rapport run` starts is in `rapport/serving`.
"""
