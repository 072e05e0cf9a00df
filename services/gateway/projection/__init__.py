"""What a product shows of a member, from all topics: `decider` says what it is, `model` what is known, `apply` how."""
