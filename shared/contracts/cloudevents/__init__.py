"""Events as bytes, and back: CloudEvents 1.0 in Kafka's binary and structured mode.

Read `envelope` (the attributes, and which are valid), then `codec`; `fast_path` reads most records at one look,
`dead_letters` makes those that nobody can read. `json_format` is one event as an object, `structured` what people send and
programs print.
"""
