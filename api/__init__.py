"""The HTTP service: it scores what it is asked, and answers what it has logged."""
