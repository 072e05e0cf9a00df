"""Batches as brokers keep them: read whole or set aside, whatever their codec, and never more than fits in memory.

Read `fetched_batches`, then `unpacking`; `unpacked_bytes` counts what a process holds.
"""
