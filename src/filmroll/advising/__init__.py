"""What should you use? Answered by measuring the user's own pictures, and a rule that docs/advice.md states.

source ─ sample ─ candidates ─ measurements ─ recommendation ─ table, plot, page
"""
