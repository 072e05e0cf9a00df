"""The runtime's store on Redis and Valkey, alone or as a cluster.

Read `store` first (which keys there are, and what they begin with), beside its scripts in `lua`, `commit.lua` first: they
name the rest of each key (`scripts` loads them, `rows` is what it takes of a member). `cluster` finds the nodes,
`store_copy` copies all of it, `uploads` keeps what members have uploaded.
"""
