"""`rapport preview`: what the services would say of one member in the time to come, with nothing running.

`wishes` reads `--set`, `story` the archive or the events, `look` lets the services live through them in memory
(`shared.runtime.offline.dry_run`), `entries` puts what they say into words, `page` draws it.
"""
