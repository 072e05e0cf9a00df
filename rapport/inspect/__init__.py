"""What is known of one member, and how it is put to people: state, history, reasons, what comes up.

Read `memory` (where it comes from), `narration` (how it becomes sentences, out of `words`, `input_sentences` and
`output_sentences`), then `item_steps`, `explanation` and `upcoming`.
"""
