"""Answers what the gateway's operators' page and its questions about one member ask of the whole system.

Read `off_loop` (where that runs), `status`, `letters`, `parked`, `desk`.
"""
