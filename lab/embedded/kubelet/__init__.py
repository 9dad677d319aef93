"""The kubelet: pods from the API made to run, probed, restarted and stopped, in cluster time."""
