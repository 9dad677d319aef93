"""Attempts at exercises: the one floor through which every front end reaches catalogue, cluster and verifier.

Nothing here prints, prompts or exits. Front ends open a `lab.attempt.lab.Lab` and work on the
`lab.attempt.attempt.Attempt` it hands out; what they show are the immutable values of `lab.attempt.views` and
`lab.model`.
"""
