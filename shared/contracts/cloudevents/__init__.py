"""Events as bytes, and back: CloudEvents 1.0 in Kafka's binary and structured mode.

Read `envelope` (the attributes), then `codec`; `fast_path` reads most records at one look, `dead_letters` those that
nobody can read.
"""
