"""The ground of the runtime: what it wants of a log, a store and a consumer, its limits, its clock, its errors.

Imports nothing else of it.

Read `interfaces` first; `limits` has the numbers that bound the runtime's loops, queues and memories.
"""
