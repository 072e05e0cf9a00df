"""The API: what a product's backend and pages ask and say over HTTP.

Read `app` first: its routes. Events come in through `ingest`, `action_table` and `actions`; `reading` answers, from what
`members` gives it; `stream` and `streams` push. Who may do it: `guard`, `access`, `keys`, `tokens`. What is wrong:
`problems`.
"""
