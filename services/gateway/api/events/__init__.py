"""Events come in: CloudEvents over HTTP become records of the activity topic.

Read `cloudevents` (modes and batches), then `outbox`, which hands events on to Kafka.
"""
