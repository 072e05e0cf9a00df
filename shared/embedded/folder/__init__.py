"""The data folder of an embedded system: whose it is, the passwords in it, the logs of its servers.

Read `data_folder`, then `entry`. `private` writes files for their owner alone, `server_logs` finds why a server ended,
`errors` says what can go wrong.
"""
