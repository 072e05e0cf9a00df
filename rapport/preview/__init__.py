"""`rapport preview`: what the services would say of one member in the time to come, with nothing running.

Read `command`, then `wishes` (`--set`), `story` (the archive or the events), `look` (the services live through them in
memory: `shared.runtime.offline.dry_run`), `entries` (what they say, as lines) and `page` (the drawing; its template is in
`pages`). All texts are in `words`.
"""
