"""TrainHub: who owes anti-bullying education, who attended, and what is still owed."""

__version__ = "0.1.0"
