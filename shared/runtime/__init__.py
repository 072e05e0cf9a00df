"""What runs a decider on Kafka and Redis, exactly. It knows deciders by their form alone.

Read `ports` (with the limits) and `processing` first: they know neither Kafka nor Redis. `service` puts all together
(`application`: for FastStream; `environment`: where), `owned_partitions` has a `task` for each partition (how long it waits
after an error, too), `step` says what its owner does next. `recovery` takes a partition over; `projecting` owns one of a
projection, `reader` reads from it. `kafka`, `redis` and `kafka_admin` (topics and rights) are the clients, `diagnostics`
says why they do not answer. `snapshot_model` and `snapshots` shorten the way back and end the log. `observability` is
metrics, logs and health (of a service: `service_status`), `web` an HTTP server, `offline` asks deciders without a service.
"""
