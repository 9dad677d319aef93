"""The embedded provider: a simulated Kubernetes of the lab's own, in a background process or in this one.

This package alone opens `lab.embedded`, and only where a cluster is really run (`daemon`, `foreground`,
`inprocess`); whoever just looks or asks pays for none of it. So nothing is imported here either.
"""
