// Writes tests/fixtures/yaml-typing.json: thousands of texts, and what Kubernetes makes of each.
//
//	cd tests/tools/yaml && go run . > ../../fixtures/yaml-typing.json
//
// One case a line: ["text", [document, …]], or ["text"] where Kubernetes refuses the text. A text is read as kubectl reads it: JSON as
// JSON, everything else cut at `---` and read by sigs.k8s.io/yaml, but that what it would drop in silence counts as refused.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	kubernetes "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
	goyaml "sigs.k8s.io/yaml/goyaml.v2"
)

func main() {
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(to io.Writer) error {
	texts, err := corpus()
	if err != nil {
		return err
	}
	out := bufio.NewWriter(to)
	seen := map[string]bool{}
	separator := "[\n"
	for _, text := range texts {
		if seen[text] {
			continue
		}
		seen[text] = true
		line, err := row(text)
		if err != nil {
			return err
		}
		out.WriteString(separator)
		out.Write(line)
		separator = ",\n"
	}
	out.WriteString("\n]\n")
	return out.Flush()
}

// One line of the table.
func row(text string) ([]byte, error) {
	cells := []any{text}
	if documents, err := read(text); err == nil {
		cells = append(cells, documents)
	}
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(cells); err != nil {
		return nil, fmt.Errorf("%q: %w", text, err)
	}
	return bytes.TrimSuffix(line.Bytes(), []byte("\n")), nil
}

// The documents of a text, as JSON; those without a value are left out.
func read(text string) ([]json.RawMessage, error) {
	if start := strings.TrimLeft(text, " \t\r\n"); strings.HasPrefix(start, "{") || strings.HasPrefix(start, "[") {
		if documents, err := readJSON(text); err == nil {
			return documents, nil
		}
	}
	documents := []json.RawMessage{}
	cut := kubernetes.NewYAMLReader(bufio.NewReader(strings.NewReader(text)))
	for {
		part, err := cut.Read()
		if errors.Is(err, io.EOF) {
			return documents, nil
		}
		if err != nil {
			return nil, err
		}
		value, err := readYAML(part)
		if err != nil {
			return nil, err
		}
		if string(value) != "null" {
			documents = append(documents, value)
		}
	}
}

// JSON without what is no text: Go writes a replacement character for half a surrogate pair.
func readJSON(text string) ([]json.RawMessage, error) {
	documents := []json.RawMessage{}
	exact := json.NewDecoder(strings.NewReader(text))
	exact.UseNumber()
	for {
		var value, inexact any
		if err := exact.Decode(&value); errors.Is(err, io.EOF) {
			return documents, nil
		} else if err != nil {
			return nil, err
		}
		document, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(document, &inexact); err != nil {
			return nil, err // A number can be too large for it.
		}
		documents = append(documents, document)
	}
}

// The value of the one document of a text.
func readYAML(text []byte) (value []byte, err error) {
	// go-yaml panics on some texts; kubectl would, too.
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("panic: %v", reason)
		}
	}()
	// It reads no further than to the end of the first document.
	documents := goyaml.NewDecoder(bytes.NewReader(text))
	for {
		var value any
		err := documents.Decode(&value)
		if errors.Is(err, io.EOF) {
			return yaml.YAMLToJSON(text)
		}
		if err != nil {
			return nil, err
		}
	}
}
