"""ResourceQuota: what objects use of a quota, and the admission that refuses what would exceed one."""
