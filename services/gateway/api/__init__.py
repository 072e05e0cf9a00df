"""The API: what a product's backend and pages ask and say over HTTP.

Read `app` first, then `routes`: what is asked and answered. Behind them stand `events` and `actions` (what comes in),
`importing` (files), `stream` (what is pushed) and `members` (what is known). `access` says who may, `limits` how many
requests and bytes, `problems` what is wrong (a store that is away: `routes/reading`). `stream` has limits of its own.
"""
