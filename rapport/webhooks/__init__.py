"""Webhooks: what the services publish, posted to addresses of the product, in order for each member, at least once.

Read `delivering` (one event on its way, and when it is tried again), `runner` (the Kafka side), `process` (all of it),
`replay`. How far an endpoint is: `status`, `behind`, `lost`.
"""
