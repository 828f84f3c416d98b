"""The committee of a school: who sits on it, who steps aside, what it met about and resolved."""
