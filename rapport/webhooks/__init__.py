"""Webhooks: what the services publish, posted to addresses of the product, in order for each member, at least once.

Read `delivering` (one event on its way), `runner` (the Kafka side), `replay`. How far an endpoint is: `status`, `behind`,
`lost`.
"""
