"""The ground of the runtime: what it wants of a log, a store and a consumer, its limits, its clock, its errors.

Read `interfaces`, then `limits`: the numbers that bound the runtime's loops, queues and memories. `membership` has the
consumer group's times (the session is a setting), `pause_gate` where an owner stands still, `inbox` what it was handed;
`clock`, `instants` and `errors` are what they say. It imports nothing else of the runtime.
"""
