"""Kafka, store and consumer in memory: they pass the same contract suite as the real ones, and can be hurt at every call.

Read `fake_cluster` (with `fake_partition`), `fake_log`, `fake_store`, `fake_feed`; `faults` names where each can be hurt.
"""
