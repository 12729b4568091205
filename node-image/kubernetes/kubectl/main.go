// SPDX-License-Identifier: Apache-2.0

// kubectl, with kustomize built in. A binary of its own: it is started hundreds of times in a test run, and
// the servers' packages would add their initialisation to each start.
package main

import (
	"k8s.io/component-base/cli"
	"k8s.io/kubectl/pkg/cmd"
	"k8s.io/kubectl/pkg/cmd/util"

	_ "k8s.io/client-go/plugin/pkg/client/auth" // users of kind exec and oidc in a kubeconfig
)

func main() {
	// CheckErr prints an error as people know it from kubectl and exits with its status.
	util.CheckErr(cli.RunNoErrOutput(cmd.NewDefaultKubectlCommand()))
}
