"""Why Kafka or the store does not answer, found by trying the way there again, step by step.

Read `connection_probe` first (the network, with its limits of time), then `kafka_diagnosis` and `redis_diagnosis`.
"""
