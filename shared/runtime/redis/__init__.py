"""The runtime's store on Redis and Valkey, alone or as a cluster.

`store`, its scripts in `lua`, and a copy of all of it.
"""
