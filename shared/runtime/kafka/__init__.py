"""The runtime's ports on Kafka, with aiokafka and FastStream.

Read `consuming` (records in), `log` and `producer` (own events out), `fetching` (batches as they are), then `connection`.
"""
