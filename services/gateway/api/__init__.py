"""The API: what a product's backend and pages ask and say over HTTP.

Read `app` first: its routes. Events come in through `events` and `actions`, files through `importing`. `reading` answers,
from what `members` gives it, `asking` explains, `stream` pushes. `access` says who may. What is wrong: `problems`.
"""
