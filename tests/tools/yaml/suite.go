package main

// The YAML test suite is part of this module; nothing else of it is used.
import _ "github.com/goccy/go-yaml"
