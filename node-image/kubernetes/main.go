// SPDX-License-Identifier: Apache-2.0

// The five server programs of a Kubernetes node in one binary. The name it is started under chooses the
// program; the build makes one symbolic link per name. One binary, because the five share most of their
// code: one link step, one file on the disk of a node, one set of text pages in its memory.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"          // --logging-format=json
	_ "k8s.io/component-base/metrics/prometheus/clientgo" // metrics of clients and work queues
	_ "k8s.io/component-base/metrics/prometheus/version"  // the metric kubernetes_build_info
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

// Constructors, not commands: making a command registers its flags, and two programs in one process collide.
var programs = map[string]any{
	"kube-apiserver":          apiserver.NewAPIServerCommand,
	"kube-controller-manager": controllers.NewControllerManagerCommand,
	"kube-proxy":              proxy.NewProxyCommand,
	"kube-scheduler":          scheduler.NewSchedulerCommand,
	"kubelet":                 kubelet.NewKubeletCommand,
}

// newCommand calls a constructor whatever its signature: kubelet's takes a context from 1.34 on, so this file
// serves every minor version.
func newCommand(constructor any) *cobra.Command {
	switch f := constructor.(type) {
	case func() *cobra.Command:
		return f()
	case func(context.Context) *cobra.Command:
		return f(context.Background())
	case func(...scheduler.Option) *cobra.Command:
		return f()
	}
	panic(fmt.Sprintf("kube: no case for a constructor of type %T", constructor))
}

func main() {
	name := filepath.Base(os.Args[0])
	constructor, known := programs[name]
	if !known {
		names := make([]string, 0, len(programs))
		for n := range programs {
			names = append(names, n)
		}
		sort.Strings(names)
		fmt.Fprintf(os.Stderr, "kube: '%s' is not a program of this binary; start it through a link named one of: %s\n",
			name, strings.Join(names, ", "))
		os.Exit(2)
	}
	os.Exit(cli.Run(newCommand(constructor)))
}
