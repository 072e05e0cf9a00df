"""What `rapport run` starts beside the services: the gateway with its uploads and streams, and the first key.

Read `running` (all of it, in one loop), `used_endpoints` (which Kafka, store and mail), then `gateway` (with how many
connections and streams its process may have). `hearing` reads the topics for live streams, `uploads` puts the imports
together, `first_key` makes the key of an embedded system.
"""
