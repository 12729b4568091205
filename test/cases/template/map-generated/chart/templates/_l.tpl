{{ define "lib.cm" }}
{{- $x := fromYaml (include "lib.base" .) }}
{{- $_ := set $x "added" "yes" }}
{{- toYaml $x }}
{{ end }}{{ define "lib.base" }}
kind: ConfigMap
metadata:
  name: x
data: {}
{{ end }}