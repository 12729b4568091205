{{ define "check" }}
{{ fail "replicas must be odd" }}
{{ end }}