"""The service *invites*: it finds invites that nobody answered, and lets them go as the member wishes.

Read `decider` (its face to the runtime; `app` is its FastStream application), `state` (and how many of each are kept),
`touched`, `apply`, `rules` (with their days), `evaluate`; `explain` is its face to `rapport why`. `stored` is the short form
in which the store has invites, `migrations` leads older states on.
"""
