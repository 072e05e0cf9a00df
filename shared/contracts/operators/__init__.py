"""What operators' commands publish.

Requests to read a record again (`replay`) or to step over one (`step_over`), and that a dead letter is dealt with
(`discard`).
"""
