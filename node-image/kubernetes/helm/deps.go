// SPDX-License-Identifier: Apache-2.0

//go:build never

// Keeps helm's command in go.mod, so that go.sum pins all that it is built from. Never compiled.
package deps

import _ "helm.sh/helm/v3/cmd/helm"
