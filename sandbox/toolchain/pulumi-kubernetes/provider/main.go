// The Pulumi Kubernetes provider. Its own main package embeds a schema that only the vendor's build makes, so this one reads it from beside the program.
package main

import (
	"log"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
)

// The version of the npm package @pulumi/kubernetes: the engine asks for the provider by it.
const version = "4.25.0"

func main() {
	program, err := os.Executable()
	if err != nil {
		log.Fatal(err)
	}
	schema, err := os.ReadFile(filepath.Join(filepath.Dir(program), "schema.json"))
	if err != nil {
		log.Fatal(err)
	}
	provider.Serve("kubernetes", version, schema, []byte("{}"))
}
