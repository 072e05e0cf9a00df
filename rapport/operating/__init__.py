"""Answers what the gateway's operators' page and its questions about one member ask of the whole system.

Read `off_loop` (where that runs) and `desk` (the answers for the page): `status`, `letters` (dead letters), `parked`. `asked`
answers the API about one member (why, what would come), `whole` says whether all of the member's events are still there.
"""
