// SPDX-License-Identifier: Apache-2.0

// etcd of the version the API server is built against. Debian's 3.4 lacks progress requests on watches: lists
// by watch fail on it, and a watch without resourceVersion waits 3 s before its first event.
package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() { etcdmain.Main(os.Args) }
