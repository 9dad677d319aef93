"""Pure facts about Kubernetes objects: names, labels, selectors, quantities, times. No state, no clock."""
