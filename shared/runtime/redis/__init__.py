"""The runtime's store on Redis and Valkey, alone or as a cluster.

Read `store` first, beside its scripts in `lua`. `cluster` finds the nodes, `store_copy` copies all of it, `uploads` keeps
what members have uploaded.
"""
