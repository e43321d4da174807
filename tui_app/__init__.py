"""What a person sees: the terminal explorer and the command line. It computes nothing about networks."""
