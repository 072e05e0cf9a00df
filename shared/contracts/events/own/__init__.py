"""Events that the services publish, each on its service's own topic.

Read `followup` first; `retraction` has those of *invites*, `digest` and `push` those of *digest*, `upkeep` those that every
service publishes.
"""
