"""The service *invites*: it finds invites that nobody answered, and lets them go as the member wishes.

Read `decider` (its face to the runtime), `state`, `touched`, `apply`, `rules`, `evaluate`; `explain` is its face to `rapport
why`.
"""
