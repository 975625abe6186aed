// What Kubernetes makes of YAML, asked of its own reader: CONTRIBUTING.md says how the table is made.
module syncguard.dev/tests/tools/yaml

go 1.26.0

require (
	github.com/goccy/go-yaml v1.18.0
	k8s.io/apimachinery v0.36.2
	sigs.k8s.io/yaml v1.6.0
)

require (
	go.yaml.in/yaml/v2 v2.4.3 // indirect
	sigs.k8s.io/json v0.0.0-20250730193827-2d320260d730 // indirect
)
