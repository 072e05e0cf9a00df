"""The operators' page: who owns what, how far behind, what failed, and what is read again. It needs a key with `operate`.

Read `entry` (who is let in), `routes`, `render`; each page has its own file in `templates`. What it asks the system stands in
`services/gateway/port`.
"""
