"""The runtime's store on Redis and Valkey, alone or as a cluster.

Read `store` first (its keys, and how they are made), beside its scripts in `lua` (`scripts` loads them). `cluster` finds the
nodes, `store_copy` copies all of it, `uploads` keeps what members have uploaded.
"""
