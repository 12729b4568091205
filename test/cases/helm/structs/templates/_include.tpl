{{- define "version" }}{{ .GitVersion }}{{ end }}
