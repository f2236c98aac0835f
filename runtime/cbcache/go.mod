module github.com/cbgen/cbgen/runtime/cbcache

go 1.26.0

replace github.com/cbgen/cbgen => ../..

require (
	github.com/cbgen/cbgen v0.0.0
	github.com/hashicorp/golang-lru/v2 v2.0.7
	github.com/philippgille/chromem-go v0.7.0
	github.com/stretchr/testify v1.12.1
	go.uber.org/goleak v1.3.0
)

require (
	github.com/sony/gobreaker/v2 v2.4.0 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
)
