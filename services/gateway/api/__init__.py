"""The API: what a product's backend and pages ask and say over HTTP.

Read `app` first, then `routes`: what is asked and answered. Behind them stand `events` and `actions` (what comes in),
`importing` (files, with limits of their own), `stream` (what is pushed, with limits of its own) and `members` (what is known;
`answer_cache` keeps answers). `access` says who may, `limits` how many requests and bytes, `problems` what is wrong, and the
headers of all answers (a store that is away: `routes/reading`). `documented` is what OpenAPI says beyond the routes, `parts`
what routes work with, `paths` how ids stand in addresses.
"""
