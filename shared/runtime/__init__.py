"""What runs a decider on Kafka and Redis, exactly. It knows deciders by their form alone.

Read `ports` and `processing` first: they know neither Kafka nor Redis. `service` puts all together, `task` is one
partition, `step` what its owner does next.
"""
