"""What each action would win and cost, and the cheapest that pays; it only computes."""
