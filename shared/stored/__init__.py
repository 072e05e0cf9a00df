"""How what is known of a member becomes bytes, and what older versions have stored becomes what the next one stores.

Read `item_names` and `packing` (what is said once), `compressed` (long values), then `migration`.
"""
