"""Webhooks: what the services publish, posted to addresses of the product, in order for each member, at least once.

Read `endpoints` (where to, kept in a file), `message` (a record as what is posted), `gate` and `delivery` (attempts and
their order), `failure` (what is kept of a failure), `runner` (the Kafka side), `replay`.
"""
