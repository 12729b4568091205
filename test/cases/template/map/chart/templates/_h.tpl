{{- define "name" }}{{ .Release.Name }}-x{{ end }}
{{- define "labels" }}
app: {{ include "name" . }}
{{ .Values.labels | toYaml }}
{{- end }}
{{- define "inner" }}
  inner: 1
{{- end }}
{{- define "outer" }}
outer:
{{- template "inner" . }}
more: {{ include "name" . }}
{{- end }}
