"""The runtime's ports on Kafka, with aiokafka and FastStream.

Read `consuming` (records in, and what becomes of a poll that fails), `log` and `producer` (own events out, and how long each
may take), `fetching` (batches as they are), then `connection` (what every client has in common) and `broker`. `publishing` is
what needs no transaction, `deleting` the end of a topic, `topic_identity` which topic a name stands for, `errors` what errors
mean, `library_internals` every private name of the libraries.
"""
