module catnap.dev/test/cluster/pause

go 1.25.0
