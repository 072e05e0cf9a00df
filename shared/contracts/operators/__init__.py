"""What operators' commands publish: requests to read a record again, and that a dead letter is dealt with."""
