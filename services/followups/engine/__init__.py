"""What a rule makes of a state: whether it starts, when it is due, when it ends, what it says. Read `decide` first."""
