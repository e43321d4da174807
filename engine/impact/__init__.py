"""How much each difference matters: the factorial study, Shapley values, effects."""
