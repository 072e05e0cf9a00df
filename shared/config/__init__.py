"""The settings of a process. `settings` has them all, and what reads them; the others each know one thing about values.

Read `settings` first, then `values` (kinds of values) and `consistency` (what they say against each other). One kind each:
`redis_address`, `tls_files`, `secret_files` (`RAPPORT_..._FILE`), `link_secrets`. `wrong_settings` says what is wrong.
`private_file` is no setting, but a file that commands change and processes read anew: keys, endpoints of webhooks.
"""
