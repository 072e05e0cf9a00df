"""The consuming side of a service: one subscriber, one queue for each owned partition.

Read `subscriber`, then `partition_queue`. `tracking_consumer` is aiokafka's consumer with a say in each poll; what fails is
counted in `poll_failures` and `fetch_failures`.
"""
