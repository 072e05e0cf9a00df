"""The runtime's ports on Kafka, with aiokafka and FastStream.

Read `consuming` (records in, and what becomes of a poll that fails),
`log` and `producer` (own events out), `fetching` (batches as they are), then `connection`.
"""
