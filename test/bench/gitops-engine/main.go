// SPDX-License-Identifier: Apache-2.0

// Drives Argo CD's gitops-engine library for test/bench: syncs one folder of manifests, then again every
// interval, as an agent that polls does. One line per sync on stdout:
//
//	sync OBJECTS FAILED SECONDS
//
// where SECONDS of the first one count from the start of the process (cache and discovery included). Client
// limits are lifted, so that they do not stand for the library's own speed.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/argoproj/gitops-engine/pkg/cache"
	"github.com/argoproj/gitops-engine/pkg/engine"
	"github.com/argoproj/gitops-engine/pkg/sync"
	"github.com/argoproj/gitops-engine/pkg/sync/common"
	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/tools/clientcmd"
)

const mark = "bench.kubezero.com/managed" // annotation: the object is ours

func readDocuments(out []*unstructured.Unstructured, data []byte) ([]*unstructured.Unstructured, error) {
	dec := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(data), 4096)
	for {
		obj := &unstructured.Unstructured{}
		if err := dec.Decode(obj); errors.Is(err, io.EOF) {
			return out, nil
		} else if err != nil {
			return nil, err
		}
		if len(obj.Object) == 0 {
			continue
		}
		notes := obj.GetAnnotations()
		if notes == nil {
			notes = map[string]string{}
		}
		notes[mark] = "yes"
		obj.SetAnnotations(notes)
		out = append(out, obj)
	}
}

func readFolder(dir string) ([]*unstructured.Unstructured, error) {
	var out []*unstructured.Unstructured
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".yaml") {
			return err
		}
		data, err := os.ReadFile(path)
		if err == nil {
			out, err = readDocuments(out, data)
		}
		return err
	})
	return out, err
}

func run() error {
	dir := flag.String("dir", "", "folder of manifests")
	interval := flag.Duration("interval", 5*time.Second, "time between two syncs; 0: one sync only")
	serverSide := flag.Bool("server-side", false, "server-side apply instead of the library's default")
	flag.Parse()
	start := time.Now()

	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return err
	}
	config.QPS, config.Burst = -1, -1
	clusterCache := cache.NewClusterCache(config,
		cache.SetLogr(logr.Discard()),
		cache.SetPopulateResourceInfoHandler(func(un *unstructured.Unstructured, _ bool) (any, bool) {
			managed := un.GetAnnotations()[mark] != ""
			return managed, managed
		}))
	eng := engine.NewEngine(config, clusterCache, engine.WithLogr(logr.Discard()))
	stop, err := eng.Run()
	if err != nil {
		return err
	}
	defer stop()
	for {
		objects, err := readFolder(*dir)
		if err != nil {
			return err
		}
		result, err := eng.Sync(context.Background(), objects,
			func(r *cache.Resource) bool { return r.Info == true },
			"bench", "default", sync.WithServerSideApply(*serverSide),
			sync.WithServerSideApplyManager("bench"), sync.WithLogr(logr.Discard()))
		if err != nil {
			return err
		}
		failed := 0
		for _, r := range result {
			if r.Status == common.ResultCodeSynced {
				continue
			}
			if failed == 0 {
				fmt.Fprintf(os.Stderr, "gitops-engine: %s: %s\n", r.ResourceKey.String(), r.Message)
			}
			failed++
		}
		fmt.Printf("sync %d %d %.3f\n", len(result), failed, time.Since(start).Seconds())
		if *interval == 0 {
			return nil
		}
		time.Sleep(*interval)
		start = time.Now()
	}
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "gitops-engine:", err)
		os.Exit(1)
	}
}
