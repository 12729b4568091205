{{ define "data" }}
x: 1
  y: {{ .Values.y }}
{{ end }}