"""The runtime's ports on Kafka, with aiokafka and FastStream.

Read `subscriber` (records in), `log` and `producer` (own events out).
"""
