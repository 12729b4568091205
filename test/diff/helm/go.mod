module kzsync/test/diff/helm

go 1.23.7

require sigs.k8s.io/yaml v1.4.0

require github.com/Masterminds/semver/v3 v3.3.0
