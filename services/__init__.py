"""The services, each a decider and its face to the world. They know one another only by `shared.contracts`.

Read `invites` first: the smallest that has all of it. Then `followups` (rules), `digest` (mail) and `gateway` (HTTP).
"""
