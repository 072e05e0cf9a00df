"""What is known of one member, and how it is put to people: state, history, reasons, what comes up.

Read `memory` (where it comes from), `narration` (how it becomes sentences, out of `words`, `input_sentences` and
`output_sentences`), then `item_steps`, `explanation` and `upcoming`. `known_before` is what snapshots know where the log
begins later, `rule_preferences` what a member may wish of a rule, `unknown_fields` what looks mistyped in an event.
"""
