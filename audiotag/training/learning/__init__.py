"""A corpus and initial weights → a network whose trunk and logits have learnt."""
