"""What the API server fills in (`pkg/apis/*/v1/defaults.go`), in place, on private objects."""
